"""Dates in texts to decimal years, so that a law can have them for an input."""

from __future__ import annotations

import calendar
import re
from datetime import datetime

from evolve.tasks.cells import is_blank
from evolve.tasks.raw import RawTable

_MONTH = re.compile(r"\d{4}-\d{2}")
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_NAMED_MONTH = re.compile(
    r"(jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)(?:[.,]? +|[-/])(\d{4})",
    re.IGNORECASE,
)


def decimal_year(text: str) -> float | None:
    """A date such as `2024-03-01`, `2024-03` or `2024-03-01 12:30` as 2024.16…; None of others.

    Only dates of ISO 8601 are read, and an English month with its year (`Mar 2024`, `March 2024`),
    which is its first day as `2024-03` is: day and month of `01/03/2024` may stand in either
    order. A zone is passed over, as hours matter little in years.
    """
    text = text.strip()
    if text.isdecimal():  # a year or some other number
        return None
    if match := _NAMED_MONTH.fullmatch(text):
        text = f"{match[2]}-{_MONTHS.index(match[1][:3].lower()) + 1:02d}"
    try:
        date = datetime.fromisoformat(f"{text}-01" if _MONTH.fullmatch(text) else text)
    except ValueError:
        return None
    day = date.timetuple().tm_yday - 1 + (date.hour + date.minute / 60 + date.second / 3600) / 24
    return date.year + day / (366 if calendar.isleap(date.year) else 365)


def dates_in(raw: RawTable) -> list[str]:
    """Columns that hold dates, and nothing else but blanks."""
    found = []
    for name, cells in raw.columns.items():
        filled = [cell for cell in cells if not is_blank(cell)]
        if filled and all(decimal_year(str(cell)) is not None for cell in filled):
            found.append(name)
    return found
