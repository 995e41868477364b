"""The laws that a forecast asks, from a run's finalists, with weights and forecasts of folds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from evolve.errors import EvolveError
from evolve.evaluation.fitted import fit_folds_of
from evolve.evaluation.predict import UNANSWERED
from evolve.evaluation.requests import Form
from evolve.fitting.messages import FoldAnswer
from evolve.scoring.combine import weights_of
from evolve.scoring.fold import Fold, all_rows
from evolve.scoring.objective import FORECAST_MEMBERS, FORECAST_STARTS, LEAST_WEIGHT
from evolve.search.archive import Archive
from evolve.search.champion import Choice
from evolve.search.finalists import finalists_of
from evolve.tasks.task import Task
from evolve.typing import Array

UNCHOSEN_MEMBERS = 7  # laws that are fitted again where no champion was chosen


@dataclass(frozen=True, slots=True)
class Contender:
    """A law that a forecast asks.

    Attributes:
        index: Its entry.
        form: Law and recipe, or a program.
        weight: What it counts; those of all contenders sum to 1.
        constants: `(t, p)` of each group, fitted to all training rows.
        held: `(n_held, t)` predictions of the rows that each fold holds out.
    """

    index: int
    form: Form
    weight: float
    constants: dict[str, Array]
    held: tuple[Array, ...]


@dataclass(frozen=True, slots=True)
class Contenders:
    """The laws of a forecast, the champion first, and how the champion's fits went.

    Attributes:
        laws: The champion first, then by weight.
        folds: What they were fitted on.
        answers: The champion's fit on each fold.
        whole: The champion's fit of all training rows.
    """

    laws: tuple[Contender, ...]
    folds: tuple[Fold, ...]
    answers: tuple[FoldAnswer, ...]
    whole: FoldAnswer


def contenders_of(choice: Choice) -> Contenders:
    """The champion, then every other finalist that counts in the forecast."""
    champion = choice.champion
    others = [f for f in choice.finalists if f.entry.index != champion.entry.index]
    others.sort(key=lambda f: -f.weight)
    others = [f for f in others if f.weight >= LEAST_WEIGHT][: FORECAST_MEMBERS - 1]
    total = champion.weight + sum(f.weight for f in others)
    laws = [
        Contender(f.entry.index, f.fitted.form, f.weight / total, f.fitted.constants, f.held)
        for f in [champion, *others]
    ]
    return Contenders(tuple(laws), choice.folds, choice.answers[:-1], choice.answers[-1])


def contenders_without_choice(
    task: Task, archive: Archive, first: int | None = None
) -> Contenders:
    """As `contenders_of` by the search's own folds, where no champion was chosen yet.

    Args:
        task: Its training rows are fitted.
        archive: Of the run.
        first: The champion's entry, if known.

    Raises:
        EvolveError: No law has a score.
        ProgramFailedError: The champion is a program that fails; a rival that does is left out.
    """
    elites = finalists_of(archive)
    if not elites:
        raise EvolveError(
            "no law of the run has a score yet, so there is nothing to forecast with"
        )
    elites.sort(key=lambda e: (e.entry.index != first, e.score))
    elites = elites[:UNCHOSEN_MEMBERS]
    weights = weights_of(np.array([e.score for e in elites]), len(task.folds))
    laws = [(e.entry.index, e.form, float(w)) for e, w in zip(elites, weights, strict=True)]
    return fit_contenders(task, laws)


def fit_contenders(
    task: Task, laws: Sequence[tuple[int, Form, float]], starts: int | None = FORECAST_STARTS
) -> Contenders:
    """Fit laws on the search's folds and on all rows, in this process.

    Args:
        task: Its training rows are fitted.
        laws: Entry, form and weight of each, the champion first.
        starts: Most starts of each fit on a fold; the recipe's own number if None.

    Raises:
        ProgramFailedError: The champion is a program that fails; a rival that does is left out.
    """
    fits: list[tuple[int, Form, float, list[FoldAnswer]]] = []
    for index, form, weight in laws:
        try:
            on_folds = fit_folds_of(task, form, task.folds, starts)
            whole = fit_folds_of(task, form, [all_rows(task.train.n_rows)])
        except UNANSWERED:
            if not fits:
                raise
            continue
        fits.append((index, form, weight, [*on_folds, *whole]))
    total = sum(weight for _, _, weight, _ in fits)
    contenders = [
        Contender(
            index,
            form,
            weight / total,
            _constants(task, answers[-1]),
            tuple(answer.predictions for answer in answers[:-1]),
        )
        for index, form, weight, answers in fits
    ]
    *on_folds, whole_fit = fits[0][3]
    return Contenders(tuple(contenders), task.folds, tuple(on_folds), whole_fit)


def _constants(task: Task, answer: FoldAnswer) -> dict[str, Array]:
    """`(t, p)` constants of each group."""
    tables = answer.constants.reshape(len(answer.groups), len(task.target_names), -1)
    return dict(zip([task.group_names[g] for g in answer.groups], tables, strict=True))
