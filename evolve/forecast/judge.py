"""A choice and its forecasts to a verdict: does a law hold here, or is there none.

Three things are measured on training rows alone: whether the forecast predicts the rows that the
folds held out better than the best baseline does, how wide its calibrated interval is beyond the
data, and whether declared physics is kept there. Where several independent searches were made,
they have to agree beyond the data. A law that half of the groups' own means or last values beat
does not hold, however good it is over all rows.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from evolve.forecast.agreement import agreement_of
from evolve.forecast.by_group import GroupError, warning_of
from evolve.forecast.hidden import goes_through, is_hidden, is_known
from evolve.forecast.interval import forecast
from evolve.forecast.leaning import leaning_of
from evolve.forecast.model import ForecastModel
from evolve.forecast.telling import telling_folds
from evolve.forecast.verdict import CARE, HOLDS, NONE, Verdict
from evolve.forecast.words import r2_text, share_text, times_text
from evolve.law.canonical import canonical
from evolve.law.graph import call
from evolve.scoring.combine import combine
from evolve.scoring.metrics import nmse
from evolve.scoring.objective import (
    HOLDS_HELD_R2,
    HOLDS_R2,
    HOLDS_RELATIVE,
    HORIZONS,
    NONE_GAIN,
    NONE_R2,
    VERDICT_LEVEL,
    mean_log_error,
)
from evolve.search.champion import Choice
from evolve.search.consensus import further
from evolve.search.finalists import Finalist
from evolve.search.operators.terms import fresh, linear, product_of_powers
from evolve.search.problem import space_of
from evolve.search.view import inward
from evolve.tasks.task import Task
from evolve.typing import Array, Ints

UNEVEN = 0.5  # difference of the R2 of folds from which on a verdict tells each of them
LOW_R2 = 0.2  # below which it is told what an R2 of 0 is
BY_ERROR = f"it holds as that error is at most {100 * HOLDS_RELATIVE:g} %, whatever these R2 are"
IN_NOISE = (
    "the champion goes through all rows, and a fit to the held-out ones comes hardly nearer to "
    "them: noise hides what the target does between these, so that they neither show a law nor "
    "speak against it"
)
BY_LEVEL = (
    "the champion goes through all rows, and the mean and the last value err far more than the "
    "forecast: the features tell what the target is, though not what it changes between these rows"
)
NOTHING_LEFT = 0.05  # promised R2 below which it is told in words


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
    expected = expected_errors(task, choice, forecast_model) if task.axes else (None, None)
    physics = choice.champion.against_physics
    held, base = (float(1.0 - np.average(e, weights=weights)) for e in (errors, baseline))
    who = "the leading laws together predict" if len(choice.finalists) > 1 else "the law predicts"
    by_fold = _by_fold(errors)
    said = f"{who} held-out rows with R2 {r2_text(held)}{by_fold or _of_low_r2(held)}"
    against = against_baseline(gain, name) + (", on a typical fold" if by_fold else "")
    kind, reasons = _judge([said, against], held, gain, expected, physics)
    if kind == NONE and (why := _why_not_none(task, choice, told, errors)):
        kind, reasons = CARE, [*reasons, why]
    agreement = agreement_of(task, choice, horizons_of(task)) if task.axes else None
    if agreement is not None:
        kind = CARE if kind == HOLDS and agreement < HOLDS_R2 else kind
        reasons.append(
            "beyond the data each independent search alone forecasts what all of them do with an "
            f"R2 of {max(agreement, 0.0):.2g}"
        )
    alone = "" if kind == NONE else _of_champion(task, choice, told, base)
    doubts = list(filter(None, [alone, warning_of(groups)]))
    kind = CARE if doubts and kind == HOLDS else kind
    reasons = [*(r for r in reasons if kind == HOLDS or r != BY_ERROR), *doubts]
    predictions, relative = choice.champion.fitted.predictions, forecast_model.relative
    reasons += filter(None, [leaning_of(task.train, predictions, relative=relative)])
    return Verdict(kind, tuple(reasons), held, name, base, gain, *expected, physics, agreement)


def _why_not_none(task: Task, choice: Choice, told: Sequence[int], errors: Array) -> str:
    """Why held-out rows that show no law say nothing against one; empty where they do."""
    if not goes_through(task, choice):
        return ""
    if is_hidden(task, choice, told, errors):
        return IN_NOISE
    return BY_LEVEL if is_known(choice, told, errors) else ""


def _of_champion(task: Task, choice: Choice, told: Sequence[int], baseline: float) -> str:
    """What a reader of the champion's formula should know; empty where it can be read as it is."""
    folds = [choice.champion.folds[i] for i in told]
    r2 = 1.0 - float(np.average([f.nmse for f in folds], weights=[f.weight for f in folds]))
    # A law alone is the forecast; a straight line is no worse than one, whatever its fit.
    if r2 >= baseline or len(choice.finalists) == 1 or _is_line(task, choice.champion):
        return ""
    return (
        f"the champion alone has an R2 of {r2_text(r2)} on held-out rows of the search's folds "
        f"and further ones, less than the baseline's {r2_text(baseline)}: take the forecast, not "
        "its formula"
    )


def _is_line(task: Task, champion: Finalist) -> bool:
    """Whether a law is a plane in the features, or in the logarithms of all of them."""
    candidate = champion.fitted.candidate
    if candidate is None:
        return False
    space, new = space_of(task), fresh()
    lines = [
        call("add", next(new), linear(space.variables(), new)),
        product_of_powers(space.variables(), new),
    ]
    root = inward(candidate, space).law.root
    return any(root == canonical(line)[0] for line in lines)


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


