"""What a name of a column, a group or a task may not be, as it stands in lines and formulas."""

from __future__ import annotations

import re

from evolve.printable import find_unsafe

OWN_SEEDS = "seeds"  # folder of the user's own programs beside a task's tables
CONSTANT = re.compile(r"c\d+")  # what formulas call their constants


def why_no_name(name: str) -> str:
    """Say which rule a name breaks: it is one line without control characters; else nothing."""
    sign = find_unsafe(name)
    return f"may not hold control characters or line breaks, {name!r} does" if sign else ""


def why_no_column(name: str) -> str:
    """As `why_no_name`, for a feature or target, which stands in formulas beside constants."""
    if CONSTANT.fullmatch(name):
        return (
            f"may not be called as a constant of the formula is, {name!r} is; rename the column, "
            f"to {name + '_'!r} for example"
        )
    return why_no_name(name)
