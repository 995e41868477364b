"""Draw with matplotlib into inline SVG that takes its colours and letters from the page."""

from __future__ import annotations

import io
import math
import re
import sys
import textwrap
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from markupsafe import Markup, escape
from numpy.typing import NDArray

from evolve.tasks.task import Task
from evolve.typing import Array

# Colours that stand for the page's variables, and are exchanged for them in the SVG.
INK, MUTED, GRID, PAPER = "#010101", "#6b6c6d", "#d7d8d9", "#fefdfe"
FIT, HELD, TEST, RIVAL = "#0072b2", "#d55e00", "#009e73", "#aa4499"
_VARIABLES = {
    INK: "ink", MUTED: "muted", GRID: "grid", PAPER: "paper",
    FIT: "fit", HELD: "held", TEST: "test", RIVAL: "rival",
}  # fmt: skip
SIZE = (4.6, 3.3)
PLACE = (0.155, 0.195, 0.8, 0.785)  # left, bottom, width, height of the axes
MOST_POINTS = 3000
LEAST, MOST = 1e-300, 1e300  # of a logarithmic axis; matplotlib needs room on either side
_STYLE: dict[str, Any] = {
    "svg.fonttype": "none",
    "text.parse_math": False,
    "font.family": "DejaVu Sans",
    "font.size": 10.0,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": MUTED,
    "axes.linewidth": 0.8,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": GRID,
    "grid.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "axes.formatter.useoffset": False,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "savefig.facecolor": "none",
    "lines.linewidth": 1.8,
}
# Groups that matplotlib numbers in every drawing anew: their names would repeat on the page.
_GROUPS = "figure|axes|patch|matplotlib|line2d|text|[xy]tick|Fill|Path|Line|legend"
_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing with its words.

    Attributes:
        title: What it shows.
        svg: The drawing; its alternative text says what can be seen.
        note: Line below, in words.
    """

    title: str
    svg: Markup
    note: str = ""


def draw(name: str, alt: str, build: Callable[[Any], None]) -> Markup:
    """Draw one panel.

    Args:
        name: Keeps the identifiers of this drawing apart from those of others.
        alt: Alternative text.
        build: Draws on matplotlib axes.
    """
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    style: Any = {**_STYLE, "svg.hashsalt": name}
    with rc_context(style), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph")  # the page's fonts draw the letters
        figure = Figure(figsize=SIZE)
        axes = figure.add_axes(PLACE)
        build(axes)
        axes.minorticks_off()
        _make_room(axes)
        out = io.StringIO()
        figure.savefig(out, format="svg", metadata={"Date": None})
    return _inline(out.getvalue(), alt)


def _make_room(axes: Any) -> None:
    """Move the left end of the axes so that the longest number has room beside its label."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    canvas: Any = FigureCanvasAgg(axes.figure)
    renderer = canvas.get_renderer()
    box = axes.yaxis.get_tightbbox(renderer)
    lacks = 4.0 - box.x0
    if lacks > 0:
        share = lacks / axes.figure.bbox.width
        left, bottom, width, height = PLACE
        axes.set_position((left + share, bottom, width - share, height))


def _inline(text: str, alt: str) -> Markup:
    """The SVG element alone, its colours as variables of the page."""
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r"<defs>\s*<style.*?</style>\s*</defs>", "", text, flags=re.DOTALL)
    text = re.sub(r"<!--.*?-->\s*", "", text, flags=re.DOTALL)
    text = re.sub(rf'<g id="(?:{_GROUPS})[^"]*"', "<g", text)
    text = re.sub(r"font: ([\d.]+)px 'DejaVu Sans'[^;\"]*", r"font-size: \1px", text)
    for colour, variable in _VARIABLES.items():
        text = text.replace(colour, f"var(--{variable})")
    box = re.search(r'viewBox="[^"]*"', text)
    head = f'<svg class="chart" {box[0] if box else ""} role="img" aria-label="{escape(alt)}">'
    return Markup(head + text[text.index(">") + 1 :].strip())


