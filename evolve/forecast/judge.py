"""A choice and its forecasts to a verdict: does a law hold here, or is there none.

Three things are measured on training rows alone: whether the forecast predicts the rows that the
folds held out better than the best baseline does, how wide its calibrated interval is beyond the
data, and whether declared physics is kept there. Where several independent searches were made,
they have to agree beyond the data. A law that half of the groups' own means or last values beat
does not hold, however good it is over all rows.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from evolve.evaluation.baselines import LINE
from evolve.forecast.agreement import agreement_of
from evolve.forecast.by_group import GroupError, warning_of
from evolve.forecast.heldout import forecast_errors, held_share
from evolve.forecast.hidden import goes_through, is_hidden, is_known
from evolve.forecast.leaning import leaning_of
from evolve.forecast.model import ForecastModel
from evolve.forecast.promise import Promise, expected_errors, horizons_of
from evolve.forecast.reasons import Reasons, short_of, weigh
from evolve.forecast.telling import telling_folds
from evolve.forecast.tested import rests_on
from evolve.forecast.verdict import NONE, Verdict
from evolve.forecast.words import r2_text, times_text
from evolve.law.canonical import canonical
from evolve.law.graph import call
from evolve.scoring.objective import EPSILON, HOLDS_HELD_R2, HOLDS_R2, NONE_GAIN, mean_log_error
from evolve.search.champion import Choice
from evolve.search.finalists import Finalist
from evolve.search.operators.terms import fresh, linear, product_of_powers
from evolve.search.problem import space_of
from evolve.search.view import inward
from evolve.tasks.task import Task
from evolve.tasks.together import listed, still_in_groups
from evolve.typing import Array

UNEVEN = 0.5  # difference of the R2 of folds from which on a verdict tells each of them
APART = 1.5  # factor from which on errors of all folds and of a typical one are told apart
HEARD = 0.05  # weight in the forecast from which on laws of a feature are heard
LOW_R2 = 0.2  # below which it is told what an R2 of 0 is
IN_NOISE = (
    "{who} goes through all rows, and a fit to the held-out ones comes hardly nearer to "
    "them: noise hides what the target does between these, so that they neither show a law nor "
    "speak against it"
)
BY_LEVEL = (
    "{who} goes through all rows, and the mean and the last value err far more than the "
    "forecast: the features tell what the target is, though not what it changes between these rows"
)


def verdict_of(
    task: Task, choice: Choice, forecast_model: ForecastModel, groups: Sequence[GroupError] = ()
) -> Verdict:
    """Judge a run's forecasts.

    Args:
        task: Its training rows only are read.
        choice: The champion and its finalists.
        forecast_model: What forecasts are made from.
        groups: From `evolve.forecast.by_group.errors_by_group`.
    """
    told = telling_folds(task, choice.folds)
    weights = np.array([choice.champion.folds[i].weight for i in told])
    errors = forecast_errors(task, choice)[told]
    name, baseline = best_baseline(choice, told, weights)
    gain = mean_log_error(baseline, weights) - mean_log_error(errors, weights)
    expected = expected_errors(task, choice, forecast_model) if task.axes else Promise()
    physics = choice.champion.against_physics
    held, base = (float(1.0 - np.average(e, weights=weights)) for e in (errors, baseline))
    who = "the leading laws together predict" if len(choice.finalists) > 1 else "the law predicts"
    by_fold = _by_fold(errors, weights, sum(i < len(task.folds) for i in told))
    r2 = r2_text(held, bound=HOLDS_HELD_R2)
    said = f"{who} held-out rows with R2 {r2}{by_fold or _of_low_r2(held)}"
    alike = _also_a_line(task, choice, name)
    on_all = math.log((1.0 - base + EPSILON) / (1.0 - held + EPSILON))  # as both R2 have it
    apart = abs(on_all - gain) > 2.0 * math.log(APART)
    against = against_baseline(gain, name + alike)
    against += ", on a typical fold" if by_fold or apart else ""
    near = (held, held_share(task, choice, told))
    called = _law_of(choice)
    reasons = weigh(said, against, near, gain, expected, physics, base, called)
    of_groups = warning_of(groups, called)
    unshown = reasons.verdict == NONE and gain < NONE_GAIN
    if unshown and (why := _why_not_none(task, choice, told, errors)):
        reasons.excuse(why)
    agreement = agreement_of(task, choice, horizons_of(task)) if task.axes else None
    if agreement is not None:
        _agree(reasons, agreement)
    if reasons.verdict != NONE:
        reasons.others.append(rests_on(task, _heard(task, choice)))
        doubts = (_of_champion(task, choice, told, (held, base)), _of_still(task, choice))
        for doubt in filter(None, (*doubts, of_groups)):
            reasons.doubt(doubt)
    elif of_groups:
        reasons.others.append(of_groups)
    predictions, relative = choice.champion.fitted.predictions, forecast_model.relative
    reasons.others += filter(None, [leaning_of(task.train, predictions, relative=relative)])
    measured = (held, name, base, gain, *expected[:2], physics, agreement)
    return Verdict(reasons.verdict, reasons.in_order, *measured)


def _agree(reasons: Reasons, agreement: float) -> None:
    """Say how far independent searches agree beyond the data."""
    said = "beyond the data each independent search alone forecasts what all of them do with an "
    said += f"R2 of {r2_text(max(agreement, 0.0), 2, HOLDS_R2)}"
    if agreement < HOLDS_R2 and reasons.may_hold:
        reasons.doubt(short_of(said, f"{HOLDS_R2:g}"))
    else:
        reasons.others.append(said)


def _why_not_none(task: Task, choice: Choice, told: Sequence[int], errors: Array) -> str:
    """Why held-out rows that show no law say nothing against one; empty where they do."""
    if not goes_through(task, choice):
        return ""
    if is_hidden(task, choice, told, errors):
        return IN_NOISE.format(who=_law_of(choice))
    is_told = is_known(choice, told, errors)
    return BY_LEVEL.format(who=_law_of(choice)) if is_told else ""


def _of_champion(
    task: Task, choice: Choice, told: Sequence[int], others: tuple[float, float]
) -> str:
    """What a reader of the champion's formula should know; empty where it can be read as it is.

    Args:
        task: The task.
        choice: Gives the champion.
        told: Numbers of the folds that are looked at.
        others: R2 of the forecast and of the best baseline on the rows that these hold out.
    """
    forecast, baseline = others
    folds = [choice.champion.folds[i] for i in told]
    r2 = 1.0 - float(np.average([f.nmse for f in folds], weights=[f.weight for f in folds]))
    # A law alone is the forecast; a straight line is no worse than one, whatever its fit.
    if r2 >= baseline or len(choice.finalists) == 1 or _is_line(task, choice.champion):
        return ""
    advice = ": take the forecast, not its formula"
    if forecast < r2:
        advice = ", and the forecast has less still"
    elif 1.0 - r2 < math.exp(NONE_GAIN) * (1.0 - forecast):
        advice = ", and the forecast is hardly better"
    elif forecast < baseline:
        advice = ", and so has the forecast"
    return (
        f"the champion alone has an R2 of {r2_text(r2)} on held-out rows of the search's folds "
        f"and further ones, less than the baseline's {r2_text(baseline)}{advice}"
    )


def _heard(task: Task, choice: Choice) -> set[int]:
    """Numbers of the features that the champion holds, or laws that the forecast hears."""
    n_features, weights = len(task.feature_names), dict[int, float]()
    for finalist in choice.finalists:
        weight = 1.0 if finalist is choice.champion else finalist.weight
        candidate = finalist.fitted.candidate
        held = range(n_features) if candidate is None else candidate.law.held_of(n_features)
        for j in held:
            weights[j] = weights.get(j, 0.0) + weight
    return {j for j, weight in weights.items() if weight >= HEARD}


def _of_still(task: Task, choice: Choice) -> str:
    """What the rows cannot tell apart where groups differ in what the champion's law is of."""
    candidate = choice.champion.fitted.candidate
    names, still = task.feature_names, still_in_groups(task)
    if candidate is not None:
        still = [j for j in still if j in candidate.law.held_of(len(names))]
    if not still:
        return ""
    several, who = len(still) > 1, listed([names[j] for j in still])
    return (
        f"{who} never {'vary' if several else 'varies'} within a group, so that no rows "
        f"tell {'their' if several else 'its'} effect from the constants of each group: forecasts "
        f"are of each group at the {'values' if several else 'value'} that it has"
    )


