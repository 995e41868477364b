"""Verify a stored run: refit every elite and score it again, in both lanes.

The fast lane fits law and recipe in new workers; the foreign lane runs the program's text in a
new process for each fold. Scores must be those stored, and both lanes must predict the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from joblib import Parallel, delayed

from evolve.errors import EvolveError
from evolve.evaluation.crosscheck import TOLERANCE
from evolve.evaluation.evaluator import Evaluator
from evolve.evaluation.executor import limits_of
from evolve.evaluation.foreign import difference, priors_of, run_text
from evolve.evaluation.predict import predict
from evolve.evaluation.problem import EvaluationProblem
from evolve.evaluation.programs import PATIENT, ProgramRunner
from evolve.evaluation.record import Entry, Evaluation
from evolve.evaluation.requests import FoldResult, form_of, law_of
from evolve.law.canonical import complexity
from evolve.runs.replies import StoredBook
from evolve.runs.results import ResultRow, load_results
from evolve.runs.rows import digest_of
from evolve.runs.store import Store
from evolve.runs.summary import Summary
from evolve.sandbox import ForeignLane
from evolve.scoring.fold import Fold, all_rows
from evolve.scoring.metrics import nmse
from evolve.scoring.objective import score
from evolve.scoring.price import physics_price, price_of
from evolve.search.archive import Archive, Elite
from evolve.search.memory import MemoryJournal, islands_in_memory
from evolve.search.problem import SearchProblem, program_text
from evolve.tasks.task import Task


@dataclass(frozen=True, slots=True)
class Check:
    """How one elite fared.

    Attributes:
        index: Its entry.
        n_constants: Constants for each group and target.
        stored: The score in the store.
        fast: The score when fitted again by the fast lane; None where it failed or is a
            black box.
        foreign: Largest difference of the foreign lane's predictions on any fold, relative
            to the largest prediction (for a black box: of the folds' errors); None where it
            failed.
        problem: What is wrong, in a few words; empty for nothing.
    """

    index: int
    n_constants: int
    stored: float
    fast: float | None
    foreign: float | None
    problem: str

    @property
    def holds(self) -> bool:
        """Whether nothing differs."""
        return not self.problem

    def to_data(self) -> dict[str, Any]:
        """JSON value."""
        return asdict(self)


def verify(
    store: Store,
    task: Task,
    n_workers: int,
    on_check: Callable[[Check], None] = lambda check: None,
    *,
    allow_weak: bool = False,
) -> list[Check]:
    """Fit and score every elite of a run again, and the champion on all training rows.

    Args:
        store: The run.
        task: Its task; training rows only are read.
        n_workers: Processes of the fast lane, and programs at once in the foreign lane.
        on_check: Called with each check, best score first.
        allow_weak: Whether to run the stored texts where the sandbox is weak.

    Returns:
        One check an elite, best score first, and one of the champion's constants if the run
        has chosen one.

    Raises:
        EvolveError: No law of the run has a score.
        SandboxError: The sandbox is weak here, and that is not allowed.
    """
    archive, replayed = _replayed(store)
    elites = archive.elites()
    if not elites:
        raise EvolveError(f"run {store.folder.name!r}: no law has a score yet")
    whole = EvaluationProblem(task, (*task.folds, all_rows(task.train.n_rows)))
    foreign = ForeignLane(limits_of(whole, PATIENT), allow_weak=allow_weak)
    problem = EvaluationProblem(task, task.folds)
    with Evaluator(problem, n_workers) as evaluator, foreign as lane:
        checks = []
        traced = [e for e in elites if e.candidate is not None]
        fitted = evaluator.fit([e.genome for e in traced], range(len(task.folds)))
        by_index = {e.entry.index: f for e, f in zip(traced, fitted, strict=True)}
        pool = Parallel(n_jobs=n_workers, backend="threading", return_as="generator")
        jobs = (delayed(_check)(lane, task, e, by_index.get(e.entry.index)) for e in elites)
        for check in pool(jobs):
            on_check(check)
            checks.append(check)
        for check in _check_summary(store, replayed):
            on_check(check)
            checks.append(check)
        results = load_results(store)
        if results.chosen and (row := results.row()) is not None:
            fast = {check.index: check.fast for check in checks}.get(row.index)
            checks.append(_check_champion(lane, task, row, store.entry(row.index), fast))
            on_check(checks[-1])
    return checks


def _replayed(store: Store) -> tuple[Archive, Summary]:
    """The archive and the summary that the entries of a run come to, read once."""
    archive = Archive()

    def taken() -> Iterator[Entry]:
        for entry in store.each():
            archive.tell([entry])
            yield entry

    summary = Summary().extended(taken())
    return archive, summary


def _check_summary(store: Store, replayed: Summary) -> list[Check]:
    """What is wrong with the summary that the store keeps; nothing if its entries say the same."""
    summary = store.summary()
    if summary == replayed:
        return []
    index = -1 if replayed.best is None else replayed.best
    problem = "the summary of the run differs from its entries"
    return [Check(index, 0, np.nan, None, None, problem)]


def _check(
    lane: ForeignLane, task: Task, elite: Elite, fitted: list[FoldResult] | Evaluation | None
) -> Check:
    """One elite in both lanes."""
    if fitted is None:
        return _check_black_box(lane, task, elite)
    index, size = elite.entry.index, elite.n_constants
    if isinstance(fitted, Evaluation):
        problem = f"fast lane: {fitted.status} {fitted.message}".rstrip()
        return Check(index, size, elite.score, None, None, problem)
    law = elite.genome.law
    price = price_of(law.n_constants, complexity(law.root), task.train.n_values)
    again = score([r.score for r in fitted], price)
    again += physics_price([r.facts["against_physics"] for r in fitted])
    gap: float | str = 0.0
    for fold, result in zip(task.folds, fitted, strict=True):
        fold_gap = _foreign_gap(lane, task, fold, elite, result)
        if isinstance(fold_gap, str):
            gap = fold_gap
            break
        gap = max(float(gap), fold_gap)
    problem = _problem(elite.score, again, gap)
    return Check(index, size, elite.score, again, None if isinstance(gap, str) else gap, problem)


def _problem(stored: float, again: float, gap: float | str) -> str:
    if not abs(again - stored) <= TOLERANCE * max(abs(stored), 1.0):
        return f"the score is {again!r} now"
    if isinstance(gap, str):
        return f"foreign lane: {gap}"
    return "" if gap <= TOLERANCE else f"the lanes differ by {gap:.1e}"


def _foreign_gap(
    lane: ForeignLane, task: Task, fold: Fold, elite: Elite, result: FoldResult
) -> float | str:
    """Relative difference of the lanes' predictions on a fold, or how the program failed."""
    priors = priors_of(result, len(task.target_names))
    text = elite.entry.text
    if priors is not None:
        text = program_text(task, elite.genome, elite.entry.operator, priors)
    predictions = run_text(lane, task, fold, text)
    if isinstance(predictions, str):
        return predictions
    return difference(predictions, result.predictions, task.train.Y[fold.held])


def _check_black_box(lane: ForeignLane, task: Task, elite: Elite) -> Check:
    """A program with a fit of its own: the errors of its folds must be those stored."""
    entry, gap = elite.entry, 0.0
    for fold, stored in zip(task.folds, entry.evaluation.folds, strict=False):
        predictions = run_text(lane, task, fold, entry.text)
        if isinstance(predictions, str):
            problem = f"foreign lane: {predictions}"
            return Check(entry.index, elite.n_constants, elite.score, None, None, problem)
        held = task.train.at(fold.held)
        error = nmse(held.Y, predictions, held.counts)
        gap = max(gap, abs(error - stored.nmse) / max(abs(stored.nmse), 1e-300))
    problem = "" if gap <= TOLERANCE else f"the folds' errors differ by {gap:.1e}"
    return Check(entry.index, elite.n_constants, elite.score, None, gap, problem)


def _check_champion(
    lane: ForeignLane, task: Task, row: ResultRow, entry: Entry, fast: float | None
) -> Check:
    """The champion's program, fitted on all training rows, against the constants kept.

    Args:
        lane: Where the program runs.
        task: Its training rows are fitted.
        row: The champion's, as kept.
        entry: The champion's.
        fast: The score that the fast lane gave the champion as an elite; None if it was none.
    """
    predictions = run_text(lane, task, all_rows(task.train.n_rows), row.text)
    stored = np.nan if row.score is None else row.score
    if isinstance(predictions, str):
        return Check(row.index, row.n_constants, stored, fast, None, f"champion: {predictions}")
    law, runner, gap = law_of(form_of(entry)), ProgramRunner(lane), 0.0
    for number, name in enumerate(task.group_names):
        in_group, constants = task.train.group == number, np.asarray(row.constants[name])
        again = predict(law, task.train.X[in_group], constants, runner)
        gap = max(gap, difference(predictions[in_group], again, task.train.Y[in_group]))
    problem = "" if gap <= TOLERANCE else f"champion: kept constants differ by {gap:.1e}"
    return Check(row.index, row.n_constants, stored, fast, gap, problem)


def replay_run(store: Store, problem: SearchProblem, n_workers: int) -> Check:
    """Search again from the seed, with the stored replies of models, and compare every entry.

    Nothing is sent to any model, whatever the run was allowed to ask.

    Args:
        store: The run.
        problem: Its search problem.
        n_workers: Number of worker processes.

    Returns:
        A check whose problem names the first entry that comes out another.
    """
    journal, n = MemoryJournal(), len(store)
    islands_in_memory(problem, n, n_workers, journal, book=StoredBook(store), ask=False)
    difference = "" if digest_of(journal.entries) == store.digest() else "the replay differs"
    if difference:
        pairs = zip(store.each(), journal.entries, strict=False)
        first = (old.index for old, new in pairs if digest_of([old]) != digest_of([new]))
        index = next(first, len(journal.entries))
        difference = f"replay: entry {index} of {n} comes out another, or not at all"
    return Check(n - 1, 0, np.nan, None, None, difference)


def all_hold(checks: Sequence[Check]) -> bool:
    """Whether no check found a difference."""
    return all(check.holds for check in checks)
