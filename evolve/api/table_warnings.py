"""What stands out in a caller's table, as warnings at the line of the call."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from evolve.tasks.draft import Draft


def warn_of_table(draft: Draft) -> None:
    """Warn of rows that are left out, and of what else stands out.

    Called by a checked function of the library, so that the caller's line is two frames up.
    """
    for decision in draft.decisions:
        if decision.what == "rows" and "left out" in decision.chosen:
            warnings.warn(f"rows: {decision.chosen}, {decision.why}", stacklevel=4)
    for note in draft.notes:
        warnings.warn(note, stacklevel=4)