def _is_line(task: Task, champion: Finalist) -> bool:
    """Whether a law is a plane in the features, or in the logarithms of all of them."""
    candidate = champion.fitted.candidate
    if candidate is None:
        return False
    space, new = space_of(task), fresh()
    lines = [call("add", next(new), linear(space.variables(), new))]
    if space.ceiling is None:  # else powers are of what is left to it, and no baseline's
        lines.append(product_of_powers(space.variables(), new))
    root = inward(candidate, space).law.root
    return any(root == canonical(line)[0] for line in lines)


def _also_a_line(task: Task, choice: Choice, baseline: str) -> str:
    """That the champion is the same line as the baseline, which then says nothing against it."""
    is_one = baseline == LINE and _is_line(task, choice.champion)
    return f", as {_law_of(choice)} is" if is_one else ""


def _law_of(choice: Choice) -> str:
    """What the law is called: a champion only where it was chosen among others."""
    return "the champion" if len(choice.finalists) > 1 else "the law"


def _of_low_r2(r2: float) -> str:
    """What a low R² is against: the mean of the very rows, which no forecaster knows."""
    if r2 >= LOW_R2:
        return ""
    what = "no better" if r2 <= 0.0 else "hardly better"
    return f", {what} than their own mean, which nobody knows beforehand"


