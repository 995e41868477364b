"""Turns candidates and folds into evaluations: fitted in locked-down workers, scored here.

Held-out targets stay in this process. A candidate gets a first look on one fold with few starts;
what passes is fitted on all folds with all its starts.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from queue import SimpleQueue
from types import TracebackType
from typing import Any, Self, TypeVar

import numpy as np
from joblib import Parallel, delayed

from evolve.evaluation.record import Evaluation
from evolve.law.candidate import Candidate
from evolve.law.canonical import complexity
from evolve.sandbox import Limits, Worker
from evolve.sandbox.inprocess import InProcess
from evolve.scoring.fold import Fold, FoldScore
from evolve.scoring.objective import (
    FIRST_LOOK_STARTS,
    first_look_passes,
    fold_score,
    physics_price,
    price_of,
    score,
)
from evolve.tasks.folds import can_be_judged
from evolve.tasks.task import Task, physics_of
from evolve.typing import Array

LOOK_GROUPS = 12
SERVICE = "evolve.fitting.service"
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Setting:
    """What candidates of a run are judged on.

    Attributes:
        task: The task.
        folds: Its folds.
    """

    task: Task
    folds: tuple[Fold, ...]

    @property
    def axes(self) -> tuple[int, ...]:
        """Features along which the task extrapolates."""
        return tuple(self.task.feature_names.index(a) for a in self.task.spec.folds.axes)

    @property
    def look(self) -> Fold:
        """The fold of the first look: the smallest hold-out, on a few groups if there are many."""
        first, group = self.folds[0], self.task.train.group
        stride = -(-self.task.n_groups // LOOK_GROUPS)
        fit, held = (rows[group[rows] % stride == 0] for rows in (first.fit, first.held))
        few = Fold("first look", fit, held, fit_counts=first.fit_counts)
        return few if can_be_judged(self.task, few) else first

    @property
    def all_folds(self) -> tuple[Fold, ...]:
        """The folds, then that of the first look."""
        return (*self.folds, self.look)


@dataclass(frozen=True, slots=True)
class FoldResult:
    """One candidate fitted on one fold.

    Attributes:
        score: How well the held-out rows were predicted.
        groups: Group numbers that were fitted.
        constants: `(n_groups * t, p)` constants, targets running fastest.
        errors: `(n_groups * t, p)` standard errors.
        priors: `(n_groups * t, 2, p)` centres and precisions, nan for none.
        predictions: `(n_held, t)` predictions.
        facts: Diagnostics of the fits.
    """

    score: FoldScore
    groups: tuple[int, ...]
    constants: Array
    errors: Array
    priors: Array
    predictions: Array
    facts: dict[str, float]


class Evaluator:
    """The workers of one run; one thread at a time drives each of them."""

    def __init__(self, setting: Setting, n_workers: int, limits: Limits | None = None) -> None:
        """Start the workers' processes.

        Args:
            setting: What candidates are judged on.
            n_workers: Number of processes; with 0, everything is fitted in this one.
            limits: What one call may use; not kept without processes.
        """
        from evolve.fitting.fit import warm  # loads the compiler, for those who fit

        warm()  # compiled once here, the fitter is found on disk by every worker
        self.setting = setting
        given = (SERVICE, *_initial(setting), limits or Limits())
        self._workers: list[Worker | InProcess] = [Worker(*given) for _ in range(n_workers)]
        self._workers = self._workers or [InProcess(*given)]
        for worker in self._workers:
            worker.start()
        self._free: SimpleQueue[Worker | InProcess] = SimpleQueue()
        for worker in self._workers:
            self._free.put(worker)

    def __enter__(self) -> Self:
        """The evaluator itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop the workers."""
        self.close()

    def close(self) -> None:
        """Stop the workers' processes."""
        for worker in self._workers:
            worker.close()

    @property
    def n_values(self) -> int:
        """Training targets of the task, as the price of a law's size takes them."""
        return self.setting.task.train.n_values

    def evaluate(self, candidates: Sequence[Candidate], bar: float) -> list[Evaluation]:
        """Evaluate candidates: a first look, then all folds.

        Args:
            candidates: Laws and recipes.
            bar: First-look score that earns all folds (inf: all do).

        Returns:
            One evaluation a candidate, in order, whatever the number of workers.
        """
        return self._spread(lambda worker, c: self._cascade(worker, c, bar), candidates)

    def fit(
        self, candidates: Sequence[Candidate], folds: Sequence[int]
    ) -> list[list[FoldResult] | Evaluation]:
        """Fit candidates on some folds.

        Args:
            candidates: Laws and recipes.
            folds: Numbers of folds of the setting.

        Returns:
            For each candidate one result a fold, or the evaluation of its failure.
        """
        return self._spread(lambda worker, c: self._fit(worker, c, folds, errors=True), candidates)

    def _spread(
        self, work: Callable[[Worker | InProcess, Candidate], T], candidates: Sequence[Candidate]
    ) -> list[T]:
        """Results of `work` in the candidates' order; each thread borrows a free worker."""

        def borrow(candidate: Candidate) -> T:
            worker = self._free.get()
            try:
                return work(worker, candidate)
            finally:
                self._free.put(worker)

        pool = Parallel(n_jobs=len(self._workers), backend="threading", batch_size=1)
        return list(pool(delayed(borrow)(c) for c in candidates))

    def _cascade(self, worker: Worker | InProcess, candidate: Candidate, bar: float) -> Evaluation:
        """First look, then all folds."""
        began = time.monotonic()
        size = candidate.law.n_constants, complexity(candidate.law.root)
        price = price_of(*size, self.n_values)
        quick = replace(candidate.recipe, starts=min(FIRST_LOOK_STARTS, candidate.recipe.starts))
        n_folds = len(self.setting.folds)
        results = self._fit(worker, replace(candidate, recipe=quick), [n_folds])
        screened, look = False, 0.0
        if not isinstance(results, Evaluation):
            look = score([results[0].score], 0.0)
            screened = not first_look_passes(look + price, bar)
            if not screened:
                results = self._fit(worker, candidate, range(n_folds))
        seconds = time.monotonic() - began
        if isinstance(results, Evaluation):
            return replace(results, n_constants=size[0], complexity=size[1], seconds=seconds)
        broken = physics_price([r.facts["against_physics"] for r in results])
        scores = tuple(r.score for r in results)
        value = None if screened else score(scores, price) + broken
        return Evaluation(
            status="screened" if screened else "ok",
            message="",
            score=value,
            stage=0 if screened else 1,
            folds=scores,
            n_constants=size[0],
            complexity=size[1],
            seconds=seconds,
            facts={"look": look, "fits": [r.facts for r in results]},
        )

    def _fit(
        self,
        worker: Worker | InProcess,
        candidate: Candidate,
        folds: Sequence[int],
        *,
        errors: bool = False,
    ) -> list[FoldResult] | Evaluation:
        """Results of some folds, or the evaluation of a failure."""
        law, recipe = candidate.to_data()
        request = {"law": law, "recipe": recipe, "folds": list(folds), "errors": errors}
        outcome = worker.call(request)
        if not outcome.ok:
            return failed(outcome.status, outcome.message)
        results = []
        for i, number in enumerate(folds):
            constants, deviations, priors, fitted, predictions = outcome.arrays[5 * i : 5 * i + 5]
            facts = outcome.meta["facts"][i]
            n_constants = constants.size // predictions.shape[1]
            fold = self.setting.all_folds[number]
            judged = self._judge(fold, predictions, fitted, n_constants)
            if isinstance(judged, Evaluation):
                return judged
            if facts["not_finite_beyond"] > 0.0:
                return failed("not-finite", f"{judged.name}: not finite beyond the data")
            groups = tuple(outcome.meta["groups"][i])
            results.append(
                FoldResult(judged, groups, constants, deviations, priors, predictions, facts)
            )
        return results

    def _judge(
        self, fold: Fold, predictions: Array, fitted: Array, n_constants: int
    ) -> FoldScore | Evaluation:
        """Score of the predictions of a fold's rows; they must all be finite."""
        y = self.setting.task.train.Y
        for rows, told in ((fold.held, predictions), (fold.fit, fitted)):
            if told.shape != y[rows].shape or not np.all(np.isfinite(told)):
                return failed("not-finite", f"{fold.name}: a prediction is not finite")
        judged = fold_score(y, fold, predictions, fitted, n_constants)
        if not np.isfinite(judged.nmse + (judged.fitted or 0.0)):
            return failed("not-finite", f"{fold.name}: the squared error overflows")
        return judged


def failed(status: str, message: str) -> Evaluation:
    """The evaluation of a candidate that gave no score."""
    return Evaluation(status, message, None, 0, (), 0, 0.0, 0.0, {})


def _initial(setting: Setting) -> tuple[dict[str, Any], list[Array]]:
    """What a worker starts with: targets that every fold holds out are left out."""
    train = setting.task.train
    fitted = np.zeros(train.n_rows, dtype=bool)
    arrays: list[Array] = []
    for fold in setting.all_folds:
        fitted[fold.fit] = True
        arrays += [fold.fit.astype(float), fold.held.astype(float)]
    y = np.where(fitted[:, None], train.Y, np.nan)
    meta = {
        "axes": list(setting.axes),
        "folds": [f.name for f in setting.all_folds],
        "physics": asdict(physics_of(setting.task)),
    }
    return meta, [train.X, y, train.group.astype(float), *arrays]
