"""Finalists of a run to a basis: refitted on all training rows and on every fold.

Training rows only. On each fold the same laws are fitted to the fold's own rows and forecast its
held-out rows, so that the spread they claim can be held against the errors they make.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from evolve.errors import EvolveError
from evolve.evaluation.fitted import fit_folds_of
from evolve.evaluation.predict import Predictable, slopes_of
from evolve.evaluation.programs import ProgramFailedError
from evolve.evaluation.requests import Form, law_of
from evolve.fitting.messages import FoldAnswer
from evolve.fitting.weights import covariance
from evolve.forecast.basis import Basis, Member, Spread
from evolve.forecast.spread import parts_of, steps_beyond
from evolve.law.candidate import Candidate
from evolve.scoring.fold import Fold, all_rows
from evolve.scoring.objective import (
    DOUBT_ERRORS,
    DOUBT_LEAST,
    EPSILON,
    FORECAST_FOLDS,
    FORECAST_MEMBERS,
    FORECAST_STARTS,
    OWN_ROWS,
)
from evolve.search.archive import Archive, Elite
from evolve.search.champion import Choice, finalists_of
from evolve.tasks.task import Task
from evolve.typing import Array

MOST_RATIOS = 3000
ONE_SIGMA = 0.6827


@dataclass(frozen=True, slots=True)
class Contender:
    """A law that a forecast may ask.

    Attributes:
        index: Its entry.
        form: Law and recipe, or a program.
        losses: `(n_folds,)` log errors on folds.
    """

    index: int
    form: Form
    losses: Array


def contenders_of(choice: Choice) -> list[Contender]:
    """The champion, then the finalists that the folds cannot tell from it, best first."""
    finalists = [f for f in choice.finalists if f is not choice.champion]
    fitted = [choice.champion, *finalists]
    return _doubtful([Contender(f.entry.index, f.fitted.form, f.losses) for f in fitted])


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
    return _doubtful([Contender(e.entry.index, e.form, _losses(e)) for e in elites])


def _losses(elite: Elite) -> Array:
    return np.log(np.array([f.nmse for f in elite.entry.evaluation.folds]) + EPSILON)


def _doubtful(contenders: Sequence[Contender]) -> list[Contender]:
    """The first, and those whose errors differ from its by less than two standard errors."""
    first, rest = contenders[0], []
    for other in contenders[1:]:
        if len(other.losses) != len(first.losses):
            continue
        gap = other.losses - first.losses
        error = max(float(gap.std()) / np.sqrt(len(gap)), DOUBT_LEAST)
        if float(gap.mean()) <= DOUBT_ERRORS * error:
            rest.append(other)
    return [first, *rest[: FORECAST_MEMBERS - 1]]


def make_basis(task: Task, contenders: Sequence[Contender], *, chosen: bool) -> Basis:
    """Fit the contenders on all rows and on the folds.

    Args:
        task: The task; its training rows only are read.
        contenders: The champion first.
        chosen: Whether the champion was chosen on further folds.
    """
    folds, whole = _folds(task), all_rows(task.train.n_rows)
    contenders, answers_of = _fitted(task, contenders, [whole, *folds])
    fits = [answers[0] for answers in answers_of]
    relative = _is_relative(contenders[0].form)
    laws = [law_of(c.form) for c in contenders]
    distances, ratios = [np.zeros(0)], [np.zeros(0)]
    for number, fold in enumerate(folds):
        answers = [of_law[number + 1] for of_law in answers_of]
        away, over = _ratios(task, fold, laws, answers, relative=relative)
        distances.append(away)
        ratios.append(over)
    names = [task.group_names[g] for g in fits[0].groups]
    spreads = _spreads(task, whole, laws[0], fits[0], relative=relative)
    members = [
        Member(c.index, law, dict(zip(names, _tables(task, f), strict=True)))
        for c, law, f in zip(contenders, laws, fits, strict=True)
    ]
    thinned = _thinned(np.concatenate(distances), np.concatenate(ratios))
    return Basis(
        tuple(members), dict(zip(names, spreads, strict=True)), relative, *thinned, chosen
    )


def _fitted(
    task: Task, contenders: Sequence[Contender], folds: Sequence[Fold]
) -> tuple[list[Contender], list[list[FoldAnswer]]]:
    """The contenders that can be fitted on all rows, the first fold, and on every other.

    Raises:
        ProgramFailedError: The champion is a program that fails; a rival that does is left out.
    """
    kept: list[Contender] = []
    answers: list[list[FoldAnswer]] = []
    for contender in contenders:
        try:
            whole = fit_folds_of(task, contender.form, folds[:1])
            others = fit_folds_of(task, contender.form, folds[1:], FORECAST_STARTS)
        except ProgramFailedError:
            if contender is contenders[0]:
                raise
            continue
        kept.append(contender)
        answers.append([*whole, *others])
    return kept, answers


def _is_relative(form: Form) -> bool:
    """Whether noise is a share of the prediction, as the recipe says; a program says nothing."""
    return isinstance(form, Candidate) and form.recipe.target_scale == "log"


def _folds(task: Task) -> list[Fold]:
    """The folds of the search and those of the champion's selection, each once, not too many."""
    folds: list[Fold] = []
    for fold in (*task.folds, *task.selection_folds):
        if not any(_same(fold, other) for other in folds):
            folds.append(fold)
    return folds[:FORECAST_FOLDS]


