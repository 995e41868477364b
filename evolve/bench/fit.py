"""Fits from the same starts to a table: this package's kernel beside scipy's MINPACK.

Counted are fits that reach the best cost of their problem within 0.1 %, a second of processor
time of one core. Both sides get the same starts and exact derivatives; scipy's functions are
written by hand in numpy.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy.optimize import least_squares

from evolve.fitting.batch import LIMIT_OF, MAX_STEPS, BatchFitter
from evolve.fitting.fit import warm
from evolve.fitting.fit_batch import FitBatch
from evolve.fitting.multistart import run, screen
from evolve.fitting.result import Problem
from evolve.fitting.starts import spread_of
from evolve.law.graph import Law, call, const, feat, num
from evolve.law.recipe import Recipe
from evolve.tasks.task import Task, load_task
from evolve.typing import Array

REACHED = 1.001
SCREENED = 8
LEAST_ROWS = 5

Curve = Callable[[Array, Array], Array]


@dataclass(frozen=True, slots=True)
class Contest:
    """A law fitted by both sides.

    Attributes:
        name: What it is called.
        law: The law.
        values: `(n, f)` logs of unit-scaled features and constants to `(n,)` values.
        slopes: The same to `(n, p)` derivatives by the constants.
        units: Units of the features.
        n_starts: Starts of each problem.
    """

    name: str
    law: Law
    values: Curve
    slopes: Curve
    units: tuple[float, ...]
    n_starts: int


@dataclass(frozen=True, slots=True)
class Speed:
    """How both sides did.

    Attributes:
        name: Of the contest.
        problems: Problems fitted.
        starts: Starts in all.
        reached: Starts from which the kernel reached the best cost.
        scipy_reached: The same for scipy.
        ms_per_start: Milliseconds of the kernel for each start.
        scipy_ms_per_start: The same for scipy.
        per_second: Good fits a second of the kernel.
        scipy_per_second: The same for scipy.
        ratio: One over the other.
    """

    name: str
    problems: int
    starts: int
    reached: int
    scipy_reached: int
    ms_per_start: float
    scipy_ms_per_start: float
    per_second: float
    scipy_per_second: float
    ratio: float

    def to_data(self) -> dict[str, Any]:
        """JSON value."""
        return asdict(self)


def additive() -> Contest:
    """c0 + sum over features of exp(a - b log x)."""
    units = (1e9, 1e9, 1e9)
    root = const(0)
    for j, unit in enumerate(units):
        log = call("log", call("div", feat(j), num(unit)))
        power = call("exp", call("sub", const(1 + 2 * j), call("mul", const(2 + 2 * j), log)))
        root = call("add", root, power)

    def values(logs: Array, c: Array) -> Array:
        return np.asarray(c[0] + np.exp(c[1::2] - c[2::2] * logs).sum(axis=1))

    def slopes(logs: Array, c: Array) -> Array:
        powers = np.exp(c[1::2] - c[2::2] * logs)
        result = np.ones((len(logs), 7))
        result[:, 1::2] = powers
        result[:, 2::2] = -powers * logs
        return result

    return Contest("data_constrained, sum of powers", Law(root, 7), values, slopes, units, 48)


def rectified() -> Contest:
    """E + 1 / (exp(a) + exp(b + c log x)) (Lin et al. 2024)."""
    log = call("log", call("div", feat(0), num(1e4)))
    slope = call("exp", call("add", const(2), call("mul", const(3), log)))
    plateau = call("add", call("exp", const(1)), slope)
    root = call("add", const(0), call("div", num(1.0), plateau))

    def values(logs: Array, c: Array) -> Array:
        return np.asarray(c[0] + 1.0 / (np.exp(c[1]) + np.exp(c[2] + c[3] * logs[:, 0])))

    def slopes(logs: Array, c: Array) -> Array:
        flat, fall = np.exp(c[1]), np.exp(c[2] + c[3] * logs[:, 0])
        square = -1.0 / (flat + fall) ** 2
        columns = [np.ones(len(logs)), square * flat, square * fall, square * fall * logs[:, 0]]
        return np.stack(columns, axis=1)

    return Contest("sft, rectified law", Law(root, 4), values, slopes, (1e4,), 4)


def measure() -> list[Speed]:
    """Both contests on the shipped tables."""
    warm()
    main, small = load_task("data_constrained"), load_task("sft")
    whole = [Problem(main.train.X, main.train.Y[:, 0])]
    return [compete(additive(), whole), compete(rectified(), group_problems(small))]


def group_problems(task: Task) -> list[Problem]:
    """The rows that each fold fits, group by group, where there are enough."""
    problems = []
    for fold in task.folds:
        for group in np.unique(task.train.group[fold.fit]):
            rows = fold.fit[task.train.group[fold.fit] == group]
            if len(rows) >= LEAST_ROWS:
                problems.append(Problem(task.train.X[rows], task.train.Y[rows, 0]))
    return problems


def compete(contest: Contest, problems: Sequence[Problem]) -> Speed:
    """Fit the same problems from the same starts by both sides."""
    fitter = BatchFitter(contest.law, problems, Recipe("linear", "l2"), ())
    batch = fitter.batch([None] * len(problems), LIMIT_OF[fitter.tape.kind])
    starts = _starts(batch, contest.n_starts)
    ours, seconds = _kernel(batch, starts)
    theirs, scipy_seconds = _scipy(contest, problems, starts)
    best = np.fmin(ours.min(axis=1), np.nanmin(theirs, axis=1))[:, None] * REACHED + 1e-300
    reached, scipy_reached = int((ours <= best).sum()), int((theirs <= best).sum())
    rate, scipy_rate = reached / seconds, scipy_reached / scipy_seconds
    return Speed(
        name=contest.name,
        problems=len(problems),
        starts=ours.size,
        reached=reached,
        scipy_reached=scipy_reached,
        ms_per_start=1e3 * seconds / ours.size,
        scipy_ms_per_start=1e3 * scipy_seconds / ours.size,
        per_second=rate,
        scipy_per_second=scipy_rate,
        ratio=rate / scipy_rate,
    )


def _starts(batch: FitBatch, n_starts: int) -> Array:
    """`(q, n_starts, p)` screened starts."""
    pool, costs = screen(batch, spread_of(SCREENED * n_starts, batch.prior_mean.shape[1]))
    order = np.argsort(costs, axis=1, kind="stable")[:, :n_starts]
    return np.take_along_axis(pool, order[:, :, None], axis=1)


def _kernel(batch: FitBatch, starts: Array) -> tuple[Array, float]:
    """Costs `(q, s)` and processor seconds of the kernel, the best of five runs."""
    seconds = []
    for _ in range(5):
        began = time.process_time()
        ends = run(batch, starts, MAX_STEPS)
        seconds.append(time.process_time() - began)
    return ends.costs, min(seconds)


def _scipy(contest: Contest, problems: Sequence[Problem], starts: Array) -> tuple[Array, float]:
    """Costs `(q, s)` and processor seconds of scipy."""
    costs = np.full(starts.shape[:2], np.inf)
    seconds = 0.0
    for q, problem in enumerate(problems):
        logs = np.log(problem.x / np.array(contest.units))
        began = time.process_time()
        with np.errstate(all="ignore"):
            for s, start in enumerate(starts[q]):
                costs[q, s] = _scipy_cost(contest, logs, problem.y, start)
        seconds += time.process_time() - began
    return costs, seconds


def _scipy_cost(contest: Contest, logs: Array, y: Array, start: Array) -> float:
    """Cost that scipy reaches; inf where it gives up on a value that is not finite."""

    def residuals(c: Array) -> Array:
        return contest.values(logs, c) - y

    def slopes(c: Array) -> Array:
        return contest.slopes(logs, c)

    try:
        solution = least_squares(residuals, start, jac=slopes, method="lm")
    except (ValueError, np.linalg.LinAlgError):
        return float("inf")
    return float(solution.cost)
