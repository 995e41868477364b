"""What a stored run has come to, read without its entries and without the fitter.

Every verb, the Python API and the report read a run through `load_results`: counts and elites from
the summary that the store keeps, and the table of fitted laws that the end of a session saved.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from evolve.evaluation.record import Entry, Evaluation, entry_number
from evolve.evaluation.requests import form_of
from evolve.law.bounds import MOST_FEATURES
from evolve.law.graph import numbered_names
from evolve.runs.formulas import formula_with
from evolve.runs.intervals import ConstantRow, intervals_of
from evolve.runs.makers import FIRST, maker_of, makers_of
from evolve.runs.notes import BUDGET, ENDING
from evolve.runs.store import Store
from evolve.runs.summary import Summary

if TYPE_CHECKING:
    from evolve.search.archive import Archive

NOTE = ENDING


@dataclass(frozen=True, slots=True)
class ResultRow:
    """A law of a run, fitted on all training rows.

    Attributes:
        kind: ``champion``, ``size`` or ``literature``.
        name: Where the law comes from: an operator or a seed.
        index: Its entry in the store.
        n_constants: Constants for each group and target.
        score: Lower is better; None for a law that failed.
        held_out_r2: Mean over folds; None for a law that failed.
        train_r2: None where the fit failed.
        formula: In the task's own variable names.
        constants: `(t, p)` nested lists by group.
        text: The whole program, with the priors it has learnt across groups.
        message: Why the law failed.
        printed: What the program of a black box printed.
        origin: Where its entry came from; empty in tables of earlier versions.
        errors: Standard errors of the constants; nan where a program fits by itself, and none in
            tables of earlier versions.
        valued_formula: With the constants' values in it; empty where groups or targets have their
            own, for black boxes and in tables of earlier versions.
        constant_names: What its author calls the constants; else c0, c1, ….
        freedom: Rows of each group less the constants that they decide; none of groups whose
            errors go by deviations that the user gave, nor in tables of earlier versions.
        shared: Share of the variance of each constant's error that goes by the noise of all
            groups, as constants; none where they have nothing in common, nor in tables of
            earlier versions.
    """

    kind: str
    name: str
    index: int
    n_constants: int
    score: float | None
    held_out_r2: float | None
    train_r2: float | None
    formula: str
    constants: dict[str, list[list[float]]]
    text: str
    message: str = ""
    printed: str = ""
    origin: str = ""
    errors: dict[str, list[list[float]]] = field(default_factory=dict)
    valued_formula: str = ""
    constant_names: tuple[str, ...] = ()
    freedom: dict[str, float] = field(default_factory=dict)
    shared: dict[str, list[list[float]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Call constants c0, c1, … to which nobody gave names."""
        names = self.constant_names or numbered_names(self.n_constants)
        object.__setattr__(self, "constant_names", tuple(names))

    @property
    def heading(self) -> str:
        """What its table calls it: its kind, or ``user`` for a program of the user's own."""
        return self.origin if self.kind == "literature" and self.origin == "user" else self.kind

    def intervals(self, level: float) -> list[ConstantRow]:
        """Every constant with its interval by Student's t; none without errors.

        Args:
            level: Share of fits to other noise whose constant it is to hold.
        """
        told = self.constants, self.errors, self.freedom
        return intervals_of(self.constant_names, *told, level, self.shared)

    def fits(self, targets: Sequence[str]) -> list[tuple[str, list[float]]]:
        """The constants of every group and target, by group and, of several, target."""
        return [
            (f"{group} [{target}]" if len(targets) > 1 else group, values)
            for group, table in self.constants.items()
            for target, values in zip(targets, table, strict=True)
        ]

    @property
    def number(self) -> int | None:
        """Its entry; None for a law that no run holds."""
        return entry_number(self.index)

    def to_data(self) -> dict[str, Any]:
        """JSON value that ``ResultRow(**data)`` reads back; laws that runs find have no names."""
        data = asdict(self)
        del data["constant_names"]
        return data

    def document(self) -> dict[str, Any]:
        """JSON value for readers."""
        return {**asdict(self), "index": self.number}


