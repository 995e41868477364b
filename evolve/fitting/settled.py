"""Fits that ended at their limit of steps are taken further; some are at a minimum already."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from evolve.fitting.batch import BatchFitter
from evolve.fitting.multistart import StepLimits
from evolve.fitting.result import STATUSES, Fit
from evolve.fitting.weights import covariance
from evolve.typing import Array

FURTHER_STEPS = 400
LITTLE = 0.01  # squared distance from the minimum that is none, in standard errors: a tenth of one
CONVERGED, UNENDED, _ = STATUSES


def gone_on(fitter: BatchFitter, fits: Sequence[Fit]) -> list[Fit]:
    """Fits, those that ended at their limit of steps taken further.

    Args:
        fitter: What made them.
        fits: One a problem; no constants are held in a box.
    """
    chosen = _unended(fits)
    if not chosen.any():
        return list(fits)
    free, begin = [None] * len(fits), _begin(fitter, fits, chosen)
    further = fitter.fit(free, begin, 0, max_steps=FURTHER_STEPS, boxed=False)
    return [
        replace(two, n_agree=one.n_agree, n_starts=one.n_starts) if two.cost < one.cost else one
        for one, two in zip(fits, further, strict=True)
    ]


def judged(fitter: BatchFitter, fits: Sequence[Fit]) -> list[Fit]:
    """Fits, those that ended at their limit of steps as ``converged`` where it is at a minimum."""
    chosen = _unended(fits)
    if not chosen.any():
        return list(fits)
    there = chosen & (_distances(fitter, fits, chosen) < LITTLE)
    return [
        replace(fit, status=CONVERGED) if is_there else fit
        for fit, is_there in zip(fits, there.tolist(), strict=True)
    ]


def _unended(fits: Sequence[Fit]) -> npt.NDArray[np.bool_]:
    return np.array([fit.status == UNENDED for fit in fits])


def _begin(fitter: BatchFitter, fits: Sequence[Fit], chosen: npt.NDArray[np.bool_]) -> Array:
    """`(q, 1, p)` where fits ended as starts, nan for those that are not chosen."""
    ends = fitter.inside(np.array([fit.constants for fit in fits]))
    return np.where(chosen[:, None], ends, np.nan)[:, None]


def _distances(fitter: BatchFitter, fits: Sequence[Fit], chosen: npt.NDArray[np.bool_]) -> Array:
    """`(q,)` squared distances to where one more step leads, in standard errors."""
    nothing, box = StepLimits(0, 0), np.full(len(fits[0].constants), np.inf)
    begin = _begin(fitter, fits, chosen)
    ends = fitter.solve([None] * len(fits), box, nothing, begin=begin, n_starts=0).ends
    found = np.full(len(fits), np.inf)
    for q in np.flatnonzero(chosen & np.isfinite(ends.costs[:, 0])).tolist():
        gradient, cost = ends.gradient[q, 0], float(ends.costs[q, 0])
        n_left = max(int(fitter.counts[q]) - len(gradient), 1)
        gain = 0.5 * float(gradient @ covariance(ends.normal[q, 0], 1.0) @ gradient)
        found[q] = gain * n_left / cost if cost > 0.0 else 0.0
    return found
