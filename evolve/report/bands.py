"""Turns a fitted law into intervals of its predictions, by the delta method.

The interval holds the noise of the rows and the uncertainty of the constants (a straight line
through the constants' best values, Seber & Wild 1989, section 5.1). It does not hold the
uncertainty of the form of the law.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.special import stdtrit

from evolve.fitting import Fit
from evolve.law.graph import Array, evaluate
from evolve.report.model import Model

LEVEL = 0.9
# (rows `(n, f)`, group number, target number) -> lower and upper ends, `(n,)` each.
Band = Callable[[Array, int, int], tuple[Array, Array]]


def delta_band(model: Model) -> Band:
    """Intervals at `LEVEL` from the constants' covariance and the residuals of a model."""

    def band(x: Array, group: int, target: int) -> tuple[Array, Array]:
        law = model.candidate.law
        fit = model.fits[group, target]
        seen = law.view(x, target)

        def predict(constants: Array) -> Array:
            return evaluate(law.root, seen, constants)

        in_logs = model.candidate.recipe.residual == "log"
        variance = _noise(model, group, target, in_logs=in_logs)
        free = int(np.sum(model.task.train.group == group)) - law.n_constants
        reach = float(stdtrit(max(free, 1), 0.5 + LEVEL / 2))
        return _interval(predict, fit, variance, reach, in_logs=in_logs)

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
    predict: Callable[[Array], Array], fit: Fit, variance: float, reach: float, *, in_logs: bool
) -> tuple[Array, Array]:
    middle = predict(fit.constants)
    slopes = _slopes(predict, fit.constants)
    with np.errstate(all="ignore"):
        slopes = slopes / middle if in_logs else slopes
        spread = np.sqrt(_spread(slopes, fit.normal) * variance + variance) * reach
        if in_logs:
            return middle * np.exp(-spread), middle * np.exp(spread)
        return middle - spread, middle + spread


def _slopes(predict: Callable[[Array], Array], constants: Array) -> Array:
    """`(p, n)` derivatives of predictions by the constants, by central differences."""
    steps = 1e-5 * np.maximum(np.abs(constants), 1e-3)
    moved = np.diag(steps)
    up, down = predict(constants + moved), predict(constants - moved)
    return np.asarray((up - down) / (2.0 * steps[:, None]))


def _spread(slopes: Array, normal: Array) -> Array:
    """`(n,)` values of s' N^-1 s for columns s of `slopes`; large where N does not fix them."""
    if len(normal) == 0:
        return np.zeros(slopes.shape[1])
    scale = np.sqrt(np.where(np.diag(normal) > 0, np.diag(normal), 1.0))
    values, vectors = np.linalg.eigh(normal / np.outer(scale, scale))
    floor = 1e-13 * max(float(values[-1]), 1e-300)
    loads = vectors.T @ (slopes / scale[:, None])
    return np.asarray((loads**2 / np.maximum(values, floor)[:, None]).sum(axis=0))
