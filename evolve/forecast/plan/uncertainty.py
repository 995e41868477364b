"""Where the best run may lie: what rivals, and other constants of the champion, hold to be best.

The ends are quantiles over laws, each with its weight; the champion's is shared among draws of its
constants from their covariance. They are not calibrated on the folds, as no fold shows an optimum.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from evolve.errors import EvolveError
from evolve.evaluation.predict import UNANSWERED
from evolve.forecast.model import Member
from evolve.forecast.plan.allocate import Allocation, best_values
from evolve.forecast.plan.question import Question, not_used
from evolve.scoring.combine import weighted_quantile
from evolve.typing import Array

DRAWS = 12  # of the champion's constants
MOST_LAWS = 12  # that are asked, those of the greatest weight
COARSE = 1e-3  # of a logarithm, to which the best values of a law are found
LEAST_LAWS = 5  # answers, below which no range is given


def with_ranges(question: Question, best: Allocation) -> Allocation:
    """The best run of a budget, with where its values may lie; without where too few laws say."""
    found = [
        (values, weight)
        for member, weight in _members(question)
        if (values := _best_of(question, member, best.budget)) is not None
    ]
    if len(found) < LEAST_LAWS:
        return best
    values = np.array([v for v, _ in found])
    shares = np.broadcast_to(np.array([w for _, w in found])[:, None], values.shape)
    tail = 0.5 * (1.0 - question.level)
    low, high = (weighted_quantile(values, shares, level) for level in (tail, 1.0 - tail))
    own = np.array(list(best.values.values()))
    ends = zip(np.minimum(low, own).tolist(), np.maximum(high, own).tolist(), strict=True)
    return replace(best, ranges=dict(zip(best.values, ends, strict=True)))


def _members(question: Question) -> Iterator[tuple[Member, float]]:
    """Laws that hold all that is sought, and draws of the champion's constants, with weights."""
    champion, *rivals = question.forecast_model.members
    draws = list(_draws(question, champion))
    for member in (champion, *draws):
        yield member, max(champion.weight, 1e-300) / (1 + len(draws))
    rivals = [m for m in rivals if not not_used(question, m)]
    for member in sorted(rivals, key=lambda m: -m.weight)[:MOST_LAWS]:
        yield member, member.weight


def _draws(question: Question, champion: Member) -> Iterator[Member]:
    constants = champion.constants[question.group]
    covariance = question.forecast_model.spreads[question.group].covariance[question.target]
    if not np.isfinite(covariance).all() or not covariance.any():
        return
    rng = np.random.default_rng(0)
    mean = constants[question.target]
    for drawn in rng.multivariate_normal(mean, covariance, DRAWS, check_valid="ignore"):
        moved = constants.copy()
        moved[question.target] = drawn
        yield replace(champion, constants={question.group: moved})


def _best_of(question: Question, member: Member, budget: float) -> Array | None:
    """`(k,)` what one law holds to be best; None where it has no best run."""
    forecast_model = replace(question.forecast_model, members=(member,))
    try:
        return np.asarray(
            best_values(replace(question, forecast_model=forecast_model), budget, COARSE)[0]
        )
    except (EvolveError, *UNANSWERED):
        return None
