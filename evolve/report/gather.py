"""Gather everything that a report speaks of from a run's store and its task."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from evolve.errors import EvolveError
from evolve.evaluation.record import SEEDS, Entry
from evolve.law.candidate import candidate_from_data
from evolve.report.model import Model, fit_model
from evolve.runs.notes import SANDBOX
from evolve.runs.results import ResultRow, load_results
from evolve.runs.store import Store
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
        entries: Everything that was evaluated.
        archive: The elites of the entries.
        best: The champion's entry, or that of the best score.
        chosen: Whether a champion was chosen; else the search has not ended.
        text: Its program, with the priors it has learnt across groups.
        lines: The run's final table; empty if the search has not ended.
        literature: Entries of the literature laws under their own recipes.
        lineage: The champion's ancestors along first parents, nearest first.
        model: The champion's fits; None for a black box.
        sandbox: What the machine of the run could enforce, else what this one can.
    """

    store: Store
    task: Task
    entries: Sequence[Entry]
    archive: Archive
    best: Entry
    chosen: bool
    text: str
    lines: Sequence[ResultRow]
    literature: Sequence[Entry]
    lineage: Sequence[Entry]
    model: Model | None
    sandbox: SandboxReport

    @property
    def train_r2(self) -> float | None:
        """R2 of the champion on the training rows; a black box has it from the run's table."""
        if self.model is not None:
            return self.model.train.overall.r2
        return next((row.train_r2 for row in self.lines if row.index == self.best.index), None)

    @property
    def elites(self) -> list[Elite]:
        """The elites of all cells, best score first."""
        return self.archive.elites()


@dataclass(frozen=True)
class Opened:
    """The test rows and how well they were predicted."""

    table: Table
    scores: Scores


def gather(store: Store, task: Task) -> Findings:
    """Read a run and fit its champion; the test rows are not opened.

    Raises:
        EvolveError: No law has a score yet.
    """
    entries = store.entries()
    archive = Archive()
    archive.tell(entries)
    if not archive.cells:
        raise EvolveError(
            f"run {store.folder.name!r}: no law has a score yet, so there is nothing to report"
        )
    results = load_results(store)
    champion = results.row()
    best = archive.elites()[0].entry if champion is None else entries[champion.index]
    model = None
    if best.law is not None and best.recipe is not None:
        model = fit_model(task, candidate_from_data(best.law, best.recipe))
    return Findings(
        store=store,
        task=task,
        entries=entries,
        archive=archive,
        best=best,
        chosen=results.chosen,
        text=best.text if champion is None else champion.text,
        lines=results.rows,
        literature=_literature(entries),
        lineage=_lineage(entries, best),
        model=model,
        sandbox=_sandbox(store),
    )


def _literature(entries: Sequence[Entry]) -> list[Entry]:
    """The task's seeds under their own recipes, by name."""
    seeds = [entry for entry in entries if entry.origin in SEEDS]
    return sorted(seeds, key=lambda entry: entry.operator)


def _lineage(entries: Sequence[Entry], entry: Entry) -> list[Entry]:
    ancestors: list[Entry] = []
    while entry.parents:
        entry = entries[entry.parents[0]]
        ancestors.append(entry)
    return ancestors


def _sandbox(store: Store) -> SandboxReport:
    """What the run's machine could enforce, as the run has kept it."""
    note = store.note(SANDBOX)
    return probe() if note is None else read_report(note.get("mechanisms", {}))
