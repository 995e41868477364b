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
# Skewness without the farthest row over its standard error among normal residuals, and skewness of
# quantiles: simulated, no normal noise leans, Student's noise of 3 degrees of freedom in 2 % of
# tables of 24 to 160 rows, exponential noise in 22 % of those of 24 and 84 % of those of 60.
LEANS, LEANS_INSIDE = 3.0, 0.25
# Residuals over the spread of the targets: below the one nobody minds how they lie, above the
# other the law misses the rows, whichever way these scatter.
SEEN, MISSED = 1e-3, 0.2


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
    shares = (train.Y - predictions).std(axis=0) / np.maximum(train.Y.std(axis=0), 1e-300)
    looked = (shares > SEEN) & (shares < MISSED)
    leans = [_lean(column) if ok else 0.0 for column, ok in zip(gaps, looked, strict=True)]
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
        "best; if some runs went wrong, leave them out"
    )


def _lean(gaps: Array) -> float:
    """Skewness over its standard error (Joanes and Gill 1998); 0 where few rows make it."""
    if not np.isfinite(gaps).all():
        return 0.0
    low, middle, high = np.quantile(gaps, (0.1, 0.5, 0.9))
    others = np.delete(gaps, int(np.argmax(np.abs(gaps - middle))))
    n, spread = len(others), others.std()
    if not spread > 0 or not high > low:
        return 0.0
    skewness = float(np.mean(((others - others.mean()) / spread) ** 3))
    inside = (low + high - 2.0 * middle) / (high - low)
    if inside * np.sign(skewness) < LEANS_INSIDE:
        return 0.0
    return skewness / float(np.sqrt(6.0 * (n - 2) / ((n + 1.0) * (n + 3.0))))
