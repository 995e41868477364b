"""Draw LaTeX mathematics as inline SVG, as outlines, so that a page needs no font."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from markupsafe import Markup

_EM = 10.0
_COMMANDS = {1: "M", 2: "L", 3: "Q", 4: "C"}
_CLOSE = 79
_LAST_LETTER = 0x17F  # of the alphabets that the font holds


@dataclass(frozen=True, slots=True)
class Drawing:
    """A piece of mathematics: its markup, and its width in ems for whoever breaks lines."""

    markup: Markup
    width: float


@lru_cache(maxsize=4096)
def typeset(latex: str) -> Drawing | None:
    """Draw a piece of LaTeX mathematics in the colour and size of the text around it.

    Args:
        latex: Mathematics without delimiters, in the part of LaTeX that matplotlib knows.

    Returns:
        The picture, hidden from screen readers; None where matplotlib cannot read the LaTeX.
    """
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import TextPath, text_to_path

    font = FontProperties(size=_EM, math_fontfamily="cm")
    if not latex.isascii() and any(ord(letter) > _LAST_LETTER for letter in latex):
        return None
    text = f"${_tall(latex)}$".replace(r"\&", "&").replace(r"\#", "#")
    try:
        path: Any = TextPath((0, 0), text, prop=font)
        width, height, descent = text_to_path.get_text_width_height_descent(
            text, font, ismath=True
        )
    except (ValueError, RuntimeError):
        return None
    above, below = height - descent, descent
    pad = 0.08 * _EM
    box = f"0 {-above - pad:.2f} {width:.2f} {above + below + 2 * pad:.2f}"
    style = (
        f"width:{width / _EM:.3f}em;height:{(above + below + 2 * pad) / _EM:.3f}em;"
        f"vertical-align:{-(below + pad) / _EM:.3f}em"
    )
    markup = (
        f'<svg class="math" viewBox="{box}" style="{style}" aria-hidden="true" '
        f'focusable="false"><path d="{_outline(path)}"/></svg>'
    )
    return Drawing(Markup(markup), width / _EM)


def _tall(latex: str) -> str:
    """Fractions at full size, other than those inside something else."""
    depth, out = 0, []
    for part in re.split(r"(\\frac|[{}])", latex):
        depth += {"{": 1, "}": -1}.get(part, 0)
        out.append(r"\dfrac" if part == r"\frac" and depth == 0 else part)
    return "".join(out)


def _outline(path: Any) -> str:
    """SVG path data of a matplotlib path; SVG's y axis points down."""
    out = []
    for points, code in path.iter_segments(curves=True, simplify=False):
        if code == _CLOSE:
            out.append("Z")
            continue
        pairs = points.reshape(-1, 2)
        out.append(_COMMANDS[int(code)] + " ".join(f"{x:.2f} {-y:.2f}" for x, y in pairs))
    return "".join(out)
