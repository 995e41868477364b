"""Finalists of a search: its leading elites, fitted again on further folds and on all rows."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from evolve.evaluation.fitted import FittedLaw, fitted_law
from evolve.evaluation.record import UNSEARCHED, Entry
from evolve.evaluation.requests import FoldResult
from evolve.law.canonical import key
from evolve.scoring.fold import FoldScore
from evolve.scoring.objective import (
    BOUNDS_PRICE,
    DISAGREEMENT_PRICE,
    EPSILON,
    FINALISTS,
    MOST_DISAGREEMENT,
    REFIT_SHARE,
    SIZE_SHARE,
    mean_log_error,
    refit_loss,
)
from evolve.scoring.price import physics_price, price_of
from evolve.search.archive import Archive, Elite
from evolve.tasks.task import Task
from evolve.typing import Array

# Seconds of fits as shares of those of a search's fold, and of what comes after: measured on the
# shipped tables. They decide nothing but when a search with a limit of time ends.
QUICK_SHARE, WHOLE_SHARE, KEEPING_S = 0.65, 1.7, 1.0


@dataclass(frozen=True, slots=True)
class Finalist:
    """An elite fitted on all training rows, and what decides whether it is chosen.

    Attributes:
        entry: The entry it comes from.
        fitted: The fit, with scores on the search's and the further folds.
        held: `(n_held, t)` predictions of the rows that each of these folds holds out.
        disagreement: How far its forecasts are from the leading laws', as `consensus_distance`
            says.
        is_initial: Whether the law is one that the run began with, under any recipe.
        against_physics: Share of points beyond the training rows that break declared physics.
        outside: Share of points very far beyond the data, or next to its smallest rows, at which
            it leaves the values that the target can have.
        refit_loss: Log error of the fit of all training rows, as `objective.refit_loss` says; of
            logarithms where noise multiplies the laws.
        weight: What it counts in the forecast; those of all finalists sum to 1.
        distance: Root mean square distance from the forecast at points beyond the data, in
            standard deviations of the targets.
        seeds: Numbers of the independent searches that have this entry among their own finalists;
            none where there is one search.
        votes: How many of these searches have a law of its form among them.
    """

    entry: Entry
    fitted: FittedLaw
    held: tuple[Array, ...] = ()
    disagreement: float = 0.0
    is_initial: bool = False
    against_physics: float = 0.0
    outside: float = 0.0
    refit_loss: float = 0.0
    weight: float = 0.0
    distance: float = 0.0
    seeds: tuple[int, ...] = ()
    votes: int = 0

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
    def held_out_loss(self) -> float:
        """Weighted mean log error of the rows that all folds held out."""
        return mean_log_error([fold.nmse for fold in self.folds], self.weights)

    @property
    def held_out_error(self) -> float:
        """Standard error of the held-out loss, as the folds scatter around it."""
        logs = np.log([fold.nmse + EPSILON for fold in self.folds])
        share = np.array(self.weights) / sum(self.weights)
        return float(np.sqrt(share @ (logs - share @ logs) ** 2 * np.sum(share**2)))

    @property
    def losses_by_fold(self) -> dict[str, float]:
        """Log error of the rows held out, by number and name of the fold."""
        return {
            f"{i + 1} {fold.name}": float(np.log(fold.nmse + EPSILON))
            for i, fold in enumerate(self.folds)
        }

    @property
    def cost(self) -> float:
        """What it costs besides its errors: size, broken physics, disagreement up to a cap.

        Some laws need all rows to be identified, and then differ from the others without being
        wrong.
        """
        distance = self.disagreement
        bounded = min(distance, MOST_DISAGREEMENT) if np.isfinite(distance) else MOST_DISAGREEMENT
        size = SIZE_SHARE * self.size_cost
        physics = physics_price([self.against_physics]) + BOUNDS_PRICE * self.outside
        return size + physics + DISAGREEMENT_PRICE * bounded

    @property
    def judgement(self) -> float:
        """Log errors of the rows held out and of the fit of all rows, plus cost; lower is better.

        Held-out rows are few, and among thousands of laws some predict them by chance; hardly any
        of these also passes near all rows once it is fitted to them.
        """
        near = REFIT_SHARE * self.refit_loss
        return (1.0 - REFIT_SHARE) * self.held_out_loss + near + self.cost


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
    finalists: dict[int, Elite] = {}
    for elite in wanted:
        finalists.setdefault(elite.entry.index, elite)
    return list(finalists.values())


def seconds_to_choose(task: Task, archive: Archive, n_workers: int) -> float:
    """About how long it takes to choose a champion and to keep its forecasts.

    Finalists are fitted on all folds with few starts and on all rows with all starts; how long
    that takes is judged by how long they took to be evaluated on the search's folds, which are of
    a sample where rows are many.
    """
    larger = task.train.n_rows / len(task.sample)
    elites = finalists_of(archive)
    spent = sum(elite.entry.evaluation.seconds for elite in elites) / len(task.folds)
    n_folds = len(task.folds) + len(task.selection_folds)
    fits = spent * (QUICK_SHARE * n_folds + WHOLE_SHARE * larger) / max(n_workers, 1)
    return KEEPING_S * larger + fits


def finalist_of(
    task: Task,
    elite: Elite,
    judged: Sequence[FoldResult],
    whole: FoldResult,
    is_initial: Collection[str],
) -> Finalist:
    """An elite's fit on all rows, with the judgement of the folds.

    Args:
        task: The task.
        elite: What was fitted.
        judged: On the folds of the search, then on the further ones.
        whole: On all training rows.
        is_initial: Canonical forms of the laws that the run began with.
    """
    searched = elite.entry.evaluation.folds
    folds = (*searched, *(r.score for r in judged[len(searched) :]))
    candidate = elite.candidate
    fitted = fitted_law(task, elite.form, whole.answer, folds)
    return Finalist(
        entry=elite.entry,
        fitted=fitted,
        held=tuple(r.predictions for r in judged),
        refit_loss=loss_of_refit(task, fitted, relative=False),
        is_initial=candidate is not None and key(candidate.law) in is_initial,
        against_physics=whole.facts["against_physics"],
    )


def loss_of_refit(task: Task, fitted: FittedLaw, *, relative: bool) -> float:
    """Log error of a law's fit of all training rows; of logarithms where noise multiplies it."""
    y, counts = task.train.Y, task.train.counts
    return refit_loss(y, fitted.predictions, fitted.n_free, counts, relative=relative)