def against_baseline(gain: float, baseline: str) -> str:
    """How the forecast stands against the best baseline, by their errors.

    Args:
        gain: Mean log of the baseline's squared error over the forecast's.
        baseline: Its name.
    """
    with np.errstate(over="ignore"):
        times = float(np.exp(0.5 * gain))
    error = times_text(times, 2 if times < 99.5 else 3)
    less = "less, " if times < 1.0 else ""
    how = "errs as much" if error == "1 times" else f"errs {less}{error} as much"
    return f"the best baseline ({baseline}) {how}"


def _by_fold(errors: Array, weights: Array, n_search: int) -> str:
    """The R² of every fold, where their mean says little of most of them.

    Args:
        errors: Of the folds, those of the search first.
        weights: What each counts in the mean.
        n_search: How many these are; tables of laws show no others.
    """
    if np.ptp(errors) < UNEVEN:
        return ""
    # No commas within numbers of a list.
    said = [r2_text(1.0 - float(error), 2).replace(",", "") for error in errors]
    first, further = ", ".join(said[:n_search]), ", ".join(said[n_search:])
    more = f"{further} on further folds" if further else ""
    listed_r2 = "; ".join(filter(None, [f"{first} fold by fold" if first else "", more]))
    return f" ({listed_r2}){_swamped(errors, weights)}"


def _swamped(errors: Array, weights: Array) -> str:
    """That one fold makes their mean, where it adds more to that than all others together."""
    shares = weights * errors
    if not 2.0 * shares.max() > shares.sum():
        return ""
    median = r2_text(1.0 - float(np.median(errors)), 2)
    return f", where one fold alone decides the mean and the median is {median}"


def best_baseline(choice: Choice, told: Sequence[int], weights: Array) -> tuple[str, Array]:
    """The baseline with the least mean log error over some folds, and its errors."""
    baselines = {name: errors[told] for name, errors in choice.baselines.items()}
    name = min(baselines, key=lambda n: mean_log_error(baselines[n], weights))
    return name, baselines[name]
