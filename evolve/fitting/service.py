"""Answer fit requests inside a locked-down worker: the work of the trusted lane.

This module holds no foreign code and is never sent the targets of rows that every fold holds out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from evolve.fitting import kernel, leaders, predict, projection
from evolve.fitting.beside import side_by_side
from evolve.fitting.compiled import is_new
from evolve.fitting.fit import warm
from evolve.fitting.fold_fits import FoldFit, Rows, fit_folds
from evolve.fitting.messages import (
    FoldAnswer,
    Message,
    pack_answers,
    unpack_problem,
    unpack_request,
)
from evolve.fitting.parts import any_is_new
from evolve.fitting.result import Fit
from evolve.scoring.fold import Fold
from evolve.typing import Array

# All that is compiled and called by Python; a worker compiles nothing once it is locked down.
ENTRIES = (
    *(kernel.run, predict.run_tape, projection.solve_starts),
    *(leaders.take_leading, leaders.merge_starts),
)


@dataclass(frozen=True, slots=True)
class State:
    """State of the service between requests."""

    rows: Rows
    folds: tuple[Fold, ...]


def preload(in_fork: Callable[[], object]) -> bool:
    """Load the compiled kernel, before workers are forked.

    Args:
        in_fork: What a fork that compiles a part of it does first.

    Returns:
        Whether it was compiled just now and stored. Such code does not always give the last digits
        of the stored one, which every later process loads.
    """
    with side_by_side(in_fork):
        warm()
    return any_is_new() or any(is_new(entry) for entry in ENTRIES)


def init(meta: dict[str, Any], arrays: Sequence[Array]) -> State:
    """Take the problem that `FitProblem.pack` packed, and load the compiled kernel."""
    warm()
    problem = unpack_problem(meta, arrays)
    rows = Rows(
        problem.x,
        problem.y,
        problem.group,
        problem.axes,
        problem.constraints,
        problem.frames,
        problem.weights,
    )
    return State(rows, problem.folds)


def handle(state: State, meta: dict[str, Any], arrays: Sequence[Array]) -> Message:
    """Fit one candidate on some folds.

    Args:
        state: From `init`.
        meta: A `FitRequest`, packed.
        arrays: None.

    Returns:
        One `FoldAnswer` a fold, packed.
    """
    del arrays
    request = unpack_request(meta)
    law, recipe = request.candidate.law, request.candidate.recipe
    fits = fit_folds(state.rows, [state.folds[i] for i in request.folds], law, recipe)
    return pack_answers([answer_of(fit, errors=request.errors) for fit in fits])


def answer_of(result: FoldFit, *, errors: bool) -> FoldAnswer:
    """What is answered of one fold's fits."""
    fits, p = result.fits, result.constants.shape[1]
    return FoldAnswer(
        groups=result.groups,
        constants=result.constants,
        errors=np.array([f.errors for f in fits]) if errors else np.full((len(fits), p), np.nan),
        covariances=np.array([f.covariance for f in fits]) if errors else np.zeros((0, p, p)),
        priors=_priors(fits, p),
        given=np.array([float(errors and f.is_given) for f in fits]),
        common=np.isin(np.arange(p), fits[0].common).astype(float),
        fitted=result.fitted,
        predictions=result.predictions,
        facts=facts(result),
    )


def _priors(fits: Sequence[Fit], n_constants: int) -> Array:
    """`(n, 2, p)` centres and precisions of the priors of fits, nan for none."""
    table = np.full((len(fits), 2, n_constants), np.nan)
    for row, fit in zip(table, fits, strict=True):
        if fit.prior is not None:
            row[0], row[1] = fit.prior.mean, fit.prior.weight
    return table


def facts(result: FoldFit) -> dict[str, float]:
    """Diagnostics of one fold, in JSON values."""
    fits = result.fits
    n_starts = sum([f.n_starts for f in fits])
    return {
        "converged": sum([f.status == "converged" for f in fits]) / max(len(fits), 1),
        "agree": sum([f.n_agree for f in fits]) / max(n_starts, 1),
        "at_bound": float(sum([f.n_at_bound for f in fits])),
        "not_finite_beyond": result.beyond[0],
        "against_physics": result.beyond[1],
        "n_free": sum([f.n_free for f in fits]),
    }
