"""Fit a law by a recipe: robust losses, many starts, many groups at once.

A program's fitting code is one call of `fit_law`; the engine fits all its folds, groups and
targets together through `fit_many`, which gives the same constants.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import replace
from types import FunctionType
from typing import Any

import numpy as np
import numpy.typing as npt

from evolve.arguments import checked
from evolve.errors import ProgramError
from evolve.fitting import compiled
from evolve.fitting.batch import BatchFitter
from evolve.fitting.predict import predicted
from evolve.fitting.result import Fit, Prior, Problem
from evolve.fitting.tape import compile_tape
from evolve.fitting.weights import rows_weighed
from evolve.fitting.written import fit_as_written
from evolve.law.graph import Law
from evolve.law.recipe import RENAMED, Recipe, recipe_from_data
from evolve.scoring.frame import TargetFrame
from evolve.typing import Array

OWN_FIT = "a law that is no formula needs a fit of its own, such as scipy.optimize.least_squares"


@checked
def fit_law(
    function: FunctionType,
    data_points: npt.ArrayLike,
    loss_values: npt.ArrayLike,
    *,
    n_constants: int,
    constant_names: Sequence[str] = (),
    axes: Sequence[int] = (),
    prior_mean: npt.ArrayLike | None = None,
    prior_weight: npt.ArrayLike | None = None,
    target_origin: npt.ArrayLike = 0.0,
    target_unit: npt.ArrayLike | None = None,
    **recipe: Any,
) -> Array:
    """Fit the constants of a law written as ``scaling_law_func(data_points, params)``.

    In a run whose task weighs its rows, a call for all rows of a group weighs them too.

    Args:
        function: The law; it is traced once to an expression graph.
        data_points: `(n, f)` features.
        loss_values: `(n,)` or `(n, t)` targets.
        n_constants: Number of constants of each target.
        constant_names: What they are called, of a law in the spelling of its author: it is fitted
            as written, amplitudes positive where rows do not speak against it. It has no prior.
        axes: Features along which `scale_weight` weighs rows.
        prior_mean: `(p,)` or `(t, p)` centres of a Gaussian prior.
        prior_weight: `(p,)` or `(t, p)` precisions of that prior.
        target_origin: Number, or `(t,)`, that is subtracted from the targets to fit them.
        target_unit: Number, or `(t,)`, by which they are then divided, so that a fit is the same
            whatever they are measured in. The constants returned are for the targets themselves.
        **recipe: Fields of `Recipe`; their first names (`FIRST_NAMES`) are deprecated.

    Returns:
        `(p,)` constants, or `(t, p)` for several targets.

    Raises:
        ValueError: shapes do not fit each other, there are no constants, or the recipe has a bad
            field.
        ProgramError: the law cannot be traced.
    """
    from evolve.law.trace import trace_function

    x = np.atleast_2d(np.asarray(data_points, dtype=float))
    y = np.asarray(loss_values, dtype=float)
    table = y[:, None] if y.ndim == 1 else y
    if table.ndim != 2 or len(table) != len(x):
        raise ValueError(f"fit_law: loss_values has shape {y.shape} for {len(x)} data points")
    if n_constants < 1:
        rule = f"fit_law: n_constants must be 1 or more, it is {n_constants}"
        raise ValueError(f"{rule}; a law without constants needs no fit")
    try:
        law = trace_function(function, x.shape[1], table.shape[1], n_constants)
    except ProgramError as error:
        raise ProgramError(f"{error}; {OWN_FIT}") from None
    means = _rows_of(prior_mean, table.shape[1])
    precisions = _rows_of(prior_weight, table.shape[1])
    priors = [
        Prior(m, w) if m is not None and w is not None else None
        for m, w in zip(means, precisions, strict=True)
    ]
    frames = _frames(target_origin, target_unit, table.shape[1])
    known = rows_weighed.get()
    counts = known if known is not None and len(known.values) == len(x) else None
    problems = [
        Problem(law.view(x, t), table[:, t], frame=frame, weights=counts)
        for t, frame in enumerate(frames)
    ]
    if constant_names:
        _require_names(constant_names, n_constants, priors)
        written = replace(law, names=tuple(constant_names), as_written=True)
        fits = fit_as_written(written, problems, _stated(recipe), axes=axes)
    else:
        fits = fit_many(law, problems, _stated(recipe), axes=axes, priors=priors)
    constants = np.array([f.constants for f in fits])
    return constants[0] if y.ndim == 1 else constants


def _require_names(names: Sequence[str], n_constants: int, priors: Sequence[Prior | None]) -> None:
    if len(names) != n_constants:
        raise ValueError(f"fit_law: {n_constants} constants have {len(names)} constant_names")
    if any(prior is not None for prior in priors):
        raise ValueError("fit_law: a law with constant_names takes no prior_mean, prior_weight")


def _frames(
    origin: npt.ArrayLike, unit: npt.ArrayLike | None, n_targets: int
) -> Sequence[TargetFrame | None]:
    """The frame of each target; None for all where no unit is given."""
    if unit is None:
        return [None] * n_targets
    pairs = (np.broadcast_to(np.asarray(v, dtype=float), n_targets) for v in (origin, unit))
    return [TargetFrame(float(a), float(b)) for a, b in zip(*pairs, strict=True)]


def _stated(named: dict[str, Any]) -> Recipe:
    """The recipe that the keywords of a `fit_law` call state."""
    if old := [name for name in named if name in RENAMED]:
        changes = ", ".join(f"{name} is now {RENAMED[name]}" for name in old)
        warnings.warn(
            f"fit_law: {changes}; the next release no longer takes the old names",
            DeprecationWarning,
            stacklevel=4,
        )
    return recipe_from_data(named)


def _rows_of(value: npt.ArrayLike | None, n_targets: int) -> list[Array | None]:
    if value is None:
        return [None] * n_targets
    table = np.atleast_2d(np.asarray(value, dtype=float))
    return list(np.broadcast_to(table, (n_targets, table.shape[1])))


def fit_many(
    law: Law,
    problems: Sequence[Problem],
    recipe: Recipe,
    *,
    axes: Sequence[int] = (),
    priors: Sequence[Prior | None] | None = None,
) -> list[Fit]:
    """Fit one law to many problems, each on its own.

    Args:
        law: The law.
        problems: Rows to fit; each target's features already rotated (`Law.view`).
        recipe: How to fit; its `shrinkage` and `tied` are for `fit_pooled` and not read here.
        axes: Features (of the unrotated rows) along which `scale_weight` weighs rows.
        priors: A prior for each problem, on top of the recipe's ridge.

    Returns:
        One fit a problem, in order.

    Raises:
        ValueError: The law has no constants.
    """
    given = [None] * len(problems) if priors is None else list(priors)
    by_priors = any(prior is not None for prior in given)
    fitter = BatchFitter(law, problems, recipe, axes, by_priors=by_priors)
    return fitter.fit([fitter.prior_inside(q, prior) for q, prior in enumerate(given)])


def warm() -> bool:
    """Compile the kernel (once after installation) or load it; False on the plain path."""
    law = Law(root=_tiny(), n_constants=1)
    x = np.linspace(1.0, 2.0, 4)[:, None]
    fit_many(law, [Problem(x, 2.0 * x[:, 0])], Recipe(n_starts=1))
    at = np.zeros(len(x), dtype=np.int64)
    predicted(compile_tape(law, "linear"), x, at, np.ones((1, 1)), {})
    return compiled.COMPILED


def _tiny() -> Any:
    from evolve.law.graph import call, const, feat

    return call("mul", const(0), feat(0))
