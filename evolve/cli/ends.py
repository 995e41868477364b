"""How far out rows lie, and the ends of intervals, in words where a number would mislead."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from evolve.forecast.words import OPEN, some_of

if TYPE_CHECKING:
    from evolve.tasks.task import Task

FAR = 1.0
MOST_DIGITS = 12  # of a point
ALL_DIGITS = 14  # which tell ends apart that differ by more than rounding
ABSURD = 10.0  # powers of ten, or ranges, from which on a value is more likely mistyped
FAR_OUT = (
    "a row lies {how} or more outside the training rows: the form of the law alone says "
    "what happens there"
)
TENFOLD, WHOLE_RANGE = FAR_OUT.format(how="a factor of 10"), FAR_OUT.format(how="a whole range")
MISTYPED = (
    "a row lies 10 powers of ten, or 10 ranges, or more outside the training rows: no law is a "
    "guide there; is a value mistyped, or in another unit?"
)


def level_text(level: float) -> str:
    """The share that an interval is to hold, as a percentage that is not rounded to all."""
    return f"{100 * level:.12g} %"


def ends_text(low: float, high: float, *, is_open: bool, digits: int = 5) -> str:
    """The ends of an interval; one word where nothing bounds it."""
    if is_open:
        return OPEN
    while digits < ALL_DIGITS and low < high and f"{low:.{digits}g}" == f"{high:.{digits}g}":
        digits += 1  # ends that look the same would be those of no interval
    return f"{low:.{digits}g} to {high:.{digits}g}"


def point_text(point: float, low: float, high: float, digits: int = 5) -> str:
    """A forecast, with as many digits as it takes to lie between its ends, if it does."""
    while digits < MOST_DIGITS and low <= point <= high:
        if low <= float(f"{point:.{digits}g}") <= high:
            break
        digits += 1
    return f"{point:.{digits}g}"


def size_text(size: float, digits: int) -> str:
    """How large an error is, to some digits; one that ends in zeros keeps them: 0.0600 is 3."""
    text = f"{size:.{digits}g}"
    shown = text.partition("e")[0].replace(".", "").strip("0")
    return f"{size:#.{digits}g}" if len(shown) < 2 and size % 1.0 else text


def distance_text(task: Task, distance: Any) -> str:
    """How far one row lies outside the training range, feature by feature."""
    from evolve.forecast.spread import FARTHEST

    parts = []
    for feature, step in zip(task.spec.features, distance, strict=True):
        if step:
            side, size = "above" if step > 0 else "below", abs(step)
            if size >= FARTHEST:
                what = "powers of ten" if feature.logarithmic else "ranges"
                how = f"more than {FARTHEST:g} {what}"
            else:
                how = f"10^{size:.2f}" if feature.logarithmic else f"{size:.2f} ranges"
            parts.append(f"{feature.name} {how} {side}")
    return ", ".join(parts) or "inside"


def untested_text(ends: Sequence[str], systems: str = "") -> str:
    """What to say of rows beyond ends of the training rows that no fold holds out.

    Args:
        ends: As `evolve.forecast.tested.untested` names them.
        systems: Which of several that are compared; empty of one alone.
    """
    of = f" of {systems}" if systems else ""
    return f"no fold{of} holds out the {' or the '.join(ends)}: nothing tests the law there"


def far_out(task: Task, distances: Any) -> str:
    """What to say of the row that lies farthest outside; nothing of one that lies near.

    Args:
        task: Its features are looked at.
        distances: `(m, f)` powers of ten, or ranges of a linear feature, that rows lie outside.
    """
    farthest = abs(distances).max(axis=0)
    if farthest.max() >= ABSURD:
        return MISTYPED
    is_log = task.spec.features[farthest.argmax()].logarithmic
    return (TENFOLD if is_log else WHOLE_RANGE) if farthest.max() >= FAR else ""


def in_groups(said: Iterable[tuple[str, str]], groups: Sequence[str]) -> list[str]:
    """Paragraphs, each once, with the groups that they are of where several are forecast.

    Args:
        said: Groups, each with a paragraph; empty ones are left out.
        groups: All that are forecast.
    """
    several, where = set(groups), dict[str, list[str]]()
    for group, text in said:
        if text and group not in where.setdefault(text, []):
            where[text].append(group)
    return [
        text if len(several) < 2 else f"in {some_of(of, len(several))}, {text}"
        for text, of in where.items()
    ]
