"""Turns an archive into the champion: judged on further folds, refitted on all training rows.

Only training rows are read. The finalists are the elites with the best scores; each is fitted on
folds that the search did not use (longer jumps, other thresholds), and the simplest law that is
within one standard error of the best (Breiman et al. 1984, section 3.4.3) is refitted on all rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from evolve.archive import Archive, Elite
from evolve.errors import EvolveError
from evolve.evaluate import Evaluator, FoldResult, Setting
from evolve.fold import Fold
from evolve.law.candidate import Candidate
from evolve.law.canonical import complexity
from evolve.law.graph import Array, Law
from evolve.record import Entry, Evaluation, FoldScore
from evolve.scoring import r2
from evolve.selection import EPSILON, price
from evolve.splits import make_judges
from evolve.task import Task

FINALISTS = 24
JUDGING_STARTS = 4
SHARE_OF_ERROR = 1.0
MOST_WORSE = 0.2


@dataclass(frozen=True, slots=True)
class Fitted:
    """A law fitted on all training rows.

    Attributes:
        entry: The entry it comes from.
        candidate: Its law and recipe.
        constants: `(t, p)` constants of each group.
        errors: `(t, p)` standard errors of each group's constants.
        priors: `(t, 2, p)` centres and precisions of the learnt prior, None without one.
        predictions: `(n, t)` predictions of the training rows.
        train_r2: R² on the training rows.
        judged: Scores on the further folds.
    """

    entry: Entry
    candidate: Candidate
    constants: dict[str, Array]
    errors: dict[str, Array]
    priors: Array | None
    predictions: Array
    train_r2: float
    judged: tuple[FoldScore, ...]

    @property
    def losses(self) -> Array:
        """`(n_folds,)` log errors on the search's and the further folds."""
        folds = [*self.entry.evaluation.folds, *self.judged]
        return np.log(np.array([f.nmse for f in folds]) + EPSILON)

    @property
    def judgement(self) -> float:
        """Mean log error on all folds plus price; the finalists' order."""
        return float(self.losses.mean() + _cost(self.candidate.law))


@dataclass(frozen=True, slots=True)
class Choice:
    """The champion and the finalists it was chosen from, best judgement first."""

    champion: Fitted
    finalists: tuple[Fitted, ...]


def choose(task: Task, archive: Archive, n_workers: int, extra: Sequence[Elite] = ()) -> Choice:
    """Judge the leading elites on further folds and choose the champion.

    Args:
        task: The task; its training rows only are read.
        archive: The archive of a search.
        n_workers: Processes to fit with; the choice does not depend on it.
        extra: Further finalists, such as literature laws that are no elites.

    Returns:
        The champion and all finalists, fitted on all training rows.

    Raises:
        EvolveError: no candidate has a score.
    """
    elites = finalists_of(archive, extra)
    if not elites:
        raise EvolveError(f"{task.name}: no candidate could be fitted, so there is no champion")
    judges = make_judges(task)
    everything = np.arange(task.train.n_rows)
    whole = Fold("all rows", everything, everything)
    setting = Setting(task, (*judges, whole))
    candidates = [e.genome for e in elites]
    quick = [replace(c, recipe=replace(c.recipe, starts=JUDGING_STARTS)) for c in candidates]
    with Evaluator(setting, n_workers) as evaluator:
        judged = evaluator.fit(quick, range(len(judges)))
        refitted = evaluator.fit(candidates, [len(judges)])
    fitted = [
        _fitted(task, elite, on_judges, on_all[0])
        for elite, on_judges, on_all in zip(elites, judged, refitted, strict=True)
        if not isinstance(on_judges, Evaluation) and not isinstance(on_all, Evaluation)
    ]
    if not fitted:
        raise EvolveError(f"{task.name}: no finalist could be fitted on all training rows")
    table = np.array([f.losses for f in fitted])
    order = np.argsort([f.judgement for f in fitted], kind="stable")
    champion = fitted[simplest_within_error(table, [_cost(f.candidate.law) for f in fitted])]
    return Choice(champion, tuple(fitted[i] for i in order))


def finalists_of(archive: Archive, extra: Sequence[Elite] = ()) -> list[Elite]:
    """The elites with the best scores, the best of each size, and `extra`, without repeats."""
    elites = [e for e in archive.elites() if e.candidate is not None]
    wanted = [*elites[:FINALISTS], *archive.front(), *extra]
    found: dict[int, Elite] = {}
    for elite in wanted:
        if elite.candidate is not None:
            found.setdefault(elite.entry.index, elite)
    return list(found.values())


def simplest_within_error(losses: Array, costs: Sequence[float]) -> int:
    """Row of the law with the lowest price among those within one standard error of the best.

    Args:
        losses: `(n_laws, n_folds)` log errors.
        costs: Price of each law's size.

    Returns:
        Row number. The standard error is that of the paired difference to the best law; where
        the folds are too unlike each other for it to say much, `MOST_WORSE` bounds it.
    """
    prices = np.asarray(costs)
    totals = losses.mean(axis=1) + prices
    best = int(np.argmin(totals))
    difference = losses - losses[best]
    error = difference.std(axis=1) / np.sqrt(losses.shape[1])
    allowed = np.minimum(SHARE_OF_ERROR * error, MOST_WORSE)
    close = np.flatnonzero(totals - totals[best] <= allowed)
    return int(min(close, key=lambda i: (prices[i], totals[i])))


def _cost(law: Law) -> float:
    return price(law.n_constants, complexity(law.root))


def _fitted(task: Task, elite: Elite, judged: Sequence[FoldResult], whole: FoldResult) -> Fitted:
    """An elite's fit on all rows, with the judgement of the folds."""
    n_targets = task.train.Y.shape[1]
    shape = (len(whole.groups), n_targets, -1)
    constants = whole.constants.reshape(shape)
    errors = whole.errors.reshape(shape)
    names = [task.group_names[g] for g in whole.groups]
    priors = whole.priors.reshape((*shape[:2], 2, elite.genome.law.n_constants))[0]
    return Fitted(
        entry=elite.entry,
        candidate=elite.genome,
        constants=dict(zip(names, constants, strict=True)),
        errors=dict(zip(names, errors, strict=True)),
        priors=None if np.isnan(priors).any() else priors,
        predictions=whole.predictions,
        train_r2=r2(task.train.Y, whole.predictions),
        judged=tuple(r.score for r in judged),
    )
