"""Names of columns as they were most likely meant, where a command holds them otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from difflib import get_close_matches

from evolve.errors import ending_in
from evolve.tasks.draft.roles import NO_AXES, Wishes
from evolve.tasks.raw import RawTable
from evolve.tasks.roles import only_of_its_role


def corrected(wishes: Wishes, raw: RawTable) -> Wishes:
    """What was asked for with every name that is no column put right; the same if one cannot be.

    Words that a shell took apart (`model size` without quotes) are joined, names between commas
    are taken apart, and a name that is close to one column only, is its last part, or says the
    role of one only, is that column.
    """
    columns = list(raw.columns)
    given = (wishes.targets, wishes.features, wishes.groups, wishes.axes)
    names = [meant_names(words, columns) for words in given]
    if any(found is None for found in names):
        return wishes
    targets, features, groups, axes = (tuple(found or ()) for found in names)
    extrapolate = axes or wishes.extrapolate
    extrapolate = wishes.extrapolate if wishes.extrapolate == (NO_AXES,) else extrapolate
    return replace(
        wishes, targets=targets, features=features, groups=groups, extrapolate=extrapolate
    )


def meant_names(words: Sequence[str], names: Sequence[str]) -> list[str] | None:
    """The names that some words mean; None if a word means none."""
    meant: list[str] = []
    at = 0
    while at < len(words):
        for end in range(len(words), at, -1):
            name = _meant(" ".join(words[at:end]), names)
            if name and (end == at + 1 or len(name) == 1):
                meant += name
                at = end
                break
        else:
            return None
    return meant


def _meant(text: str, names: Sequence[str]) -> list[str]:
    """The names that one text means; none if that is not clear."""
    if text in names:
        return [text]
    parts = [part.strip() for part in text.split(",")]
    if len(parts) > 1 and all(part in names for part in parts):
        return parts
    same = [name for name in names if _folded(name) == _folded(text)]
    if len(same) == 1:
        return same
    if whole := ending_in(text, names):
        return [whole]
    folded = {_folded(name): name for name in names}
    close = get_close_matches(_folded(text), list(folded), n=2, cutoff=0.75)
    if " " in text:
        return []
    alike = "" if close else only_of_its_role(text, names)
    return [folded[close[0]]] if len(close) == 1 else [alike] if alike else []


def _folded(name: str) -> str:
    return "".join(sign for sign in name.casefold() if sign.isalnum() or sign == "%")
