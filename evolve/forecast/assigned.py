"""Texts such as ``params=7B`` to names and values, one a text or several parted by commas."""

from __future__ import annotations

import re
from collections.abc import Sequence

from evolve.errors import Argument, EvolveError
from evolve.tasks.cells import number

_PARTING = re.compile(r"\s*[,;]\s*|\s+")


def assigned(words: Sequence[str], argument: str) -> dict[str, str]:
    """Texts by name, of texts such as ``alpha=0.34``.

    Raises:
        EvolveError: One is not ``name=value``, or a name is given twice.
    """
    return dict(pairs(words, (), argument, "name=value"))


def pairs(
    words: Sequence[str], names: Sequence[str], argument: str, form: str = "feature=value"
) -> list[tuple[str, str]]:
    """Names and values of texts, in order; names that are known may hold `=` and commas.

    Args:
        words: The texts.
        names: Those that are known.
        argument: Where they were given.
        form: What each must look like.

    Raises:
        EvolveError: One looks otherwise, or a name is given twice.
    """
    given: dict[str, str] = {}
    for word in (part for text in words for part in _parted(text, names)):
        name, sign, value = _split(word, names)
        if not sign:
            raise EvolveError(Argument(argument), f": must be like {form}, it is {word!r}")
        if name in given:
            raise EvolveError(Argument(argument), f": {name} is given twice")
        given[name] = value
    return list(given.items())


def _parted(text: str, names: Sequence[str]) -> list[str]:
    """The parts of `params=1B,tokens=10B`, each with its own `=`; else the text as it is."""
    name, _, value = _split(text, names)
    if name in names and number(value) is not None:
        return [text]
    bare = text.strip().rstrip(",;")
    known = "|".join(map(re.escape, names))
    parts = re.split(rf"(?:{_PARTING.pattern})(?=(?:{known})\s*=)", bare) if names else []
    if len(parts) < 2 or not all("=" in part[1:-1] for part in parts):
        parts = _PARTING.split(bare)
    return parts if all("=" in part[1:-1] for part in parts) else [text]


def _split(word: str, names: Sequence[str]) -> tuple[str, str, str]:
    """Name, sign and value of ``feature=value``, where either may hold `=`."""
    places = [i for i, sign in enumerate(word) if sign == "="]
    if not places:
        return word, "", ""
    of_name = [i for i in places if word[:i].strip() in names]
    place = of_name[-1] if of_name else places[-1]
    return word[:place].strip(), "=", word[place + 1 :].strip()