@dataclass(frozen=True, slots=True)
class RunResults:
    """A stored run as it stands.

    Attributes:
        seed: Its seed.
        budget: Evaluations in total, as it was last given; None if only time ends it.
        summary: What its entries come to.
        rows: The saved table, the champion or best so far first; empty if no session has ended, or
            the run has gone on since.
        chosen: Whether the first row is the champion that was chosen on further folds.
    """

    seed: int
    budget: int | None
    summary: Summary
    rows: tuple[ResultRow, ...]
    chosen: bool

    @property
    def is_done(self) -> bool:
        """Whether its evaluations are spent, or it chose a champion as one that time ends does."""
        spent = self.budget is not None and self.summary.n_entries >= self.budget
        return spent or self.chosen

    def row(self, size: int | None = None) -> ResultRow | None:
        """The saved row of the champion (or best so far), or of the best law of a size."""
        wanted = "champion" if size is None else "size"
        for row in self.rows:
            if row.kind == wanted and size in (None, row.n_constants):
                return row
        return None


def save_results(store: Store, rows: Sequence[ResultRow], *, chosen: bool) -> None:
    """Save the table of a run, for whoever shows, scores or exports the run later."""
    data = [row.to_data() for row in rows]
    store.set_note(NOTE, {"n_entries": len(store), "chosen": chosen, "lines": data})


def load_results(store: Store) -> RunResults:
    """What a run has come to; only the first reader of an old run reads its entries."""
    summary, table = store.summary(), store.note(NOTE)
    budget = {**store.settings, **(store.note(BUDGET) or {})}.get("evaluations")
    seed = int(store.settings.get("seed", 0))
    if table is None or table["n_entries"] != summary.n_entries:
        return RunResults(seed, budget, summary, (), chosen=False)
    rows = tuple(ResultRow(**data) for data in table["lines"])
    rows = tuple(replace(r, name=maker_of(store, r.name, r.origin or FIRST)) for r in rows)
    return RunResults(seed, budget, summary, rows, chosen=bool(table["chosen"]))


def best_entry(store: Store, summary: Summary) -> Entry | None:
    """The entry with the best score; None while none has a score."""
    return None if summary.best is None else store.entry(summary.best)


def archive_of(store: Store, summary: Summary) -> Archive:
    """The elites of a run and the entries it began with, of all that its archive holds.

    No other entry is read, so that the archive's tallies and keys are those of these alone.
    """
    from evolve.search.archive import Archive  # not to read the results

    archive = Archive()
    makers = makers_of(store)
    archive.tell(
        makers.named(store.entry(i)) for i in sorted({*summary.ranked(), *summary.firsts})
    )
    return archive


def leading_row(store: Store, results: RunResults, *, own_names: bool = False) -> ResultRow | None:
    """The champion's row, or a row of the best score so far; None while no law has a score.

    A law that no session has fitted on all rows has no constants and no train R2 there.

    Args:
        store: The run.
        results: What it has come to.
        own_names: Whether features of which the store says no names are called x0, x1, …; their
            task, which lies where the store says, is then not opened.

    Raises:
        TaskError: The names of an old run's features stand in its task, which cannot be loaded.
    """
    if (row := results.row()) is not None:
        return row
    entry = best_entry(store, results.summary)
    if entry is None:
        return None
    return ResultRow(
        kind="champion",
        name=maker_of(store, entry.operator, entry.origin),
        index=entry.index,
        n_constants=entry.evaluation.n_constants,
        score=entry.evaluation.score,
        held_out_r2=held_out_r2(entry.evaluation),
        train_r2=None,
        formula=formula_with(*_names(store, own_names=own_names), form_of(entry)),
        constants={},
        text=entry.text,
        origin=entry.origin,
    )


def held_out_r2(evaluation: Evaluation) -> float | None:
    """Mean R2 over the folds of an evaluation that has a score."""
    if evaluation.score is None or not evaluation.folds:
        return None
    return float(np.mean([fold.r2 for fold in evaluation.folds]))


def _names(store: Store, *, own_names: bool) -> tuple[Sequence[str], Sequence[str]]:
    """Names of a run's features and targets."""
    if "features" in store.task:
        return store.task["features"], store.task["targets"]
    if own_names:
        return [f"x{j}" for j in range(MOST_FEATURES)], ["y"]
    from evolve.runs.provenance import task_of  # a run of an earlier version

    task = task_of(store)
    return task.feature_names, task.target_names
