"""Names of generic forms, in which a feature stands by the number of its place."""

from __future__ import annotations

import re
from collections.abc import Mapping

# Numbers of features in the names of generic forms.
_NUMBERS = re.compile(
    r"(?<=\bof )\d+(?=$|, turned$| alone$)"
    r"|(?<=\brepeated )\d+|(?<=\bin )\d+|(?<=\bsum, )\d+|(?<=\balong )\d+"
)


def places_in(name: str) -> list[int]:
    """The places of features that the name of a form holds, in order."""
    return [int(place) for place in _NUMBERS.findall(name)]


def parts_around_places(name: str) -> list[str]:
    """The name of a form without its places: what stands before, between and behind them."""
    return _NUMBERS.split(name)


def with_words(name: str, words: Mapping[int, str]) -> str:
    """The name of a form with words in the place of numbers; of no word, the number stays."""
    return _NUMBERS.sub(lambda place: words.get(int(place[0]), place[0]), name)
