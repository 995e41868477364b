"""Choose the champion of an archive on further folds; refit it on all training rows.

Only training rows are read. The finalists are the elites with the best scores; each is fitted on
folds that the search did not use (other thresholds) and extrapolated beyond the largest scales; a
finalist that disagrees with the consensus of the leading laws is penalised. The simplest law
within one standard error of the best (Breiman et al. 1984, section 3.4.3) is the champion.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np

from evolve.errors import EvolveError
from evolve.evaluation.evaluator import Evaluator
from evolve.evaluation.fitted import FittedLaw, fitted_law
from evolve.evaluation.problem import Setting
from evolve.evaluation.programs import ProgramFailedError
from evolve.evaluation.record import UNSEARCHED, Entry, Evaluation
from evolve.evaluation.requests import FoldResult, with_starts
from evolve.law.canonical import key
from evolve.scoring.fold import FoldScore, all_rows
from evolve.scoring.objective import (
    DISAGREEMENT_PRICE,
    FINALISTS,
    MOST_DISAGREEMENT,
    MOST_WORSE,
    SELECTION_STARTS,
    SHARE_OF_ERROR,
    physics_price,
    price_of,
)
from evolve.search.archive import Archive, Elite
from evolve.search.consensus import consensus_distance, consensus_points
from evolve.tasks.task import Task
from evolve.typing import Array


@dataclass(frozen=True, slots=True)
class Finalist:
    """An elite fitted on all training rows, and what decides whether it is chosen.

    Attributes:
        entry: The entry it comes from.
        fitted: The fit, with scores on the search's and the further folds.
        disagreement: How far its forecasts are from the leading laws', as `consensus_distance`
            says.
        is_initial: Whether the law is one that the run began with, under any recipe.
        against_physics: Share of points beyond the training rows that break declared physics.
    """

    entry: Entry
    fitted: FittedLaw
    disagreement: float = 0.0
    is_initial: bool = False
    against_physics: float = 0.0

    @property
    def folds(self) -> tuple[FoldScore, ...]:
        """Scores on the search's and the further folds."""
        return self.fitted.folds

    @property
    def judged(self) -> tuple[FoldScore, ...]:
        """Scores on the further folds alone."""
        return self.folds[len(self.entry.evaluation.folds) :]

    @property
    def losses(self) -> Array:
        """`(n_folds,)` losses on the search's and the further folds."""
        return self.fitted.losses

    @property
    def nmse(self) -> float:
        """Weighted mean error on the search's and the further folds."""
        return float(np.average([f.nmse for f in self.folds], weights=self.weights))

    @property
    def weights(self) -> list[float]:
        """What each of the folds counts."""
        return [f.weight for f in self.folds]

    @property
    def size_cost(self) -> float:
        """The price of its size; less for a law that was known before the search."""
        size, n_values = self.entry.evaluation.complexity, self.fitted.predictions.size
        return price_of(self.fitted.n_constants, size, n_values, is_initial=self.is_initial)

    @property
    def cost(self) -> float:
        """What it costs besides its errors: size, broken physics, disagreement up to a cap.

        Some laws need all rows to be identified, and then differ from the others without being
        wrong.
        """
        distance = self.disagreement
        bounded = min(distance, MOST_DISAGREEMENT) if np.isfinite(distance) else np.inf
        return (
            self.size_cost + physics_price([self.against_physics]) + DISAGREEMENT_PRICE * bounded
        )

    @property
    def judgement(self) -> float:
        """Weighted mean log error on all folds plus cost; the finalists' order."""
        return float(np.average(self.losses, weights=self.weights)) + self.cost


@dataclass(frozen=True, slots=True)
class Choice:
    """The champion and the finalists it was chosen from, best judgement first."""

    champion: Finalist
    finalists: tuple[Finalist, ...]


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
    selection = task.selection_folds
    setting = Setting(task, (*selection, all_rows(task.train.n_rows)))
    forms = [e.form for e in elites]
    quick = [with_starts(form, SELECTION_STARTS) for form in forms]
    with Evaluator(setting, n_workers) as evaluator:
        judged = evaluator.fit(quick, range(len(selection)))
        refitted = evaluator.fit(forms, [len(selection)])
    known = initial_laws(archive)
    fitted = [
        _finalist(task, elite, on_selection, on_all[0], known)
        for elite, on_selection, on_all in zip(elites, judged, refitted, strict=True)
        if not isinstance(on_selection, Evaluation) and not isinstance(on_all, Evaluation)
    ]
    if not fitted:
        raise EvolveError(f"{task.name}: no finalist could be fitted on all training rows")
    fitted = _with_disagreement(task, fitted)
    table = np.array([f.losses for f in fitted])
    order = np.argsort([f.judgement for f in fitted], kind="stable")
    costs = [f.cost for f in fitted]
    champion = fitted[simplest_within_error(table, costs, fitted[0].weights)]
    return Choice(champion, tuple(fitted[i] for i in order))


