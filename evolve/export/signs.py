"""Signs beyond ASCII as LaTeX without further packages sets them."""

from __future__ import annotations

import re
import unicodedata

# Signs of mathematics that names of columns and titles hold, as in "accuracy \N{DOWNWARDS ARROW}".
MATH = {
    **{"\u2190": r"\leftarrow", "\u2191": r"\uparrow", "\u2192": r"\rightarrow"},
    **{"\u2193": r"\downarrow", "\u2194": r"\leftrightarrow", "\u21d2": r"\Rightarrow"},
    **{"\u00b1": r"\pm", "\u00d7": r"\times", "\u00f7": r"\div", "\u00b7": r"\cdot"},
    **{"\u2264": r"\le", "\u2265": r"\ge", "\u2260": r"\ne", "\u2248": r"\approx"},
    **{"\u221e": r"\infty", "\u2211": r"\sum", "\u2202": r"\partial", "\u2207": r"\nabla"},
    **{"\u2212": "-", "\u00b5": r"\mu", "\u2208": r"\in", "\u221d": r"\propto"},
    **{"\u00b0": r"{}^{\circ}", "\u223c": r"\sim"},
}
TEXT = {
    **{"\u2010": "-", "\u2011": "-", "\u2013": "--", "\u2014": "---", "\u2500": "---"},
    **{"\u2018": "`", "\u2019": "'", "\u201c": "``", "\u201d": "''", "\u2026": r"\dots{}"},
    **{"\u2020": r"\dag{}", "\u2021": r"\ddag{}", "\u00b6": r"\P{}"},
    **{"\u00df": r"\ss{}", "\u00e6": r"\ae{}", "\u00c6": r"\AE{}", "\u00f8": r"\o{}"},
    **{"\u00d8": r"\O{}", "\u0142": r"\l{}", "\u0141": r"\L{}", "\u00a7": r"\S{}"},
}
# Combining signs as accents of a letter.
ACCENTS = {
    **{"\u0300": "`", "\u0301": "'", "\u0302": "^", "\u0303": "~", "\u0304": "=", "\u0306": "u"},
    **{"\u0307": ".", "\u0308": '"', "\u030a": "r", "\u030b": "H", "\u030c": "v", "\u0327": "c"},
    **{"\u0323": "d", "\u0331": "b"},
}
_GREEK = re.compile(r"GREEK (SMALL|CAPITAL) LETTER (FINAL )?([A-Z]+)")
_AS_LATIN = {  # Greek letters that LaTeX has no command for, as they look like Latin ones
    **{"ALPHA": "A", "BETA": "B", "EPSILON": "E", "ZETA": "Z", "ETA": "H", "IOTA": "I", "MU": "M"},
    **{"KAPPA": "K", "NU": "N", "OMICRON": "O", "RHO": "P", "TAU": "T", "CHI": "X"},
}


def in_ascii(latex: str) -> str:
    """LaTeX, text or formula, whose signs beyond ASCII are commands.

    A sign that neither fonts of LaTeX nor this page has stands by its number, as ``[U+635F]``.
    """
    whole = unicodedata.normalize("NFC", latex)
    return "".join(sign if sign.isascii() else _command(sign) for sign in whole)


def _command(sign: str) -> str:
    if sign in MATH:
        return rf"\ensuremath{{{MATH[sign]}}}"
    if sign in TEXT:
        return rf"\text{{{TEXT[sign]}}}"
    if sign in ACCENTS:  # of no letter before it
        return rf"\text{{\{ACCENTS[sign]}{{}}}}"
    return _greek(sign) or _composed(sign) or rf"\text{{[U+{ord(sign):04X}]}}"


def _greek(sign: str) -> str:
    """The command of a Greek letter; empty for another sign."""
    match = _GREEK.fullmatch(unicodedata.name(sign, ""))
    if match is None:
        return ""
    size, final, name = match.groups()
    name = name.replace("LAMDA", "LAMBDA")
    if name == "OMICRON" or (size == "CAPITAL" and name in _AS_LATIN):
        letter = _AS_LATIN[name]
        return letter if size == "CAPITAL" else letter.lower()
    command = name.lower() if size == "SMALL" else name.capitalize()
    return rf"\ensuremath{{\{'var' if final else ''}{command}}}"


def _composed(sign: str) -> str:
    """A letter with an accent, a raised or lowered sign, or one of several letters, such as fi."""
    kind = unicodedata.decomposition(sign).partition(">")[0].lstrip("<")
    parts = unicodedata.normalize("NFKD", sign)
    if kind in ("super", "sub"):
        mark = "^" if kind == "super" else "_"
        return rf"\ensuremath{{{{}}{mark}{{{in_ascii(parts)}}}}}"
    if len(parts) == 2 and parts[0].isascii() and parts[1] in ACCENTS:
        return rf"\text{{\{ACCENTS[parts[1]]}{{{parts[0]}}}}}"
    return parts if parts.isascii() and parts.isalnum() else ""
