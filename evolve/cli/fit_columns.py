"""What `fit` made of the columns of a table, in words and as JSON values."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

from evolve.cli.app import option_of
from evolve.law.graph import features_of

if TYPE_CHECKING:
    from evolve.api.named import NamedFit
    from evolve.tasks.draft import Draft

MOST_NAMED = 12  # columns that a note names for one reason


def columns_of_fit(fitted: NamedFit, draft: Draft | None) -> dict[str, Any]:
    """The features that the law holds and those that it does not, and why others are not used.

    Args:
        fitted: The law.
        draft: Of the table; None of a task, whose features are all that was asked for.
    """
    names = fitted.task.feature_names
    candidate = fitted.candidate
    held = set(range(len(names)))
    if candidate is not None and not candidate.law.own_feature_first:
        held = set(features_of(candidate.law.root))
    left = [] if draft is None else [n for n in draft.columns if draft.role(n) == "not used"]
    return {
        "in_law": [name for j, name in enumerate(names) if j in held],
        "not_in_law": [name for j, name in enumerate(names) if j not in held],
        "not_used": {name: draft.reasons.get(name, "") for name in left} if draft else {},
    }


def lines_of(columns: dict[str, Any], law: str, named_by: str = "") -> list[str]:
    """What to say of the columns of a table.

    Args:
        columns: From `columns_of_fit`.
        law: The law's name.
        named_by: The argument that named the features, ``law`` of a formula: what `features`
            leaves out is known.
    """
    lines = []
    if idle := columns["not_in_law"]:
        chosen = f"{option_of('features')} {shlex.join(columns['in_law'])}"
        hint = "" if named_by else f"; {chosen} leaves {'it' if len(idle) == 1 else 'them'} out"
        what = "a feature" if len(idle) == 1 else "features"
        lines.append(f"{what} that {law} does not hold: {_some(idle)}{hint}")
    left = columns["not_used"]
    if left and named_by == "at":
        lines.append(f"not used, as {option_of('at')} does not name them: {_some(list(left))}")
    elif left and named_by == "law":
        lines.append(f"not used, as the formula does not name them: {_some(list(left))}")
    elif left and not named_by:
        reasons: dict[str, list[str]] = {}
        for name, why in left.items():
            reasons.setdefault(why, []).append(name)
        words = (f"{_some(names)} {why}".rstrip() for why, names in reasons.items())
        lines.append(f"not used: {'; '.join(words)}")
    return lines


def _some(names: list[str]) -> str:
    """Names in a line; of many the first, and how many others there are."""
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return ", ".join(names[:MOST_NAMED]) + more
