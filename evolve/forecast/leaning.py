"""Whether the rows scatter to one side of a law, as where some runs of a table went wrong.

A law is fitted to the usual run. Where residuals lean to one side it is no envelope of the best
runs, and its reader may want to leave the others out.
"""

from __future__ import annotations

import numpy as np

from evolve.forecast.noise import gaps_of
from evolve.tasks.table import Table
from evolve.typing import Array

FEWEST_ROWS = 20  # from which on a lean can be told; judgement
LEANS = 3.5  # skewness over its standard error among normal residuals; judgement
LEANS_INSIDE = 0.35  # the same of quantiles, which no single row decides; judgement


def leaning_of(train: Table, predictions: Array, *, relative: bool) -> str:
    """What a reader should know of one-sided residuals, in words; empty for any others.

    Args:
        train: The training rows; rows that count unequally have no one scatter.
        predictions: `(n, t)` of the law, fitted to all of them.
        relative: Whether noise multiplies the law.
    """
    if train.n_rows < FEWEST_ROWS or train.counts is not None:
        return ""
    relative = relative and bool((train.Y > 0).all())
    gaps = gaps_of(train.Y, predictions, relative=relative).T
    leans = [_lean(column) for column in gaps]
    most = int(np.argmax(np.abs(leans)))
    if not abs(leans[most]) > LEANS:
        return ""
    high, low = (float(end) for end in (gaps[most].max(), -gaps[most].min()))
    if relative:
        ends = f"{100 * np.expm1(high):.2g} % above the law, {-100 * np.expm1(-low):.2g} % below"
    else:
        ends = f"{high:.2g} above the law, {low:.2g} below"
    return (
        f"the rows scatter to one side, up to {ends}: the law is of the usual run, not of the "
        "best, and runs that went wrong are better left out"
    )


def _lean(gaps: Array) -> float:
    """Skewness over its standard error (Joanes and Gill 1998); 0 where few rows make it."""
    n, spread = len(gaps), gaps.std()
    if not np.isfinite(gaps).all() or not spread > 0:
        return 0.0
    skewness = float(np.mean(((gaps - gaps.mean()) / spread) ** 3))
    low, middle, high = np.quantile(gaps, (0.1, 0.5, 0.9))
    inside = (low + high - 2.0 * middle) / max(high - low, 1e-300)
    if inside * np.sign(skewness) < LEANS_INSIDE:
        return 0.0
    return skewness / float(np.sqrt(6.0 * (n - 2) / ((n + 1.0) * (n + 3.0))))
