"""One cell of a table to a number, a label, or nothing; sizes and shares may stand in words."""

from __future__ import annotations

import math
import re
import string
from decimal import Decimal

from evolve.tasks.meant import how_to_write, meant_number

_NUMBER = r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?"
_COUNTED = (
    r"(?:tok(?:en)?s?|param(?:eter)?s?|examples?|samples?|images?|steps?|words?|chars?|characters?"
    r"|bytes|sequences?|docs|documents?|parameters)"
)
_FLOPS = r"(?P<prefix>[kKMGTPEZ]?)FLOPs?|(?P<small>[kmgtpez]?)flops?"
_SCALE = r"k|m|b|bn|g|t|thousand|million|mln|billion|trillion"
_SIZE = re.compile(
    rf"({_NUMBER})\s*(?:(?i:({_SCALE}))(?:\s+(?i:{_COUNTED}))?|(?i:{_COUNTED})|(?:{_FLOPS}))"
)
_PERCENT = re.compile(rf"({_NUMBER})\s*%")
_POWER = re.compile(rf"(?:({_NUMBER})\s*[x×·*]\s*)?(\d+(?:\.\d+)?)\s*(?:\^|\*\*)\s*([+-]?\d+)")
_POWERS_OF_TEN = {
    **dict.fromkeys(("k", "thousand"), 3),
    **dict.fromkeys(("m", "million", "mln"), 6),
    **dict.fromkeys(("b", "bn", "g", "billion"), 9),
    **dict.fromkeys(("t", "trillion"), 12),
    **{"": 0, "p": 15, "e": 18, "z": 21},
}
_PLAIN = re.compile(r"[+-]?(?:0|[1-9]\d*)(?:\.\d*)?(?:[eE][+-]?\d{1,3})?")  # 007 is a name
_LONG = re.compile(r"[+-]?\d{16,300}")
LARGEST_EXACT = 2**53  # up to which every whole number is a float of its own
_INFINITE = re.compile(r"[+-]?(inf|infinity)", re.IGNORECASE)
_KINDS = str | int | float  # of cells that may be numbers
UNSEEN = f"{string.whitespace}\u00a0\u200b\u200c\u200d\u2060\ufeff"
MINUS = "\u2212"  # as papers print it
_TRUTH = {"true": 1.0, "false": 0.0}
BLANKS = frozenset(("", "<na>", "nan", "nat", "null", "n/a", "#n/a", "-", "--", "–", "—"))


def number(cell: object) -> float | None:
    """A cell as a number, which may be nan or infinite; None if it is none.

    Truth values are 1 and 0. A text may be a size or share in words (`size_in_words`). Python's
    `1_000` is a text here, and so are digits that make more than any number holds.
    """
    if not isinstance(cell, _KINDS) or (isinstance(cell, str) and "_" in cell):
        return None
    try:
        value = float(cell)
    except OverflowError:
        return None
    except ValueError:
        text = str(cell).strip()
        if MINUS in text:
            return number(text.replace(MINUS, "-"))
        return _TRUTH.get(text.lower(), size_in_words(text))
    if isinstance(cell, str) and math.isinf(value) and not _INFINITE.fullmatch(cell.strip()):
        return None
    return value


def long_number(cell: object) -> int | None:
    """A whole number so large that a float stands for several, as a seed may be; else None."""
    if isinstance(cell, str) and _LONG.fullmatch(cell.strip()):
        cell = int(cell)
    if not isinstance(cell, int) or isinstance(cell, bool):
        return None
    return cell if abs(cell) > LARGEST_EXACT else None


def as_compared(value: float | str) -> float | str:
    """What cells are compared with: a text, or a number, which is a float where that is exact."""
    return value if isinstance(value, str) else long_number(value) or float(value)


def size_in_words(text: str) -> float | None:
    """The number that a size or share stands for; None where it is no such text.

    `125M`, `1.3B`, `300B tokens`, `2.5 EFLOPs`, `10%` (0.1), `2^20`, `3 x 10^18`.
    """
    if match := _PERCENT.fullmatch(text):
        return _shifted(match[1], -2)
    if match := _POWER.fullmatch(text):
        try:
            value = float(match[1] or 1.0) * float(match[2]) ** int(match[3])
        except (OverflowError, ZeroDivisionError):
            return None
        return value if math.isfinite(value) else None
    if match := _SIZE.fullmatch(text):
        scale = match[2] or match["prefix"] or match["small"] or ""
        return _shifted(match[1], _POWERS_OF_TEN[scale.lower()])
    return None


def _shifted(digits: str, power: int) -> float | None:
    """A number times a power of ten, rounded once: 1.3 * 1e9 has another last digit."""
    value = float(Decimal(digits).scaleb(power))
    return value if math.isfinite(value) else None


def plain(text: object) -> str:
    """A cell, a label or the name of a column as a text.

    Spaces around it, and signs that nobody sees, are no part of it.
    """
    said = str(text).strip()
    return said if said.isascii() else said.strip(UNSEEN)


def is_blank(cell: object) -> bool:
    """Whether a cell holds nothing: empty, or what programs write in its place."""
    if isinstance(cell, str):
        return cell.strip().lower() in BLANKS
    return cell is None or (isinstance(cell, float) and math.isnan(cell))


def label_key(text: str) -> str:
    """What labels that mean the same share: `12` and `12.0`, `True` and `true`."""
    if text.lower() in _TRUTH:
        return text.lower()
    return str(Decimal(text).normalize()) if _PLAIN.fullmatch(text) else text


def shown(cell: object) -> str:
    """A cell in a message."""
    return "nothing" if cell is None or cell in ("", "<NA>") else repr(cell)


def is_meant(cell: object) -> bool:
    """Whether a cell is no number, and is meant to be one."""
    return isinstance(cell, str) and bool(meant_number(cell))


def what_to_do(cell: object) -> str:
    """Suggest how to fix a cell that is no number."""
    if is_blank(cell):
        return "; fill it in or take the row out"
    how = how_to_write(str(cell))
    return f"; {how}" if how else "; put a number there or take the row out"
