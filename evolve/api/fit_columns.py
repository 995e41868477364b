"""What a fit of one law made of the columns of a table, in words and as JSON values."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from evolve.errors import Argument, Remark
from evolve.law.stated import called_as_constants

if TYPE_CHECKING:
    from evolve.api.champion import RunLaw
    from evolve.tasks.draft import Draft

MOST_NAMED = 12  # columns that a note names for one reason


def columns_of_fit(fitted: RunLaw, draft: Draft | None) -> dict[str, Any]:
    """The features that the law holds and those that it does not, and why others are not used.

    Args:
        fitted: The law.
        draft: Of the table; None of a task, whose features are all that was asked for.
    """
    names = fitted.task.feature_names
    candidate = fitted.candidate
    every = range(len(names))
    held = every if candidate is None else candidate.law.held_of(len(names))
    return {
        "in_law": [name for j, name in enumerate(names) if j in held],
        "not_in_law": [name for j, name in enumerate(names) if j not in held],
        "not_used": {n: draft.reasons.get(n, "") for n in draft.unused} if draft else {},
    }


def lines_of(fitted: RunLaw, columns: dict[str, Any], named_by: str = "") -> list[Remark]:
    """What to say of the columns of a table.

    Args:
        fitted: The law; a formula names its features itself.
        columns: From `columns_of_fit`.
        named_by: The argument that named the features, if any: what `features` leaves out is
            known.
    """
    law = fitted.row.name
    is_formula = fitted.row.origin == "user"
    lines: list[Remark] = []
    if is_formula and not named_by:
        lines += map(Remark, called_as_constants(law, columns["in_law"]))
    if is_formula and named_by != "features":
        named_by = "law"
    if idle := columns["not_in_law"]:
        parts: list[str] = []
        if not named_by:
            them = "it" if len(idle) == 1 else "them"
            chosen = f" {shlex.join(columns['in_law'])} leaves {them} out"
            parts = ["; ", Argument("features"), chosen]
        what = "a feature" if len(idle) == 1 else "features"
        lines.append(Remark(f"{what} that {law} does not hold: {_some(idle)}", *parts))
    left = columns["not_used"]
    if left and named_by == "at":
        does_not = (Argument("at"), f" does not name them: {_some(list(left))}")
        lines.append(Remark("not used, as ", *does_not))
    elif left and named_by == "law":
        lines.append(Remark(f"not used, as the formula does not name them: {_some(list(left))}"))
    elif left and not named_by:
        lines.append(Remark(not_used(left)))
    return lines


def failure_of(fitted: RunLaw) -> list[Remark]:
    """What to say of a law that is further from the rows it was fitted to than their mean is.

    So it is of one whose fit did not converge from any start.
    """
    r2 = fitted.train_r2
    if r2 is None or not r2 < 0.0:
        n_groups = len(fitted.row.constants)
        n_open = n_groups - round(fitted.converged * n_groups)
        where = f" in {n_open} of {n_groups} groups" if n_groups > 1 else ""
        far = "its constants, their errors and its forecasts may be far off"
        return [Remark(f"no start of the fit converged{where}: {far}")] if n_open else []
    off = f"train R2 {r2:.2g}, below the 0 of their mean"
    advice = (
        "use none of its constants: the law has another shape, or no start led to its constants"
    )
    return [Remark(f"the fit failed, it is far from its own rows: {off}; {advice}")]


def not_used(left: Mapping[str, str]) -> str:
    """What to say of columns that are not used, by the reason of each."""
    reasons: dict[str, list[str]] = {}
    for name, why in left.items():
        reasons.setdefault(why, []).append(name)
    words = (f"{_some(names)} {why}".rstrip() for why, names in reasons.items())
    return f"not used: {'; '.join(words)}"


def _some(names: list[str]) -> str:
    """Names in a line; of many the first, and how many others there are."""
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return ", ".join(names[:MOST_NAMED]) + more
