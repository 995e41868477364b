"""A text that is no number here to the number that it most likely stands for."""

from __future__ import annotations

import re

_SIGN = r"[+-]?"
_GAPS = " '_\u2009\u00a0\u202f\u2019"  # what stands between thousands, where no comma does
_GROUPED = re.compile(rf"{_SIGN}\d{{1,3}}([,{_GAPS}]\d{{3}})+(\.\d*)?")
_GAPS_AND_COMMA = re.compile(rf"{_SIGN}\d{{1,3}}([{_GAPS}]\d{{3}})+,\d+")
_DECIMAL_COMMA = re.compile(rf"{_SIGN}\d*,\d+([eE][+-]?\d+)?")
_POINTS_AND_COMMA = re.compile(rf"{_SIGN}\d{{1,3}}(\.\d{{3}})+,\d+")
_PLAIN = re.compile(rf"{_SIGN}(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_POWER = re.compile(r"(?:\d+(?:\.\d+)?\s*x\s*)?\d+\^[+-]?\d+")
_ABOUT = re.compile(r"^(?:~|≈|∼|ca\.|\*\*)\s*")
_ERROR = re.compile(r"\s*(?:±|\+/-|\+-)\s*[\d.,]+$|\s*\([\d.,]+\)$|\s*[*†‡]+$")


def meant_number(text: str) -> str:
    """The number that a text means, as it is to be written; nothing where that is not clear.

    Thousands that are parted (`10,000,000`), a decimal comma (`2,45`), about so much (`~1e9`),
    a number with its error or mark (`2.45 ± 0.01`, `2.45*`), and a power of LaTeX (`$10^{9}$`).
    """
    if _POWER.fullmatch(power := _set_plainly(text)) and power != text.strip():
        return power
    bare = _ERROR.sub("", _ABOUT.sub("", text.strip()))
    if _GROUPED.fullmatch(bare):
        return re.sub(r"[^0-9.+-]", "", bare)
    if _DECIMAL_COMMA.fullmatch(bare):
        return bare.replace(",", ".")
    if _GAPS_AND_COMMA.fullmatch(bare):
        return re.sub(rf"[{_GAPS}]", "", bare).replace(",", ".")
    if _POINTS_AND_COMMA.fullmatch(bare):
        return bare.replace(".", "").replace(",", ".")
    return bare if bare != text.strip() and _PLAIN.fullmatch(bare) else ""


def _set_plainly(text: str) -> str:
    """A power as LaTeX writes it, such as `$10^{9}$`, as it is read here."""
    plain = re.sub(r"[${}]", "", text).replace("\\times", "x").replace("\\cdot", "x")
    return plain.strip()


def how_to_write(text: str) -> str:
    """What to write for a text, in words; nothing where it is not clear."""
    number = meant_number(text)
    if number and re.fullmatch(rf"{_SIGN}\d{{1,3}},\d{{3}}", text.strip()):
        return f"write {number}, or {text.strip().replace(',', '.')} if that is a decimal comma"
    return f"write {number}" if number else ""
