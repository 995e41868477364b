"""Finalists of a run to a basis: refitted on all training rows and on every fold.

Training rows only. On each fold the same laws are fitted to the fold's own rows and forecast its
held-out rows, so that the spread they claim can be held against the errors they make.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from evolve.errors import EvolveError
from evolve.fitting.fold_fits import FoldFit, Rows, fit_folds
from evolve.fitting.result import Fit
from evolve.forecast.basis import Basis, Member, Spread
from evolve.forecast.spread import parts_of, steps_beyond
from evolve.law.candidate import Candidate
from evolve.law.graph import Law
from evolve.scoring.fold import Fold
from evolve.scoring.objective import EPSILON
from evolve.search.archive import Archive, Elite
from evolve.search.champion import Choice, finalists_of
from evolve.tasks.folds import make_folds, make_judges
from evolve.tasks.task import Task
from evolve.typing import Array

MEMBERS = 7
FOLDS = 12
STARTS = 4
ERRORS_OF_DOUBT = 2.0
LEAST_DOUBT = 0.1
OWN_ROWS = 4.0
MOST_RATIOS = 3000
SOUND = 1e-9
ONE_SIGMA = 0.6827


@dataclass(frozen=True, slots=True)
class Contender:
    """A law that a forecast may ask.

    Attributes:
        index: Its entry.
        candidate: Law and recipe.
        losses: `(n_folds,)` log errors on folds.
    """

    index: int
    candidate: Candidate
    losses: Array


def contenders_of(choice: Choice) -> list[Contender]:
    """The champion, then the finalists that the folds cannot tell from it, best first."""
    finalists = [f for f in choice.finalists if f is not choice.champion]
    fitted = [choice.champion, *finalists]
    return _doubtful([Contender(f.entry.index, f.candidate, f.losses) for f in fitted])


def contenders_without_choice(archive: Archive, first: int | None = None) -> list[Contender]:
    """As `contenders_of` by the search's own folds; `first` is the champion's entry, if known.

    Raises:
        EvolveError: No law has a score.
    """
    elites = finalists_of(archive)
    if not elites:
        raise EvolveError(
            "no law of the run has a score yet, so there is nothing to forecast with"
        )
    elites.sort(key=lambda e: (e.entry.index != first, e.score))
    return _doubtful([Contender(e.entry.index, e.genome, _losses(e)) for e in elites])


def _losses(elite: Elite) -> Array:
    return np.log(np.array([f.nmse for f in elite.entry.evaluation.folds]) + EPSILON)


def _doubtful(contenders: Sequence[Contender]) -> list[Contender]:
    """The first, and those whose errors differ from its by less than two standard errors."""
    first, rest = contenders[0], []
    for other in contenders[1:]:
        if len(other.losses) != len(first.losses):
            continue
        gap = other.losses - first.losses
        error = max(float(gap.std()) / np.sqrt(len(gap)), LEAST_DOUBT)
        if float(gap.mean()) <= ERRORS_OF_DOUBT * error:
            rest.append(other)
    return [first, *rest[: MEMBERS - 1]]


def make_basis(task: Task, contenders: Sequence[Contender], *, chosen: bool) -> Basis:
    """Fit the contenders on all rows and on the folds.

    Args:
        task: The task; its training rows only are read.
        contenders: The champion first.
        chosen: Whether the champion was chosen on further folds.
    """
    every = np.arange(task.train.n_rows)
    folds = _folds(task)
    whole = Fold("all rows", every, every)
    fits = [_fit(task, c.candidate, [whole], c.candidate.recipe.n_starts)[0] for c in contenders]
    on_folds = [_fit(task, c.candidate, folds, STARTS) for c in contenders]
    relative = contenders[0].candidate.recipe.target_scale == "log"
    laws = [c.candidate.law for c in contenders]
    distances, ratios = [np.zeros(0)], [np.zeros(0)]
    for number, fold in enumerate(folds):
        here = [fits_of[number] for fits_of in on_folds]
        found = _ratios(task, fold, laws, here, relative=relative)
        distances.append(found[0])
        ratios.append(found[1])
    names = [task.group_names[g] for g in fits[0].groups]
    spreads = _spreads(task, whole, laws[0], fits[0], relative=relative)
    members = [
        Member(c.index, c.candidate.law, dict(zip(names, _tables(task, f), strict=True)))
        for c, f in zip(contenders, fits, strict=True)
    ]
    thinned = _thinned(np.concatenate(distances), np.concatenate(ratios))
    return Basis(
        tuple(members), dict(zip(names, spreads, strict=True)), relative, *thinned, chosen
    )


def _folds(task: Task) -> list[Fold]:
    """The folds of the search and those of the judges, each once, not too many."""
    folds: list[Fold] = []
    for fold in (*make_folds(task), *make_judges(task)):
        if not any(_same(fold, other) for other in folds):
            folds.append(fold)
    return folds[:FOLDS]


def _same(one: Fold, other: Fold) -> bool:
    return np.array_equal(one.fit, other.fit) and np.array_equal(one.held, other.held)


def _fit(task: Task, candidate: Candidate, folds: list[Fold], starts: int) -> list[FoldFit]:
    axes = tuple(task.feature_names.index(a) for a in task.spec.folds.axes)
    train = task.train
    rows = Rows(train.X, train.Y, train.group, axes)
    recipe = replace(candidate.recipe, n_starts=min(starts, candidate.recipe.n_starts))
    return fit_folds(rows, folds, candidate.law, recipe)


def _tables(task: Task, fit: FoldFit) -> Array:
    """`(g, t, p)` constants of a fit."""
    shape = (len(fit.groups), len(task.target_names), -1)
    return np.array([f.constants for f in fit.fits]).reshape(shape)


def _spreads(task: Task, fold: Fold, law: Law, fit: FoldFit, *, relative: bool) -> list[Spread]:
    """One spread a fitted group; scarce rows borrow their noise from the other groups."""
    n_targets, train = len(task.target_names), task.train
    tables = _tables(task, fit)
    counts = np.zeros(len(fit.groups))
    noise, caps = np.zeros((2, len(fit.groups), n_targets))
    for i, g in enumerate(fit.groups):
        at = fold.fit[train.group[fold.fit] == g]
        y, p = train.Y[at], law.predict(train.X[at], tables[i])
        gaps = (y - p) / np.maximum(np.abs(p), 1e-300) if relative else y - p
        free = max(len(at) - law.n_constants, 1)
        noise[i] = np.quantile(np.abs(gaps), ONE_SIGMA, axis=0) * np.sqrt(len(at) / free)
        counts[i], caps[i] = free, np.ptp(y, axis=0) + 1e-300
    scale = np.ones_like(caps) if relative else caps
    pooled = np.average((noise / scale) ** 2, axis=0, weights=counts)
    mixed = (counts[:, None] * (noise / scale) ** 2 + OWN_ROWS * pooled) / (
        counts[:, None] + OWN_ROWS
    )
    fits = [fit.fits[i * n_targets : (i + 1) * n_targets] for i in range(len(fit.groups))]
    return [
        Spread(np.array([_covariance(f) for f in fits[i]]), np.sqrt(mixed[i]) * scale[i], caps[i])
        for i in range(len(fit.groups))
    ]


def _covariance(fit: Fit) -> Array:
    """`(p, p)` covariance of a fit's constants; directions that no row fixes are bounded."""
    normal = fit.normal
    if not len(normal):
        return np.zeros((0, 0))
    if not np.isfinite(normal).all():
        return np.full_like(normal, np.nan)
    scale = np.sqrt(np.where(np.diag(normal) > 0, np.diag(normal), 1.0))
    values, vectors = np.linalg.eigh(normal / np.outer(scale, scale))
    kept = np.maximum(values, SOUND * max(float(values[-1]), SOUND))
    covariance: Array = (vectors / kept) @ vectors.T / np.outer(scale, scale) * fit.variance
    return covariance


