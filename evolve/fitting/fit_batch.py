"""Problems of one law as the kernel takes them, and the same on some of their rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from evolve.fitting.starts import Moments, moments_of
from evolve.fitting.workspace import CompiledLaw, Data
from evolve.scoring.objective import FEW_ROWS
from evolve.typing import Array, Ints

SAMPLE_ROWS = 400  # of a problem, on which many starts are refined first
MIDDLE_ROWS = 20_000  # of a problem with very many, on which the leading ones are


class Turns(NamedTuple):
    """In which turn problems are refined, those with most rows first.

    Attributes:
        order: `(q,)` numbers of the problems.
        n_large: Problems with so many rows that each is refined alone.
    """

    order: Ints
    n_large: int


def turns_of(counts: Ints) -> Turns:
    """The turns of problems with `(q,)` rows."""
    return Turns(np.argsort(-counts, kind="stable"), int(np.sum(counts > FEW_ROWS)))


@dataclass(frozen=True, slots=True)
class FitBatch:
    """Problems of one law, their rows one after the other, as `kernel.refine` takes them.

    Attributes:
        law: The law.
        data: The rows.
        offsets: `(q + 1,)` where each problem's rows begin.
        loss: As of `Aim`, and so on to `box`.
        f_scales: Likewise.
        prior_mean: Likewise.
        prior_weight: Likewise.
        box: Likewise.
        turns: In which turn problems are refined.
        sizes: `(q,)` weighted sums of the targets' squares.
        moments: Gives the moments of one of the columns by its number.
    """

    law: CompiledLaw
    data: Data
    offsets: Ints
    loss: int
    f_scales: Array
    prior_mean: Array
    prior_weight: Array
    box: Array
    turns: Turns
    sizes: Array
    moments: Callable[[int], Moments]


def subsampled(batch: FitBatch, most: int) -> FitBatch:
    """The problems on so many of their rows at most; the batch itself where none has more.

    Starts are refined on these first; only the leaders are continued on all rows.
    """
    counts = np.diff(batch.offsets)
    if counts.max() <= most:
        return batch
    samples = [
        begin + np.sort(np.random.default_rng(0).permutation(n)[:most])
        for begin, n in zip(batch.offsets[:-1], counts, strict=True)
    ]
    rows = np.concatenate(samples)
    data = Data(
        np.ascontiguousarray(batch.data.columns[:, rows]), batch.data.y[rows], batch.data.w[rows]
    )
    offsets = np.concatenate([[0], np.cumsum([len(k) for k in samples])]).astype(np.int64)
    share = np.diff(offsets) / counts
    prior_weight = batch.prior_weight * share[:, None]
    turns = turns_of(np.diff(offsets))
    return replace(
        batch,
        data=data,
        offsets=offsets,
        prior_weight=prior_weight,
        turns=turns,
        sizes=sizes_of_targets(data.y, data.w, offsets),
        moments=lambda column: moments_of(data.columns[column], offsets),
    )


def sizes_of_targets(y: Array, w: Array, offsets: Ints) -> Array:
    """`(q,)` weighted sums of the squares of targets `(n,)`."""
    return np.asarray(np.add.reduceat(w * y**2, offsets[:-1]))
