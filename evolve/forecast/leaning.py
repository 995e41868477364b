"""Whether rows lie to one side of a law, as where some runs of a table went wrong.

Noise has two sides. Runs that were tuned worse, or cut short, only lose, and a law that goes
through all rows then says less than the others reach. They are strewn among the others; rows to
one side that lie together are a corner that the law misses, and say nothing of the runs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evolve.forecast.words import share_text
from evolve.scoring.combine import TO_DEVIATION
from evolve.scoring.noise_kind import gaps_of, is_one_signed
from evolve.tasks.table import Table
from evolve.typing import Array, Ints

FEWEST_ROWS = 20  # from which on a lean can be told; judgement
# So many rows of one side lie so many times as far out as any of the other. Simulated with known
# laws that were fitted: even noise, be it normal, Laplace's or Student's of 3 degrees of freedom,
# leans in at most 2 % of tables of 24 to 300 rows; where a tenth of the rows has eight times the
# noise of the others, in 5 %. Of tables of 40 where 15 to 20 % of the rows lost, 7 to 8 of 10 do.
FEWEST, TIMES = 3, 2.0
TOGETHER = 0.5  # of the rows to one side, whose nearest row in the features is one of them too
MOST_ASKED = 30  # rows whose nearest is looked for
# Residuals over the deviation of the middle half of the targets: below the one nobody minds how
# they lie; where half are above the other the law misses the rows, whichever way.
SEEN, MISSED = 1e-3, 0.2


@dataclass(frozen=True, slots=True)
class Lean:
    """Rows to one side of a law in one target.

    Attributes:
        above: Whether the law lies below them.
        rows: `(k,)` numbers of the rows that lie farther out than any of the other side, the
            farthest first.
        ends: How far the farthest row lies above the law, and below it.
        times: How much farther out the one side goes.
    """

    above: bool
    rows: Ints
    ends: tuple[float, float]
    times: float


def leans_of(train: Table, predictions: Array, *, relative: bool) -> list[Lean | None]:
    """Rows to one side of a law, target by target; None where there are none to speak of.

    Args:
        train: The training rows. Nothing is said of points of one run, which go together, nor of
            rows that count unequally, which have no one scatter.
        predictions: `(n, t)` of the law, fitted to all of them.
        relative: Whether noise multiplies the law.
    """
    if train.n_rows < FEWEST_ROWS or train.counts is not None or train.run is not None:
        return [None] * train.Y.shape[1]
    relative = relative and is_one_signed(train.Y, predictions)
    gaps = gaps_of(train.Y, predictions, relative=relative).T
    told = map(_of_account, (train.Y - predictions).T, train.Y.T)
    return [_lean(train.X, column) if ok else None for column, ok in zip(gaps, told, strict=True)]


def scatter(gaps: Array) -> float:
    """Deviation of the middle half of residuals `(n,)` around their median."""
    return TO_DEVIATION * float(np.median(np.abs(gaps - np.median(gaps))))


def leaning_of(train: Table, predictions: Array, *, relative: bool) -> str:
    """What a reader should know of one-sided residuals, in words; empty for any others.

    Args:
        train: As `leans_of` says.
        predictions: Likewise.
        relative: Likewise.
    """
    leans = [lean for lean in leans_of(train, predictions, relative=relative) if lean is not None]
    if not leans:
        return ""
    high, low = max(leans, key=lambda lean: lean.times).ends
    if relative and (train.Y > 0).all():
        above, below = float(np.expm1(high)), -float(np.expm1(-low))
        ends = f"{share_text(above, 'its value')} above the law, {share_text(below)} below"
    else:
        ends = f"{high:.2g} above the law, {low:.2g} below"
    return (
        f"the rows scatter to one side, up to {ends}: the law is of the usual run, not of the "
        "best; if some runs went wrong, leave them out"
    )


def _of_account(gaps: Array, targets: Array) -> bool:
    """Whether residuals `(n,)` are neither too small to matter nor those of a law that misses."""
    whole = scatter(targets)
    seen, missed = gaps.std() > SEEN * whole, not scatter(gaps) < MISSED * whole
    return bool(np.isfinite(gaps).all() and seen and not missed)


def _lean(X: Array, gaps: Array) -> Lean | None:
    """Rows to one side, from the residuals `(n,)` of one target."""
    sides = gaps - np.median(gaps)
    high, low = float(sides.max()), float(-sides.min())
    above = high > low
    most, least = (high, low) if above else (low, high)
    outwards = sides if above else -sides
    rows = np.flatnonzero(outwards > max(TIMES * least, 0.0))
    rows = rows[np.argsort(-outwards[rows], kind="stable")]
    if len(rows) < FEWEST or _together(X, rows):
        return None
    ends = float(gaps.max()), float(-gaps.min())
    return Lean(above, rows, ends, most / max(least, 1e-300))


def _together(X: Array, rows: Ints) -> bool:
    """Whether rows lie together in the features `(n, f)`: their nearest rows are such rows too.

    Features are compared by the order of their values, so that no scale matters; of several rows
    that are equally near each counts its part.
    """
    places = np.column_stack([_places(column) for column in X.T])
    chosen = np.zeros(len(X), dtype=bool)
    chosen[rows] = True
    shares = []
    for row in rows[:MOST_ASKED]:
        distances = ((places - places[row]) ** 2).sum(axis=1)
        distances[row] = np.inf
        shares.append(chosen[distances == distances.min()].mean())
    return float(np.mean(shares)) >= TOGETHER


def _places(values: Array) -> Array:
    """`(n,)` place of each value among the different ones, from 0 to 1."""
    different, places = np.unique(values, return_inverse=True)
    return places.ravel() / max(len(different) - 1, 1)
