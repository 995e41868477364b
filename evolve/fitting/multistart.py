"""Turns problems and candidate starts into their best constants: screen, refine, finish.

The kernel does the work on rows; what is decided between its calls stands here, over all
problems at once.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from evolve.fitting import kernel
from evolve.fitting.cost import L2, Curve, Data
from evolve.fitting.refine import CONVERGED, NOT_FINITE
from evolve.fitting.starts import place, project
from evolve.fitting.tape import NONLINEAR
from evolve.typing import Array, Ints

ROUGH_STEPS = 8
AGREE = 1.001
MEET = 1e-6
ROUNDING = 1e-28
MANY_ROWS = 400
LED = 3
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Job:
    """Problems whose rows stand one after the other; the fields are arguments of `kernel.run`."""

    curve: Curve
    data: Data
    offsets: Ints
    loss: int
    widths: Array
    mean: Array
    weight: Array
    box: Array


@dataclass(frozen=True, slots=True)
class Patience:
    """Most steps from one start, and most steps that bring the best one to full precision."""

    steps: int
    careful: int


@dataclass(frozen=True, slots=True)
class Ends:
    """Where starts have led: `(q, s, p)` constants, `(q, s)` costs and `(q, s, 2)` statuses.

    `normal`, `(q, k, p, p)`, and `gradient`, `(q, k, p)`, belong to all starts or the last one.
    """

    constants: Array
    costs: Array
    statuses: Ints
    normal: Array
    gradient: Array


@dataclass(frozen=True, slots=True)
class Answer:
    """The best of every problem.

    Attributes:
        ends: Its constants, one start a problem.
        n_agree: `(q,)` starts that came to the same cost.
        n_ran: `(q,)` starts that ended finite.
    """

    ends: Ends
    n_agree: Ints
    n_ran: Ints


def solve(job: Job, uniforms: Array, begin: Array, n_starts: int, patience: Patience) -> Answer:
    """Fit every problem.

    Args:
        job: The problems.
        uniforms: `(m, p)` numbers in (0, 1): the candidate starts to screen.
        begin: `(q, b, p)` starts that are refined besides, as they are.
        n_starts: How many of the screened starts are refined.
        patience: When to stop.

    Returns:
        The best constants found.
    """
    starts, stands_for = begin, np.ones(begin.shape[:2], dtype=np.int64)
    few = thinned(job)
    if n_starts:
        chosen, weights = _distinct(few, uniforms, n_starts)
        starts = np.concatenate([chosen, begin], axis=1)
        stands_for = np.concatenate([weights, stands_for], axis=1)
    ends = run(few, starts, patience.steps)
    n_ran = (stands_for * np.isfinite(ends.costs)).sum(axis=1)
    if few is not job:
        ends, stands_for = _on_all_rows(job, ends, stands_for, patience.steps)
    best = np.argmin(ends.costs, axis=1)[:, None]
    top = np.take_along_axis(ends.constants, best[:, :, None], axis=1)
    final = run(job, top, patience.careful, careful=True)
    rough = np.take_along_axis(ends.statuses[:, :, 0], best, axis=1)
    final.statuses[:, :, 0] = np.minimum(final.statuses[:, :, 0], rough)
    final.statuses[_to_rounding(job, final.costs), 0] = CONVERGED
    agree = ends.costs <= final.costs * AGREE + 1e-300
    return Answer(final, (stands_for * agree).sum(axis=1), n_ran)


def thinned(job: Job) -> Job:
    """The problems on `MANY_ROWS` of their rows at most; the job itself where none has more.

    Starts part ways on a few hundred rows as they do on thousands, so only those that lead there
    walk on with all rows.
    """
    counts = np.diff(job.offsets)
    if counts.max() <= MANY_ROWS:
        return job
    kept = [
        begin + np.sort(np.random.default_rng(0).permutation(n)[:MANY_ROWS])
        for begin, n in zip(job.offsets[:-1], counts, strict=True)
    ]
    rows = np.concatenate(kept)
    data = Data(
        np.ascontiguousarray(job.data.columns[:, rows]), job.data.y[rows], job.data.w[rows]
    )
    offsets = np.concatenate([[0], np.cumsum([len(k) for k in kept])]).astype(np.int64)
    share = np.diff(offsets) / counts
    return replace(job, data=data, offsets=offsets, weight=job.weight * share[:, None])


def _on_all_rows(job: Job, ends: Ends, stands_for: Ints, max_steps: int) -> tuple[Ends, Ints]:
    """The ends with those of problems that were thinned replaced by where their leaders lead.

    A problem that was not is left as it is, so that it is fitted the same alone.
    """
    many = np.diff(job.offsets) > MANY_ROWS
    starts, weights = _led(ends, stands_for)
    starts[~many] = np.nan
    led, n = run(job, starts, max_steps), starts.shape[1]
    ends.costs[many], stands_for = np.inf, np.where(many[:, None], 0, stands_for)
    for whole, part in (
        (ends.constants, led.constants),
        (ends.costs, led.costs),
        (ends.statuses, led.statuses),
        (stands_for, weights),
    ):
        whole[many, :n] = part[many]
    return ends, stands_for


def _led(ends: Ends, stands_for: Ints) -> tuple[Array, Ints]:
    """The leading ends of every problem as starts, those that meet kept once.

    Returns:
        `(q, LED, p)` starts, nan for none, and `(q, LED)` how many starts each stands for.
    """
    order = np.argsort(ends.costs, axis=1, kind="stable")
    weights = np.take_along_axis(stands_for, order, axis=1)
    _merge(np.take_along_axis(ends.costs, order, axis=1), weights)
    first = np.argsort(weights == 0, axis=1, kind="stable")[:, :LED]
    weights = np.take_along_axis(weights, first, axis=1)
    order = np.take_along_axis(order, first, axis=1)
    starts = np.take_along_axis(ends.constants, order[:, :, None], axis=1)
    return np.where((weights > 0)[:, :, None], starts, np.nan), weights


def _merge(costs: Array, weights: Ints) -> None:
    """Where starts `(q, s)` have come to one cost, let the earliest stand for all, in place."""
    level = np.where(np.isfinite(costs), costs, -1.0)
    for late in range(1, costs.shape[1]):
        for early in range(late):
            same = (weights[:, late] > 0) & (weights[:, early] > 0)
            same &= np.abs(level[:, late] - level[:, early]) <= MEET * np.abs(level[:, early])
            weights[:, early] += np.where(same, weights[:, late], 0)
            weights[same, late] = 0


def _to_rounding(job: Job, costs: Array) -> Flags:
    """Whether costs `(q, s)` are no more than what rounding the targets leaves."""
    sizes = np.add.reduceat(job.data.w * job.data.y**2, job.offsets[:-1])
    return np.asarray(costs <= ROUNDING * sizes[:, np.newaxis])


def _distinct(job: Job, uniforms: Array, n_starts: int) -> tuple[Array, Ints]:
    """The best screened starts, those that meet after a few steps kept once.

    Returns:
        `(q, n_starts, p)` starts, nan where one has met a better one, and `(q, n_starts)` how
        many starts each stands for.
    """
    pool, costs = screen(job, uniforms)
    order = np.argsort(costs, axis=1, kind="stable")[:, :n_starts]
    chosen = np.take_along_axis(pool, order[:, :, None], axis=1)
    rough = run(replace(job, loss=L2), chosen, ROUGH_STEPS)
    weights = np.ones(rough.costs.shape, dtype=np.int64)
    _merge(rough.costs, weights)
    return np.where((weights > 0)[:, :, None], rough.constants, np.nan), weights


def run(
    job: Job, starts: Array, max_steps: int, *, careful: bool = False, each: bool = False
) -> Ends:
    """Call the kernel on a copy of the starts.

    Args:
        job: The problems.
        starts: `(q, s, p)`.
        max_steps: Most steps from one start.
        careful: Go to full precision.
        each: Keep the normal matrices and gradients of all starts, not of the last alone.

    Returns:
        Where the starts led.
    """
    constants = np.array(starts, dtype=float, order="C")
    q, s, p = constants.shape
    costs = np.full((q, s), np.inf)
    statuses: Ints = np.full((q, s, 2), NOT_FINITE, dtype=np.int64)
    kept = s if each else 1
    normal, gradient = np.zeros((q, kept, p, p)), np.zeros((q, kept, p))
    with np.errstate(all="ignore"):
        kernel.run(
            job.curve, job.data, job.offsets, job.loss, job.widths, job.mean, job.weight,
            job.box, careful, max_steps, constants, costs, statuses, normal, gradient,
        )  # fmt: skip
    return Ends(constants, costs, statuses, normal, gradient)


def screen(job: Job, uniforms: Array) -> tuple[Array, Array]:
    """Candidate starts with their linear constants and amplitudes solved for.

    Args:
        job: The problems.
        uniforms: `(m, p)` numbers in (0, 1).

    Returns:
        `(q, m, p)` starts and their least-squares costs `(q, m)`.
    """
    curve, data = job.curve, job.data
    pool = place(curve.role, uniforms, data.columns, job.offsets)
    y, w = data.y, data.w
    if curve.log_rows:
        with np.errstate(all="ignore"):
            y = np.exp(y)
            w = w / np.maximum(y * y, 1e-300)
    flat = replace(
        job,
        curve=curve._replace(log_rows=False),
        data=Data(data.columns, y, w),
        loss=L2,
        weight=np.zeros_like(job.weight),
    )
    pool[:, :, curve.kind != NONLINEAR] = 0.0
    at_zero = run(flat, pool, 0, each=True)
    gains = project(curve.kind, at_zero.normal, at_zero.gradient, pool)
    if curve.log_rows:
        return pool, run(replace(job, loss=L2), pool, 0).costs
    with np.errstate(invalid="ignore"):
        costs = at_zero.costs + gains
    return pool, np.where(np.isfinite(costs), costs, np.inf)
