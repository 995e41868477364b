"""Turns a run into intervals of its champion's predictions.

A run that has ended keeps what calibrated forecasts need, and they are taken from there. Without
it there is the delta method: the noise of the rows and the uncertainty of the constants, by a
straight line through their best values (Seber & Wild 1989, section 5.1), not that of the form.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

from evolve.errors import EvolveError
from evolve.forecast import forecast
from evolve.law.graph import evaluate, slopes
from evolve.report.gather import Findings
from evolve.report.model import Model
from evolve.runs.forecasts import load_basis
from evolve.typing import Array

LEVEL = 0.9
# (rows `(n, f)`, group number, target number) -> lower and upper ends, `(n,)` each.
Band = Callable[[Array, int, int], tuple[Array, Array]]


@dataclass(frozen=True)
class Interval:
    """How far predictions can be trusted.

    Attributes:
        band: Rows to the ends of their intervals at `LEVEL`.
        words: What an interval holds, in a sentence.
    """

    band: Band
    words: str


def interval_of(found: Findings) -> Interval | None:
    """Intervals of the champion, calibrated where the run has kept them; None without fits."""
    if found.model is None:
        return None
    plain = delta_band(found.model)
    basis = load_basis(found.store)
    if basis is None or basis.members[0].index != found.best.index:
        return Interval(
            plain,
            "The interval holds the noise of the rows and the uncertainty of the constants, not "
            "that of the form.",
        )

    def band(x: Array, group: int, target: int) -> tuple[Array, Array]:
        try:
            told = forecast(found.task, basis, found.task.group_names[group], x, LEVEL)
        except EvolveError:  # not defined at one of the rows
            return plain(x, group, target)
        return told.low[:, target], told.high[:, target]

    n = len(basis.members) - 1
    rivals = f"{n} other law{'s' if n > 1 else ''} that the folds cannot tell from it"
    form = f" and of the form ({rivals})" if n else ""
    return Interval(
        band,
        f"The interval holds the noise of the rows and the uncertainty of the constants{form}, "
        "and is calibrated on the errors of the folds.",
    )


def delta_band(model: Model) -> Band:
    """Intervals at `LEVEL` from the constants' covariance and the residuals of a model."""

    def band(x: Array, group: int, target: int) -> tuple[Array, Array]:
        law = model.candidate.law
        fit = model.fits[group, target]
        seen = law.view(x, target)

        in_logs = model.candidate.recipe.target_scale == "log"
        variance = _noise(model, group, target, in_logs=in_logs)
        free = int(np.sum(model.task.train.group == group)) - law.n_constants
        reach = float(stdtrit(max(free, 1), 0.5 + LEVEL / 2))
        middle = evaluate(law.root, seen, fit.constants)
        moved = slopes(law.root, seen, fit.constants).T
        return _interval(middle, moved, fit.normal, variance, reach, in_logs=in_logs)

    return band


def _noise(model: Model, group: int, target: int, *, in_logs: bool) -> float:
    """Variance of the residuals of a group's rows, in the space they were fitted in."""
    at = model.task.train.group == group
    seen, said = model.task.train.Y[at, target], model.predictions[at, target]
    with np.errstate(all="ignore"):
        left = np.log(seen / said) if in_logs else seen - said
    free = max(int(at.sum()) - model.candidate.law.n_constants, 1)
    return float(np.nansum(left**2) / free)


def _interval(
    middle: Array, moved: Array, normal: Array, variance: float, reach: float, *, in_logs: bool
) -> tuple[Array, Array]:
    """Ends around `(n,)` values whose `(p, n)` derivatives by the constants are `moved`."""
    with np.errstate(all="ignore"):
        moved = moved / middle if in_logs else moved
        spread = np.sqrt(_spread(moved, normal) * variance + variance) * reach
        if in_logs:
            return middle * np.exp(-spread), middle * np.exp(spread)
        return middle - spread, middle + spread


def _spread(slopes: Array, normal: Array) -> Array:
    """`(n,)` values of s' N^-1 s for columns s of `slopes`; large where N does not fix them."""
    if len(normal) == 0:
        return np.zeros(slopes.shape[1])
    scale = np.sqrt(np.where(np.diag(normal) > 0, np.diag(normal), 1.0))
    values, vectors = np.linalg.eigh(normal / np.outer(scale, scale))
    floor = 1e-13 * max(float(values[-1]), 1e-300)
    loads = vectors.T @ (slopes / scale[:, None])
    return np.asarray((loads**2 / np.maximum(values, floor)[:, None]).sum(axis=0))