def label(task: Task, name: str) -> str:
    """Axis label of a column: its name, and what it is where that is short enough."""
    descriptions = {f.name: f.description for f in task.spec.features}
    descriptions |= {t.name: t.description for t in task.spec.targets}
    about = descriptions.get(name, "")
    text = f"{name} ({about})" if about and len(name) + len(about) <= 60 else name
    return textwrap.fill(text, 46, break_long_words=False)


def is_log(task: Task, feature: int, values: Array) -> bool:
    """Whether a feature's axis is logarithmic."""
    return task.spec.features[feature].logarithmic and bool(np.all(values > 0))


def set_log(axis: Any, low: float, high: float) -> None:
    """Make a matplotlib axis logarithmic from end to end, with few ticks in plain words."""
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

    across, axes = axis.axis_name == "x", axis.axes
    (axes.set_xscale if across else axes.set_yscale)("log")
    (axes.set_xlim if across else axes.set_ylim)(low, high)  # before it makes room for points
    axis.set_major_locator(FixedLocator(log_ticks(low, high)))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(FuncFormatter(lambda value, _: number(value)))


def log_ticks(low: float, high: float) -> list[float]:
    """Between two and seven round values of a logarithmic axis."""
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    span = math.log10(high) - math.log10(low)
    steps = (1.0, 2.0, 5.0) if span < 2.0 else (1.0,)
    exponents = range(first, min(last, sys.float_info.max_10_exp) + 1)
    ticks = [m * 10.0**e for e in exponents for m in steps]
    ticks = [t for t in ticks if low * 0.999 <= t <= high * 1.001]
    if len(ticks) < 2:
        return [float(f"{v:.2g}") for v in np.geomspace(low, high, 3)]
    return ticks[:: -(-len(ticks) // 7)]


def number(value: float) -> str:
    """A number for an axis or a heading, powers of ten with superscripts."""
    if value == 0 or not math.isfinite(value):
        return f"{value:g}"
    if 1e-3 <= abs(value) < 1e4:
        return f"{value:.4g}"
    mantissa, exponent = f"{value:.3e}".split("e")
    short = f"{float(mantissa):g}"
    power = "10" + str(int(exponent)).translate(_SUPERSCRIPTS)
    return power if short == "1" else f"{short}×{power}"


def thinned(*columns: NDArray[Any]) -> tuple[list[NDArray[Any]], bool]:
    """At most `MOST_POINTS` rows of columns, evenly spread, and whether rows were left out."""
    n = len(columns[0])
    if n <= MOST_POINTS:
        return list(columns), False
    rows = np.linspace(0, n - 1, MOST_POINTS).astype(int)
    return [column[rows] for column in columns], True


def dots(axes: Any, x: Array, y: Array, kind: str, **style: Any) -> None:
    """Points of one kind: fitted rows, held-out rows or test rows."""
    marker, colour, size = {
        "fit": ("o", FIT, 4.0),
        "held": ("^", HELD, 5.0),
        "test": ("s", TEST, 5.0),
    }[kind]
    alpha = 0.45 if kind == "fit" and len(x) > 60 else 0.85
    look = {"marker": marker, "color": colour, "ms": size, "alpha": alpha, **style}
    axes.plot(x, y, ls="", mew=0, **look)


def limits(values: Sequence[Array], *, log: bool = False, margin: float = 0.05) -> Any:
    """Axis limits around the finite values, with a margin."""
    every = np.concatenate([np.ravel(v) for v in values])
    every = every[np.isfinite(every) & ((every > 0) | (not log))]
    if not len(every):
        return None
    low, high = float(every.min()), float(every.max())
    if log:
        reach = 10.0 ** (margin * (math.log10(high) - math.log10(low))) if high > low else 1.5
        return max(low / reach, LEAST), min(high * reach, MOST)
    reach = (high - low) * margin or abs(high) * margin or 1.0
    return low - reach, high + reach
