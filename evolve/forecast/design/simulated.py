"""A design to what it leaves open, by simulation: runs are drawn, the law is fitted again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import NormalDist

import numpy as np

from evolve.forecast.design.law import TrueLaw
from evolve.forecast.design.questions import Wanted
from evolve.forecast.plan.cost import Cost
from evolve.law.graph import evaluate
from evolve.typing import Array

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
        width: Between them; of a size the factor, which is infinite where an end is open.
    """

    bias: float
    spread: float
    low: float
    high: float
    width: float

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
    from evolve.fitting.fit import fit_many  # loads the compiler, for those who fit
    from evolve.fitting.result import Problem

    rng = np.random.default_rng([trial.seed, 1])
    true = trial.law.at(sizes, trial.constants)
    y = true * np.exp(trial.noise * rng.normal(size=true.shape))
    model = trial.law.candidate
    fits = fit_many(model.law, [Problem(sizes, row) for row in y], model.recipe)
    constants = np.array([fit.constants for fit in fits])

    def fitted(x: Array) -> Array:
        return evaluate(model.law.root, x, constants)

    return [question.answer(fitted, cost) for question in wanted]


def score_of(question: Wanted, answered: Array, level: float) -> Score:
    """How far answers are from what is right; an answer that is none is as far as can be."""
    with np.errstate(all="ignore"):
        true = question.true
        errors = np.log(answered / true) if question.is_size else answered - true
        errors = np.where(np.isnan(errors), np.inf, errors)
        tail = 0.5 * (1.0 - level)
        shares = (0.5, 0.5 - ONE_DEVIATION, 0.5 + ONE_DEVIATION, tail, 1.0 - tail)
        quantiles = np.quantile(errors, shares, method="inverted_cdf")
        middle, left, right, low, high = map(float, quantiles)
        spread = 0.5 * (right - left)
        if not question.is_size:
            about = question.central
            return Score(middle, spread, about + low, about + high, high - low)
        ends = question.central * np.exp([low, high])
        width = float(np.exp(high - low))
        return Score(float(np.expm1(middle)), spread, float(ends[0]), float(ends[1]), width)
