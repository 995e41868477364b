"""Turns requests (law, recipe, folds) into constants and predictions: the fast lane's work.

This module runs inside a locked-down worker. It holds no foreign code and is never sent the
targets of rows that every fold holds out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from evolve.fitting.fit import warm
from evolve.fitting.fold_fits import FoldFit, Rows, fit_folds
from evolve.fitting.result import Fit
from evolve.law.graph import law_from_data
from evolve.law.recipe import Recipe
from evolve.scoring.constraints import Constraints
from evolve.scoring.fold import Fold
from evolve.typing import Array


@dataclass(frozen=True, slots=True)
class State:
    """What `init` leaves for `handle`."""

    rows: Rows
    folds: list[Fold]


def init(meta: dict[str, Any], arrays: list[Array]) -> State:
    """Take the training rows and folds, and load the compiled kernel.

    Args:
        meta: ``axes``; ``folds``, their names; ``physics``, fields of `Constraints`.
        arrays: x, y, group, then fit and held row numbers of each fold.

    Returns:
        The state that `handle` reads.
    """
    warm()
    x, y, group = arrays[:3]
    told = meta["physics"]
    physics = Constraints(
        tuple(told["logarithmic"]),
        tuple(told["falling"]),
        tuple(told["rising"]),
        told["floor"],
        tuple(told["ends"]),
    )
    rows = Rows(x, y, group.astype(np.int64), tuple(meta["axes"]), physics)
    folds = [
        Fold(name, arrays[3 + 2 * i].astype(np.int64), arrays[4 + 2 * i].astype(np.int64))
        for i, name in enumerate(meta["folds"])
    ]
    return State(rows, folds)


def handle(
    state: State, meta: dict[str, Any], arrays: list[Array]
) -> tuple[dict[str, Any], list[Array]]:
    """Fit one candidate on some folds.

    Args:
        state: From `init`.
        meta: ``law``, ``recipe``, ``folds`` (numbers), ``errors`` (whether to give them).
        arrays: None.

    Returns:
        Diagnostics and group numbers of each fold; and for each fold five arrays: constants
        and standard errors `(n_groups * t, p)`, priors `(n_groups * t, 2, p)`, and the
        predictions of the rows fitted `(n_fit, t)` and held out `(n_held, t)`.
    """
    law, recipe = law_from_data(meta["law"]), Recipe(**meta["recipe"])
    folds = [state.folds[i] for i in meta["folds"]]
    results = fit_folds(state.rows, folds, law, recipe)
    answers: list[Array] = []
    for result in results:
        answers += [
            np.array([f.constants for f in result.fits]),
            _errors(result.fits, wanted=bool(meta.get("errors"))),
            np.array([_prior(f, law.n_constants) for f in result.fits]),
            result.fitted,
            result.predictions,
        ]
    return {
        "facts": [facts(result) for result in results],
        "groups": [list(result.groups) for result in results],
    }, answers


def _errors(fits: tuple[Fit, ...], *, wanted: bool) -> Array:
    """`(n_fits, p)` standard errors, nan where they are not asked for."""
    if wanted:
        return np.array([f.errors for f in fits])
    return np.array([np.full(len(f.constants), np.nan) for f in fits])


def _prior(fit: Fit, n_constants: int) -> Array:
    """`(2, p)` centres and precisions of the prior a fit was made under, nan for none."""
    if fit.prior is None:
        return np.full((2, n_constants), np.nan)
    return np.array([fit.prior.mean, fit.prior.weight])


def facts(result: FoldFit) -> dict[str, float]:
    """Diagnostics of one fold, in JSON values."""
    fits = result.fits
    started = sum(f.n_starts for f in fits)
    return {
        "converged": sum(f.status == "converged" for f in fits) / max(len(fits), 1),
        "agree": sum(f.n_agree for f in fits) / max(started, 1),
        "at_bound": float(sum(f.n_at_bound for f in fits)),
        "not_finite_beyond": result.beyond[0],
        "against_physics": result.beyond[1],
    }
