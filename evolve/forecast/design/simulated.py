"""A design to what it leaves open, by simulation: runs are drawn, the law is fitted again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from statistics import NormalDist

import numpy as np

from evolve.errors import EvolveError
from evolve.forecast.design.law import TrueLaw
from evolve.forecast.design.questions import Wanted
from evolve.forecast.plan.cost import Cost
from evolve.forecast.spread import is_far_off
from evolve.law.graph import evaluate
from evolve.scoring.fold import Fold
from evolve.tasks.draft import Wishes, propose
from evolve.tasks.draft.memory import task_in_memory
from evolve.tasks.readers import raw_of
from evolve.typing import Array

CHECKED = 60  # repetitions of which folds are fitted
ONE_DEVIATION = NormalDist().cdf(1.0) - 0.5


@dataclass(frozen=True, slots=True)
class Score:
    """How well a design answers, over simulated repetitions of all its runs.

    Attributes:
        bias: Middle of the errors; of a size the middle factor, less 1.
        spread: Half the width of the middle 68 %, which is one deviation where errors are normal;
            of a size of the logarithm.
        low: Lower end of the interval of answers, about what is right.
        high: Upper end.
        width: Between them, or to what is right where that lies outside; of a size the factor,
            which is infinite where an end is open.
        is_open: Whether an end lies many spans off all that the runs show, so that it bounds
            nothing.
    """

    bias: float
    spread: float
    low: float
    high: float
    width: float
    is_open: bool

    def to_data(self) -> dict[str, float]:
        """JSON value."""
        return asdict(self)


@dataclass(frozen=True, eq=False)
class Trial:
    """What designs are tried on, the same for all.

    Attributes:
        law: The law that runs follow.
        constants: `(s, p)` that are true in each repetition.
        noise: Standard deviation of single runs, as a share of the target.
        seed: Of the noise.
        level: Of the intervals.
    """

    law: TrueLaw
    constants: Array
    noise: float
    seed: int
    level: float

    def targets(self, sizes: Array) -> Array:
        """`(s, n)` targets of `(n, k)` runs, in each repetition."""
        rng = np.random.default_rng([self.seed, 1])
        true = self.law.at(sizes, self.constants)
        return np.asarray(true * np.exp(self.noise * rng.normal(size=true.shape)))

    @property
    def chance(self) -> float:
        """By which share two widths may differ by chance: two deviations of normal errors."""
        normal, tail = NormalDist(), 0.5 * (1.0 - self.level)
        end = normal.inv_cdf(1.0 - tail)
        # Of both quantiles, whose covariance is that of order statistics.
        variance = 2.0 * tail * (1.0 - 2.0 * tail) / (len(self.constants) * normal.pdf(end) ** 2)
        return float(2.0 * np.sqrt(2.0 * variance) / (2.0 * end))


def answers(trial: Trial, sizes: Array, cost: Cost, wanted: Sequence[Wanted]) -> list[Array]:
    """`(s,)` answers to each question after each repetition of all runs; nan where a fit failed.

    Args:
        trial: The law and its noise.
        sizes: `(n, k)` of the runs.
        cost: What runs cost.
        wanted: The questions.
    """
    fitted = _fitted(trial.law, sizes, trial.targets(sizes))
    return [question.answer(fitted, cost) for question in wanted]


def _fitted(law: TrueLaw, sizes: Array, y: Array) -> Callable[[Array], Array]:
    """The law as it is fitted to `(n, k)` runs of `(s, n)` targets, `(m, k)` runs to `(s, m)`."""
    from evolve.fitting.fit import fit_many  # loads the compiler, for those who fit
    from evolve.fitting.result import Problem

    model = law.candidate
    fits = fit_many(model.law, [Problem(sizes, row) for row in y], model.recipe)
    constants = np.array([fit.constants for fit in fits])
    return lambda x: evaluate(model.law.root, x, constants)


def held_out_r2(trial: Trial, sizes: Array, names: Sequence[str]) -> float | None:
    """R2 of the law on the largest runs, fitted without them, as a search and `fit` judge it.

    Args:
        trial: The law and its noise.
        sizes: `(n, k)` of the runs.
        names: Of the sizes.

    Returns:
        Of the fold with the least, the middle over repetitions; None where the runs make no fold.
    """
    x, folds = _folds(trial.law, sizes, names)
    y = trial.targets(x)[:CHECKED]
    middles = []
    for fold in folds:
        held = y[:, fold.held]
        errors = _fitted(trial.law, x[fold.fit], y[:, fold.fit])(x[fold.held]) - held
        with np.errstate(all="ignore"):
            r2 = 1.0 - np.mean(errors**2, axis=1) / np.var(held, axis=1)
        middles.append(float(np.median(np.where(np.isnan(r2), -np.inf, r2))))
    return min(middles, default=None)


def _folds(law: TrueLaw, sizes: Array, names: Sequence[str]) -> tuple[Array, tuple[Fold, ...]]:
    """The runs in the order of their table, and its folds; none where it cannot have any."""
    columns = dict(zip((*names, law.target), (*sizes.T, law.at(sizes)), strict=True))
    wishes = Wishes(targets=(law.target,), features=tuple(names), keep_outliers=True)
    try:
        task = task_in_memory(propose(raw_of(columns), "design", wishes))
        return task.train.X, task.folds
    except EvolveError:
        return sizes, ()


def score_of(question: Wanted, answered: Array, level: float, seen: Array) -> Score:
    """How far answers are from what is right; an answer that is none is as far as can be.

    Args:
        question: What is right.
        answered: `(s,)` answers.
        level: Of the interval.
        seen: `(n,)` targets of the runs, or of a question for a size their sizes.
    """
    with np.errstate(all="ignore"):
        true = question.true
        errors = np.log(answered / true) if question.is_size else answered - true
        errors = np.where(np.isnan(errors), np.inf, errors)
        tail = 0.5 * (1.0 - level)
        shares = (0.5, 0.5 - ONE_DEVIATION, 0.5 + ONE_DEVIATION, tail, 1.0 - tail)
        quantiles = np.quantile(errors, shares, method="inverted_cdf")
        middle, left, right, low, high = map(float, quantiles)
        spread = 0.5 * (right - left)
        width = max(high, 0.0) - min(low, 0.0)
        about = np.log(question.central) if question.is_size else question.central
        ends = about + np.array([low, high])
        is_open = _is_open(ends, np.log(seen) if question.is_size else seen)
        if question.is_size:
            middle, ends, width = float(np.expm1(middle)), np.exp(ends), float(np.exp(width))
        return Score(middle, spread, float(ends[0]), float(ends[1]), width, is_open)


def _is_open(ends: Array, seen: Array) -> bool:
    """Whether an end lies many spans off what runs show."""
    low, high = seen.min(), seen.max()
    return bool(is_far_off(ends, low, high, high - low).any())
