"""Gather everything that a report speaks of from a run's store and its task."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from evolve.errors import EvolveError, ProgramError, SandboxError
from evolve.evaluation.record import SEEDS, Entry
from evolve.evaluation.requests import form_of
from evolve.forecast.by_group import GroupError
from evolve.forecast.model import ForecastModel
from evolve.forecast.verdict import Verdict
from evolve.report.model import Model, fit_model
from evolve.runs.choices import FinalistRow, load_finalists, load_group_errors, load_verdict
from evolve.runs.makers import makers_of
from evolve.runs.notes import SANDBOX
from evolve.runs.picks import CHAMPION, Pick, forecast_model_of_law, picked
from evolve.runs.results import ResultRow, archive_of, load_results
from evolve.runs.sketches import scores_of
from evolve.runs.store import Store
from evolve.runs.summary import Summary
from evolve.sandbox import SandboxReport, probe
from evolve.sandbox.probe import read_report
from evolve.scoring.metrics import Scores
from evolve.search.archive import Archive, Elite
from evolve.tasks.task import Table, Task


@dataclass(frozen=True)
class Findings:
    """What a run has found.

    Attributes:
        store: The run.
        task: Its task.
        summary: What all that was evaluated comes to.
        scores: Index and score of every entry that has one, in order.
        archive: The elites.
        best: The champion's entry, or that of the best score.
        chosen: Whether a champion was chosen; else the search has not ended.
        text: Its program, with the priors it has learnt across groups.
        lines: The run's final table; empty if the search has not ended.
        literature: Entries of laws that somebody wrote down, under their own recipes.
        lineage: The champion's ancestors along first parents, nearest first.
        model: The champion's fits; None for a program that cannot be run.
        unfitted: Why there are none; empty where there are.
        verdict: What the run's forecasts are worth; None while no champion is chosen.
        finalists: The finalists of the choice, best judgement first.
        finalist_entries: Their entries.
        groups: The champion's errors by group, the worst first.
        sandbox: What the machine of the run could enforce, else what this one can.
        asked: What the law was asked for by, where it is not the champion; else empty.
        forecast_model: What the law's forecasts are made from, where it was asked for.
    """

    store: Store
    task: Task
    summary: Summary
    scores: Sequence[tuple[int, float]]
    archive: Archive
    best: Entry
    chosen: bool
    text: str
    lines: Sequence[ResultRow]
    literature: Sequence[Entry]
    lineage: Sequence[Entry]
    model: Model | None
    unfitted: str
    verdict: Verdict | None
    finalists: Sequence[FinalistRow]
    finalist_entries: Sequence[Entry]
    groups: Sequence[GroupError]
    sandbox: SandboxReport
    asked: str = ""
    forecast_model: ForecastModel | None = None

    @property
    def title(self) -> str:
        """What the page calls its law."""
        return self.asked or ("champion" if self.chosen else "best so far")

    @property
    def train_r2(self) -> float | None:
        """R2 of the champion on the training rows; without fits that of the run's table."""
        if self.model is not None:
            return self.model.train.overall.r2
        return next((row.train_r2 for row in self.lines if row.index == self.best.index), None)

    @property
    def elites(self) -> list[Elite]:
        """The elites of all cells, best score first."""
        return self.archive.elites()


@dataclass(frozen=True)
class OpenedTest:
    """The test rows and how well they were predicted."""

    table: Table
    scores: Scores


def gather(store: Store, task: Task, pick: Pick = CHAMPION) -> Findings:
    """Read a run and fit its champion, or the law asked for; the test rows are not opened.

    Raises:
        EvolveError: No law has a score yet, or there is no such law.
    """
    results = load_results(store)
    if results.summary.best is None:
        raise EvolveError(
            f"run {store.folder.name!r}: no law has a score yet, so there is nothing to report"
        )
    row = results.row()
    archive = archive_of(store, results.summary)
    makers = makers_of(store)
    best = makers.named(store.entry(results.summary.best if row is None else row.index))
    if not pick.is_champion:
        row, best = picked(store, task, pick)
    model, unfitted = _model(task, best)
    finalists = load_finalists(store) if pick.is_champion else []
    return Findings(
        store=store,
        task=task,
        summary=results.summary,
        scores=scores_of(store),
        archive=archive,
        best=best,
        chosen=results.chosen,
        text=best.text if row is None else row.text,
        lines=results.rows,
        literature=_literature([store.entry(i) for i in results.summary.firsts]),
        lineage=[makers.named(ancestor) for ancestor in _lineage(store, best)],
        model=model,
        unfitted=unfitted,
        verdict=load_verdict(store) if pick.is_champion else None,
        finalists=finalists,
        groups=load_group_errors(store) if pick.is_champion else [],
        finalist_entries=[makers.named(store.entry(f.index)) for f in finalists],
        sandbox=_sandbox(store),
        asked=pick.words,
        forecast_model=None
        if model is None or pick.is_champion
        else forecast_model_of_law(task, best),
    )


def _model(task: Task, entry: Entry) -> tuple[Model | None, str]:
    """An entry's fits, or why there are none: a program of a user may run elsewhere alone."""
    try:
        return fit_model(task, form_of(entry)), ""
    except (ProgramError, SandboxError) as error:
        return None, str(error)


def _literature(entries: Sequence[Entry]) -> list[Entry]:
    """Laws that somebody wrote down, under their own recipes, by name."""
    seeds = [entry for entry in entries if entry.origin in SEEDS]
    return sorted(seeds, key=lambda entry: entry.operator)


def _lineage(store: Store, entry: Entry) -> list[Entry]:
    ancestors: list[Entry] = []
    while entry.parents:
        entry = store.entry(entry.parents[0])
        ancestors.append(entry)
    return ancestors


def _sandbox(store: Store) -> SandboxReport:
    """What the run's machine could enforce, as the run has kept it."""
    note = store.note(SANDBOX)
    return probe() if note is None else read_report(note.get("mechanisms", {}))