def _ratios(
    task: Task, fold: Fold, laws: Sequence[Law], fits: Sequence[FoldFit], *, relative: bool
) -> tuple[Array, Array]:
    """Distance and |error| over spread of every held-out row and target of a fold."""
    train = task.train
    logarithmic = [f.logarithmic for f in task.spec.features]
    spreads = _spreads(task, fold, laws[0], fits[0], relative=relative)
    tables = [_tables(task, fit) for fit in fits]
    distances, ratios = [np.zeros(0)], [np.zeros(0)]
    for i, g in enumerate(fits[0].groups):
        held = fold.held[train.group[fold.held] == g]
        if not len(held):
            continue
        x, known = train.X[held], train.X[fold.fit[train.group[fold.fit] == g]]
        parts = parts_of(laws, [t[i] for t in tables], spreads[i], x, relative=relative)
        gaps = np.abs(train.Y[held] - parts.point) / np.maximum(parts.total, 1e-300)
        away = np.abs(steps_beyond(x, known, logarithmic)).max(axis=1)
        distances.append(np.repeat(away, gaps.shape[1]))
        ratios.append(gaps.ravel())
    joined = np.concatenate(ratios)
    good = np.isfinite(joined)
    return np.concatenate(distances)[good], joined[good]


def _thinned(distances: Array, ratios: Array) -> tuple[Array, Array]:
    """Every so many of the rows, if there are more than a store should hold."""
    stride = -(-len(ratios) // MOST_RATIOS) or 1
    return distances[::stride], ratios[::stride]