def _same(one: Fold, other: Fold) -> bool:
    return np.array_equal(one.fit, other.fit) and np.array_equal(one.held, other.held)


def _tables(task: Task, fit: FoldAnswer) -> Array:
    """`(g, t, p)` constants of a fit."""
    return fit.constants.reshape(len(fit.groups), len(task.target_names), -1)


def _spreads(
    task: Task, fold: Fold, law: Predictable, fit: FoldAnswer, *, relative: bool
) -> list[Spread]:
    """One spread a fitted group; scarce rows borrow their noise from the other groups."""
    n_targets, train = len(task.target_names), task.train
    counts = np.zeros(len(fit.groups))
    noise, caps = np.zeros((2, len(fit.groups), n_targets))
    group = train.group[fold.fit]
    for i, g in enumerate(fit.groups):
        y, p = train.Y[fold.fit][group == g], fit.fitted[group == g]
        gaps = (y - p) / np.maximum(np.abs(p), 1e-300) if relative else y - p
        free = max(len(y) - fit.constants.shape[1], 1)
        noise[i] = np.quantile(np.abs(gaps), ONE_SIGMA, axis=0) * np.sqrt(len(y) / free)
        counts[i], caps[i] = free, np.ptp(y, axis=0) + 1e-300
    scale = np.ones_like(caps) if relative else caps
    pooled = np.average((noise / scale) ** 2, axis=0, weights=counts)
    mixed = (counts[:, None] * (noise / scale) ** 2 + OWN_ROWS * pooled) / (
        counts[:, None] + OWN_ROWS
    )
    covariances = _covariances(task, fold, law, fit)
    return [
        Spread(covariances[i], np.sqrt(mixed[i]) * scale[i], caps[i])
        for i in range(len(fit.groups))
    ]


def _covariances(task: Task, fold: Fold, law: Predictable, fit: FoldAnswer) -> Array:
    """`(g, t, p, p)` covariances; a program's come from the slopes of its predictions."""
    tables = _tables(task, fit)
    p = tables.shape[2]
    if len(fit.covariances):
        return fit.covariances.reshape(*tables.shape[:2], p, p)
    result = np.full((*tables.shape[:2], p, p), np.nan)
    group = task.train.group[fold.fit]
    for i, g in enumerate(fit.groups):
        x, y = (part[fold.fit][group == g] for part in (task.train.X, task.train.Y))
        left = y - fit.fitted[group == g]
        for t in range(tables.shape[1]):
            moved = slopes_of(law, x, tables[i], t)
            variance = float(np.sum(left[:, t] ** 2) / max(len(x) - p, 1))
            result[i, t] = covariance(moved.T @ moved, variance)
    return result


def _ratios(
    task: Task,
    fold: Fold,
    laws: Sequence[Predictable],
    fits: Sequence[FoldAnswer],
    *,
    relative: bool,
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
