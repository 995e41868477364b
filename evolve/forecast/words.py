"""What is said of forecasts whose numbers are none to go by, on every screen and page alike."""

from __future__ import annotations

OPEN = "open"
NO_GUIDE = (
    "open: the forecast or its interval is off by many times what all training targets span, and "
    "laws and constants as good as these say anything else there; it is no forecast"
)
