"""Where the best run may lie: what champion and rivals hold, each with other constants too.

The ends are quantiles over laws, each with a weight that draws of its constants from their
covariance share. They are not calibrated on the folds, as no fold shows an optimum.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from scipy.special import chdtri

from evolve.errors import EvolveError
from evolve.evaluation.predict import UNANSWERED, predict, slopes_of
from evolve.fitting.weights import covariance
from evolve.forecast.model import Member
from evolve.forecast.plan.allocate import Allocation, best_values
from evolve.forecast.plan.question import Question, not_used
from evolve.scoring.combine import weighted_quantile
from evolve.typing import Array

DRAWS = 12  # of the champion's constants
DRAWS_OF_RIVAL = 2  # of each rival's; with 4, of 15 generated optima 14 were held as well
MOST_LAWS = 12  # that are asked, those of the greatest weight
COARSE = 1e-3  # of a logarithm, to which the best values of a law are found
TRIES = 4  # for each draw
LIKELY = 0.99  # of the draws, where a law is straight in its constants
LEAST_LAWS = 5  # answers, below which no range is given
TINY = 1e-300


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
    """Laws that hold all that is sought, each with draws of its constants, and their weights."""
    champion, *rivals = question.forecast_model.members
    spread = question.forecast_model.spreads[question.group]
    yield from _drawn(question, champion, spread.covariance[question.target], DRAWS)
    rivals = [m for m in rivals if not not_used(question, m)]
    for member in sorted(rivals, key=lambda m: -m.weight)[:MOST_LAWS]:
        yield from _drawn(question, member, None, DRAWS_OF_RIVAL)


def _drawn(
    question: Question, member: Member, spread: Array | None, n_draws: int
) -> Iterator[tuple[Member, float]]:
    """A law and draws of its constants, which share its weight.

    Args:
        question: What is planned.
        member: The law.
        spread: `(p, p)` covariance of its constants; None where the rows are to say it.
        n_draws: At most so many.
    """
    draws = [member]
    try:
        spread = _covariance(question, member) if spread is None else spread
        draws += _likely(question, member, spread, n_draws)
    except UNANSWERED:  # a program that fails here counts with its fitted constants, if at all
        pass
    weight = max(member.weight, TINY) / len(draws)
    yield from ((draw, weight) for draw in draws)


def _likely(question: Question, member: Member, spread: Array, n_draws: int) -> list[Member]:
    """Draws that meet the rows about as well as the fit does.

    A covariance is that of a law that is straight in its constants. Where it is not, draws far
    along a direction that the rows hardly fix may miss the rows by any amount.
    """
    if not np.isfinite(spread).all() or not spread.any():
        return []
    constants, t = member.constants[question.group], question.target
    rng = np.random.default_rng(0)
    kept: list[Member] = []
    left, scale = residuals(question, member)
    n_constants = len(spread)
    variance = _variance(question, left, scale, n_constants)
    most = left @ left + float(chdtri(n_constants, 1.0 - LIKELY)) * variance
    draws = rng.multivariate_normal(constants[t], spread, TRIES * n_draws, check_valid="ignore")
    for drawn in draws:
        moved = constants.copy()
        moved[t] = drawn
        draw = replace(member, constants={question.group: moved})
        with np.errstate(all="ignore"):
            far, _ = residuals(question, draw)
            is_likely = far @ far <= most
        if is_likely and len(kept) < n_draws:
            kept.append(draw)
    return kept


def residuals(question: Question, member: Member) -> tuple[Array, Array]:
    """`(n,)` residuals of the group's rows on the scale of the noise, and the `(n,)` scale.

    Raises:
        ProgramFailedError: The law is a program that fails.
        SandboxError: It is a program, and no process can be started for it.
    """
    train, t = question.task.train, question.target
    own = train.at(train.group == question.task.group_names.index(question.group))
    predicted = predict(member.law, own.X, member.constants[question.group])[:, t]
    size = np.ones(own.n_rows)
    if question.forecast_model.relative:
        size = np.maximum(np.abs(predicted), TINY)
    counts = np.ones(own.n_rows) if own.counts is None else own.counts
    scale = np.sqrt(counts) / size
    return (own.Y[:, t] - predicted) * scale, scale


def _covariance(question: Question, rival: Member) -> Array:
    """`(p, p)` covariance of a rival's constants, by the residuals of the group's rows."""
    train, t = question.task.train, question.target
    own = train.X[train.group == question.task.group_names.index(question.group)]
    constants = rival.constants[question.group]
    left, scale = residuals(question, rival)
    moved = slopes_of(rival.law, own, constants, t) * scale[:, None]
    variance = _variance(question, left, scale, constants.shape[1])
    with np.errstate(all="ignore"):
        return covariance(moved.T @ moved, variance)


def _variance(question: Question, left: Array, scale: Array, n_constants: int) -> float:
    """Variance of the residuals of the group's rows, or that which the user gave if larger.

    Args:
        question: What is planned.
        left: As `residuals` gives it.
        scale: Likewise.
        n_constants: That have lessened the residuals.
    """
    train, variance = question.task.train, float(left @ left) / max(len(left) - n_constants, 1)
    if train.weights is None:
        return variance
    own = train.weights.at(train.group == question.task.group_names.index(question.group))
    return max(variance, float(np.mean(own.variance / own.values * scale**2)))


def _best_of(question: Question, member: Member, budget: float) -> Array | None:
    """`(k,)` what one law holds to be best; None where it has no best run."""
    forecast_model = replace(question.forecast_model, members=(member,))
    try:
        return np.asarray(
            best_values(replace(question, forecast_model=forecast_model), budget, COARSE)[0]
        )
    except (EvolveError, *UNANSWERED):
        return None