def _with_disagreement(task: Task, fitted: Sequence[Finalist]) -> list[Finalist]:
    """The finalists, each with its disagreement beyond the data."""
    x, group = consensus_points(task)
    spread = task.train.Y.std(axis=0) + 1e-300
    names = [task.group_names[g] for g in group]
    predictions = np.array([_far_out(law.fitted, x, names) for law in fitted]) / spread
    errors = np.sqrt([f.nmse for f in fitted])
    told = consensus_distance(predictions, np.array([f.judgement for f in fitted]), errors)
    return [replace(law, disagreement=float(d)) for law, d in zip(fitted, told, strict=True)]


def _far_out(law: FittedLaw, x: Array, names: Sequence[str]) -> Array:
    """`(m, t)` predictions far out; nan where a program fails."""
    try:
        return law.predict(x, names)
    except ProgramFailedError:
        return np.full((len(x), len(next(iter(law.constants.values())))), np.nan)


def initial_laws(archive: Archive) -> dict[str, Elite]:
    """The laws that a run began with, by canonical form, each as its best starting candidate.

    Elites that it has of an earlier run were picked from thousands there.
    """
    best: dict[str, Elite] = {}
    for elite in archive.starters:
        if elite.candidate is not None and elite.entry.origin in UNSEARCHED:
            form = key(elite.candidate.law)
            if form not in best or elite.score < best[form].score:
                best[form] = elite
    return best


def finalists_of(archive: Archive, extra: Sequence[Elite] = ()) -> list[Elite]:
    """Leading elites, those that no smaller one beats, is_initial laws and `extra`, once each."""
    elites = archive.elites()
    is_initial = initial_laws(archive).values()
    wanted = [
        *elites[:FINALISTS],
        *archive.best_per_size(),
        *archive.pareto_front(),
        *is_initial,
        *extra,
    ]
    found: dict[int, Elite] = {}
    for elite in wanted:
        found.setdefault(elite.entry.index, elite)
    return list(found.values())


def simplest_within_error(
    losses: Array, costs: Sequence[float], weights: Sequence[float] | None = None
) -> int:
    """Row of the law with the lowest price among those within one standard error of the best.

    Args:
        losses: `(n_laws, n_folds)` log errors.
        costs: What each law costs besides: its size, its disagreement.
        weights: `(n_folds,)` what each fold counts; all alike if None.

    Returns:
        Row number. The standard error is that of the paired difference to the best law; where
        the folds are too unlike each other for it to say much, `MOST_WORSE` bounds it.
    """
    prices = np.asarray(costs)
    share = np.ones(losses.shape[1]) if weights is None else np.asarray(weights)
    share = share / share.sum()
    totals = losses @ share + prices
    best = int(np.argmin(totals))
    difference = losses - losses[best]
    variance = ((difference - (difference @ share)[:, None]) ** 2) @ share
    error = np.sqrt(variance * np.sum(share**2))
    allowed = np.minimum(SHARE_OF_ERROR * error, MOST_WORSE)
    close = np.flatnonzero(totals - totals[best] <= allowed)
    return int(min(close, key=lambda i: (prices[i], totals[i])))


def _finalist(
    task: Task,
    elite: Elite,
    judged: Sequence[FoldResult],
    whole: FoldResult,
    is_initial: Collection[str],
) -> Finalist:
    """An elite's fit on all rows, with the judgement of the folds."""
    folds = (*elite.entry.evaluation.folds, *(r.score for r in judged))
    candidate = elite.candidate
    return Finalist(
        entry=elite.entry,
        fitted=fitted_law(task, elite.form, whole.answer, folds),
        is_initial=candidate is not None and key(candidate.law) in is_initial,
        against_physics=whole.facts["against_physics"],
    )
