"""Multi-start fits of many problems: screen starts, refine the best, polish the winner.

The kernel works on rows; the choices between its calls are made here, for all problems at once.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from evolve.fitting import kernel
from evolve.fitting.fit_batch import MIDDLE_ROWS, SAMPLE_ROWS, FitBatch, subsampled
from evolve.fitting.leaders import leading, merge
from evolve.fitting.projection import project
from evolve.fitting.refine import AGREE, CONVERGED, NOT_FINITE
from evolve.fitting.robust import L2
from evolve.fitting.starts import Spread, place
from evolve.fitting.tape import NONLINEAR
from evolve.fitting.workspace import Aim, Data, Ends
from evolve.scoring.objective import AGREEING_STARTS
from evolve.typing import Array, Ints

ROUGH_STEPS = 8
NO_END = 1 << 62
ROUNDING = 1e-28
N_LEADERS = 3
Flags = npt.NDArray[np.bool_]
Values = TypeVar("Values", Array, Ints)


@dataclass(frozen=True, slots=True)
class StepLimits:
    """Most steps from one start, and most steps that polish the best one to full precision."""

    refine: int
    polish: int


@dataclass(frozen=True, slots=True)
class EndPoints:
    """Where starts end: `(q, s, p)` constants, `(q, s)` costs and `(q, s, 2)` statuses.

    `normal`, `(q, k, p, p)`, and `gradient`, `(q, k, p)`, belong to all starts or the last one.
    """

    constants: Array
    costs: Array
    statuses: Ints
    normal: Array
    gradient: Array


@dataclass(frozen=True, slots=True)
class Solution:
    """The best end point of every problem.

    Attributes:
        ends: The best end points, one a problem.
        n_agree: `(q,)` starts that ended at the same cost.
        n_finite: `(q,)` starts that ended finite.
    """

    ends: EndPoints
    n_agree: Ints
    n_finite: Ints


def solve(
    batch: FitBatch, spread: Spread, begin: Array, n_starts: int, limits: StepLimits
) -> Solution:
    """Fit every problem.

    Args:
        batch: The problems.
        spread: The candidate starts to screen.
        begin: `(q, b, p)` starts that are refined as well, without screening.
        n_starts: How many of the screened starts are refined.
        limits: Most steps.

    Returns:
        The best end point of each problem.
    """
    starts, stands_for = begin, np.ones(begin.shape[:2], dtype=np.int64)
    sample = subsampled(batch, SAMPLE_ROWS)
    if n_starts:
        chosen, weights = _distinct(sample, spread, n_starts)
        starts = np.concatenate([chosen, begin], axis=1)
        stands_for = np.concatenate([weights, stands_for], axis=1)
    ends = run(sample, starts, limits.refine, stands_for=stands_for)
    n_finite = (stands_for * np.isfinite(ends.costs)).sum(axis=1)
    if sample is not batch:
        ends, stands_for = _on_all_rows(batch, ends, stands_for, limits.refine)
    best = np.argmin(ends.costs, axis=1)[:, None]
    final = run(batch, _of_each(ends.constants, best), limits.polish, careful=True)
    rough = _of_each(ends.statuses, best)[:, :, 0]
    final.statuses[:, :, 0] = np.minimum(final.statuses[:, :, 0], rough)
    final.statuses[_to_rounding(batch, final.costs), 0] = CONVERGED
    agree = (ends.costs <= final.costs * AGREE) | _to_rounding(batch, ends.costs)
    return Solution(final, (stands_for * agree).sum(axis=1), n_finite)


def _on_all_rows(
    batch: FitBatch, ends: EndPoints, stands_for: Ints, max_steps: int
) -> tuple[EndPoints, Ints]:
    """Continue the leading starts of subsampled problems on all rows.

    Problems that were not subsampled are left unchanged, so that batching does not affect their
    fit.
    """
    many = np.diff(batch.offsets) > SAMPLE_ROWS
    starts, weights = _leaders(ends, stands_for)
    starts[~many] = np.nan
    refined, n = _refined(batch, starts, max_steps), starts.shape[1]
    ends.costs[many], stands_for = np.inf, np.where(many[:, None], 0, stands_for)
    for whole, part in (
        (ends.constants, refined.constants),
        (ends.costs, refined.costs),
        (ends.statuses, refined.statuses),
        (stands_for, weights),
    ):
        whole[many, :n] = part[many]
    return ends, stands_for


def _refined(batch: FitBatch, starts: Array, max_steps: int) -> EndPoints:
    """Refine starts on all rows; of very many rows, the one alone that is best on some of them."""
    middle = subsampled(batch, MIDDLE_ROWS)
    ends = run(middle, starts, max_steps)
    if middle is batch:
        return ends
    many = np.diff(batch.offsets) > MIDDLE_ROWS
    best = np.argmin(ends.costs, axis=1)[:, None]
    top = _of_each(ends.constants, best)
    top[~many] = np.nan
    last = run(batch, top, max_steps)
    least = _of_each(ends.costs, best)
    agree = ends.costs <= least * AGREE + 1e-300
    for whole, part in (
        (ends.constants, last.constants),
        (ends.costs, last.costs),
        (ends.statuses, last.statuses),
    ):
        whole[many] = part[many]
    ends.costs[many] = np.where(agree[many], ends.costs[many], np.inf)
    return ends


def _leaders(ends: EndPoints, stands_for: Ints) -> tuple[Array, Ints]:
    """The leading end points of every problem as starts, one for each minimum.

    Returns:
        `(q, N_LEADERS, p)` starts, nan for none, and `(q, N_LEADERS)` how many starts each
        stands for.
    """
    order = np.argsort(ends.costs, axis=1, kind="stable")
    weights = _of_each(stands_for, order)
    merge(_of_each(ends.costs, order), weights)
    first = np.argsort(weights == 0, axis=1, kind="stable")[:, :N_LEADERS]
    weights, order = _of_each(weights, first), _of_each(order, first)
    starts = _of_each(ends.constants, order)
    return np.where((weights > 0)[:, :, None], starts, np.nan), weights


def _of_each(values: Values, numbers: Ints) -> Values:
    """Of each problem `(q, s, …)` those of its starts that numbers `(q, k)` name."""
    return values[np.arange(len(values))[:, None], numbers]


def _to_rounding(batch: FitBatch, costs: Array) -> Flags:
    """Whether costs `(q, s)` are no larger than the rounding errors of the targets."""
    return np.asarray(costs <= ROUNDING * batch.sizes[:, np.newaxis])


def _distinct(batch: FitBatch, spread: Spread, n_starts: int) -> tuple[Array, Ints]:
    """The best screened starts, one for all that meet after a few steps.

    Returns:
        `(q, n_starts, p)` starts, the best first, nan where one meets a better one, and
        `(q, n_starts)` how many starts each stands for.
    """
    pool, costs = screen(batch, spread)
    starts, _ = leading(costs, pool, n_starts)
    rough = run(_by_squares(batch), starts, ROUGH_STEPS)
    constants, costs = leading(rough.costs, rough.constants, n_starts)
    weights = np.ones(costs.shape, dtype=np.int64)
    merge(costs, weights)
    constants[weights == 0] = np.nan
    return constants, weights


def _by_squares(batch: FitBatch) -> FitBatch:
    """The same problems, fitted by least squares."""
    return batch if batch.loss == L2 else replace(batch, loss=L2)


def run(
    batch: FitBatch,
    starts: Array,
    max_steps: int,
    *,
    careful: bool = False,
    keep_all: bool = False,
    stands_for: Ints | None = None,
) -> EndPoints:
    """Call the kernel on a copy of the starts.

    Args:
        batch: The problems.
        starts: `(q, s, p)`.
        max_steps: Most steps from one start.
        careful: Go to full precision.
        stands_for: `(q, s)` how many starts each counts as: once `AGREEING_STARTS` meet at a
            problem's lowest cost, its further ones are left where they are. All are refined
            where nothing is said.
        keep_all: Keep the normal matrices and gradients of all starts, not of the last alone.

    Returns:
        Where the starts end.
    """
    constants = np.array(starts, dtype=float, order="C")
    q, s, p = constants.shape
    costs, statuses = np.empty((q, s)), np.empty((q, s, 2), dtype=np.int64)
    costs.fill(np.inf)
    statuses.fill(NOT_FINITE)
    n_kept = s if keep_all else 1
    enough = NO_END if stands_for is None else AGREEING_STARTS
    counted = np.ones((q, s), dtype=np.int64) if stands_for is None else stands_for
    normal, gradient = np.zeros((q, n_kept, p, p)), np.zeros((q, n_kept, p))
    if not s:
        return EndPoints(constants, costs, statuses, normal, gradient)
    with np.errstate(all="ignore"):
        aim = Aim(
            batch.loss, batch.f_scales, batch.prior_mean, batch.prior_weight, batch.box,
            careful, max_steps, enough,
        )  # fmt: skip
        ends = Ends(constants, counted, costs, statuses, normal, gradient)
        kernel.refine(batch.law, batch.data, batch.offsets, aim, ends, *batch.turns)
    return EndPoints(constants, costs, statuses, normal, gradient)


def screen(batch: FitBatch, spread: Spread) -> tuple[Array, Array]:
    """Solve candidate starts for their linear constants and amplitudes.

    Args:
        batch: The problems.
        spread: Candidate starts.

    Returns:
        `(q, m, p)` starts and their least-squares costs `(q, m)`.
    """
    law, data = batch.law, batch.data
    pool = place(law.role, spread, data.columns, batch.offsets, batch.moments)
    y, w = data.y, data.w
    if law.log_rows:
        with np.errstate(all="ignore"):
            y = np.exp(y)
            w = w / np.maximum(y * y, 1e-300)
    flat = replace(
        batch,
        law=law._replace(log_rows=False),
        data=Data(data.columns, y, w),
        loss=L2,
        prior_weight=np.zeros_like(batch.prior_weight),
    )
    pool[:, :, law.kind != NONLINEAR] = 0.0
    at_zero = run(flat, pool, 0, keep_all=True)
    gains = project(law.kind, at_zero.normal, at_zero.gradient, pool)
    if law.log_rows:
        return pool, run(_by_squares(batch), pool, 0).costs
    with np.errstate(invalid="ignore"):
        costs = at_zero.costs + gains
    return pool, np.where(np.isfinite(costs), costs, np.inf)
