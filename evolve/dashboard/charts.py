"""Progress and front of a run as small drawings, made without a plotting library.

A page that is drawn anew every two seconds cannot wait for one to load.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from markupsafe import Markup, escape

WIDTH, HEIGHT = 560, 240
LEFT, RIGHT, TOP, BOTTOM = 62, 14, 12, 38
MOST_POINTS = 400
Point = tuple[float, float]


def progress_chart(scores: Sequence[tuple[int, float]], n_entries: int) -> Markup:
    """The best score so far over the evaluations; empty without a score."""
    best: list[Point] = []
    for index, score in scores:
        if not best or score < best[-1][1]:
            best.append((float(index), score))
    if not best:
        return Markup("")
    steps = [best[0]]
    for point in best[1:]:
        steps += [(point[0], steps[-1][1]), point]
    steps.append((float(max(n_entries, 1)), steps[-1][1]))
    words = f"best score so far, {best[0][1]:.3f} at first and {best[-1][1]:.3f} now"
    return _drawn(words, steps[-MOST_POINTS:], [], "evaluations")


def front_chart(sizes: Sequence[int], errors: Sequence[float], champion: int | None) -> Markup:
    """The least held-out error of each number of constants, as a logarithm; empty without any.

    Args:
        sizes: Numbers of constants, ascending.
        errors: Mean squared error over variance of each.
        champion: Which of them is marked.
    """
    points = [
        (float(size), math.log10(max(error, 1e-12)))
        for size, error in zip(sizes, errors, strict=True)
        if math.isfinite(error)
    ]
    if not points:
        return Markup("")
    marked = [point for point in points if point[0] == champion]
    words = f"held-out error of the best law of each of {len(points)} sizes"
    return _drawn(words, points, marked or points[:0], "constants")


def _drawn(words: str, line: Sequence[Point], marked: Sequence[Point], across: str) -> Markup:
    (x_low, x_high), (y_low, y_high) = (_ends([p[k] for p in line]) for k in (0, 1))

    def place(point: Point) -> str:
        x = LEFT + (point[0] - x_low) / (x_high - x_low) * (WIDTH - LEFT - RIGHT)
        y = HEIGHT - BOTTOM - (point[1] - y_low) / (y_high - y_low) * (HEIGHT - TOP - BOTTOM)
        return f"{x:.1f},{y:.1f}"

    parts = [f'<polyline class="line" points="{" ".join(map(place, line))}"/>']
    dots = line if len(line) < 40 and across == "constants" else ()
    for points, css in ((dots, "dot"), (marked, "dot marked")):
        for point in points:
            x, y = place(point).split(",")
            parts.append(f'<circle class="{css}" cx="{x}" cy="{y}" r="4"/>')
    for value in (x_low, x_high):
        x, _ = place((value, y_low)).split(",")
        anchor = "start" if value == x_low else "end"
        parts.append(f'<text x="{x}" y="{HEIGHT - 20}" text-anchor="{anchor}">{value:.4g}</text>')
    for value in (y_low, y_high):
        _, y = place((x_low, value)).split(",")
        parts.append(
            f'<text x="{LEFT - 6}" y="{float(y) + 4:.1f}" text-anchor="end">{value:.3g}</text>'
        )
    middle = (LEFT + WIDTH - RIGHT) / 2
    parts.append(
        f'<text x="{middle}" y="{HEIGHT - 4}" text-anchor="middle">{escape(across)}</text>'
    )
    size = f'viewBox="0 0 {WIDTH} {HEIGHT}"'
    return Markup(
        f'<svg class="chart" {size} role="img" aria-label="{escape(words)}">{"".join(parts)}</svg>'
    )


def _ends(values: Sequence[float]) -> tuple[float, float]:
    low, high = min(values), max(values)
    return (low, high) if high > low else (low - 0.5, high + 0.5)