def _by_fold(errors: Array) -> str:
    """The R² of every fold, where their mean says little of most of them."""
    if np.ptp(errors) < UNEVEN:
        return ""
    # No commas within numbers of a list.
    said = (r2_text(1.0 - float(error), 2).replace(",", "") for error in errors)
    return f" ({', '.join(said)} fold by fold)"


def forecast_errors(task: Task, choice: Choice) -> Array:
    """`(n_folds,)` mean squared error over variance of what all finalists say of held-out rows."""
    weights = np.array([f.weight for f in choice.finalists])
    errors = []
    for number, fold in enumerate(choice.folds):
        values = np.array([f.held[number] for f in choice.finalists])
        held = task.train.at(fold.held)
        errors.append(nmse(held.Y, combine(values, weights)[0], held.counts))
    return np.array(errors)


def best_baseline(choice: Choice, told: Sequence[int], weights: Array) -> tuple[str, Array]:
    """The baseline with the least mean log error over some folds, and its errors."""
    baselines = {name: errors[told] for name, errors in choice.baselines.items()}
    name = min(baselines, key=lambda n: mean_log_error(baselines[n], weights))
    return name, baselines[name]


def expected_errors(
    task: Task, choice: Choice, forecast_model: ForecastModel
) -> tuple[float | None, float | None]:
    """R² and median relative error that the intervals promise at the horizon.

    Args:
        task: With axes.
        choice: The first of its folds that can tell holds out the largest scales, which are moved
            on.
        forecast_model: What forecasts are made from.

    Returns:
        The R² over runs as far out as each other, mean over the factors of the horizon, and the
        error over all of them; None for it where it is no share, as values have either sign.
    """
    rows = choice.folds[telling_folds(task, choice.folds)[0]].held
    by_horizon = [_forecasts(task, rows, forecast_model, factor) for factor in horizons_of(task)]
    promised = [_promised_r2(points, sigmas) for points, sigmas in by_horizon]
    with np.errstate(over="ignore"):
        shares = [sigmas / np.maximum(np.abs(points), 1e-300) for points, sigmas in by_horizon]
    values = np.concatenate([task.train.Y, *(points for points, _ in by_horizon)])
    either = bool(((values.min(axis=0) < 0) & (values.max(axis=0) > 0)).any())
    relative = None if either else float(np.median(np.concatenate(shares)))
    return float(np.mean(promised)), relative


def horizons_of(task: Task) -> list[float | tuple[float, ...]]:
    """Factors beyond the largest scales at which intervals are read.

    Up to the horizon that is declared, but no nearer than without one.
    """
    if task.horizon is None:
        return list(HORIZONS)
    powers = [np.log(factor) / np.log(HORIZONS[-1]) for factor in HORIZONS]
    horizon = [max(h, HORIZONS[-1]) for h in task.horizon]
    return [tuple(float(h**power) for h in horizon) for power in powers]


def _promised_r2(points: Array, sigmas: Array) -> float:
    """R² where runs scatter around their forecasts as the intervals say."""
    with np.errstate(all="ignore"):
        errors, spread = np.mean(sigmas**2, axis=0), points.var(axis=0)
        return float(np.mean(np.nan_to_num(1.0 - errors / spread, nan=-1.0).clip(-1.0)))


def _forecasts(
    task: Task, rows: Ints, forecast_model: ForecastModel, factor: float | tuple[float, ...]
) -> tuple[Array, Array]:
    """Forecasts and their standard deviations `(m, t)` of rows moved on along the axes."""
    train = task.train
    x, group = further(task, train.X[rows], factor), train.group[rows]
    forecasts = [
        forecast(task, forecast_model, task.group_names[g], x[group == g], VERDICT_LEVEL)
        for g in np.unique(group)
    ]
    points = np.concatenate([f.point for f in forecasts])
    return points, np.concatenate([0.5 * (f.high - f.low) for f in forecasts])


def _promise(r2: float, relative: float | None) -> str:
    """What the intervals say beyond the data."""
    error = "an error that is no share of the forecast, as values lie on both sides of 0"
    if relative is not None:
        error = f"an error of {share_text(relative, 'the forecast')}"
    if r2 < NOTHING_LEFT:
        return (
            f"beyond the data the interval promises {error}, no less than what the target still "
            "changes there"
        )
    least = "over 0.99" if r2 > 0.99 else f"{r2:.2g}"
    return f"beyond the data the interval promises an R2 of {least} and {error}"


def _judge(
    said: Sequence[str],
    held_out: float,
    gain: float,
    expected: Sequence[float | None],
    physics: float,
) -> tuple[str, list[str]]:
    """The verdict and its reasons, the first of which are given."""
    r2, relative = expected
    close = relative is not None and relative <= HOLDS_RELATIVE
    sure = r2 is None or r2 >= HOLDS_R2
    reasons = list(said)
    if r2 is not None:
        reasons.append(_promise(r2, relative))
    if physics:
        reasons.append(f"the champion breaks declared physics at {share_text(physics)} of points")
    if held_out < NONE_R2 and gain < NONE_GAIN:
        return NONE, reasons
    explained = sure and held_out >= HOLDS_HELD_R2
    if (close or explained) and not physics:
        if not explained:
            reasons.append(BY_ERROR)
        return HOLDS, reasons
    return CARE, reasons
