"""Tables of words that the page shows beside its figures."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from evolve.evaluation.record import Entry
from evolve.evaluation.requests import form_of
from evolve.report.chart import number
from evolve.report.gather import Findings, OpenedTest
from evolve.report.model import Model
from evolve.runs.formulas import formula_of
from evolve.runs.results import held_out_r2
from evolve.runs.summary import Summary, Tally
from evolve.scoring.metrics import Metrics
from evolve.tasks.task import Task

MOST_ELITES = 400


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell: what is shown, and the number it is sorted by, where it is one."""

    text: str
    value: float | None = None


@dataclass(frozen=True)
class Grid:
    """A table: headings and rows of cells; rows in `marked` stand out."""

    headings: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    marked: tuple[bool, ...] = ()


def grid(
    headings: Sequence[str], rows: Sequence[Sequence[Any]], marked: Sequence[bool] = ()
) -> Grid:
    """A table of words and numbers; None is a dash."""
    return Grid(tuple(headings), tuple(tuple(map(cell, row)) for row in rows), tuple(marked))


def cell(value: Any) -> Cell:
    """A cell of a table; floats get four decimals, more where those would show 0 or 1."""
    if isinstance(value, Cell):
        return value
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return Cell("–")
    if isinstance(value, float):
        return Cell(_minus(_decimals(value)), value)
    return Cell(str(value), value if isinstance(value, int) else None)


def _decimals(value: float) -> str:
    if 0.9995 <= value < 1.0:
        return f"{value:.{min(1 - math.floor(math.log10(1.0 - value)), 9)}f}"
    if abs(value) >= 1e4 or 0.0 < abs(value) < 1e-3:
        return number(float(f"{value:.2g}"))
    return f"{value:.4f}"


def scores_table(model: Model, opened: OpenedTest | None) -> Grid:
    """R2 on the training rows, every fold and, where they were opened, the test rows."""
    n_rows = model.train.overall.n_rows
    rows: list[tuple[Any, ...]] = [
        ("training rows", "fitted", n_rows, n_rows, *_three(model.train.overall))
    ]
    for view in model.folds:
        kind = "held out, choice" if view.chose else "held out, search"
        sizes = len(view.fold.fit), len(view.fold.held)
        rows.append((view.fold.name, kind, *sizes, view.r2, 1 - view.r2, view.nmae))
    if opened is not None:
        overall = opened.scores.overall
        rows.append(("test rows", "never fitted", n_rows, overall.n_rows, *_three(overall)))
    stands_out = [row[1] == "never fitted" for row in rows]
    head = ("predicted rows", "", "fitted on", "number", "R²", "NMSE", "NMAE")
    return grid(head, rows, stands_out)


def parts_table(model: Model, opened: OpenedTest | None) -> Grid | None:
    """R2 by target and by group, if there are several."""
    train = model.train
    parts = [("target", name, m) for name, m in train.by_target.items()]
    parts = parts if len(parts) > 1 else []
    parts += [("group", name, m) for name, m in train.by_group.items() if len(train.by_group) > 1]
    if not parts:
        return None
    head = ["", "name", "training rows", "R²", "NMAE"]
    rows = [[kind, name, m.n_rows, m.r2, m.nmae] for kind, name, m in parts]
    if opened is not None:
        head += ["test rows", "test R²"]
        by_part = {"target": opened.scores.by_target, "group": opened.scores.by_group}
        for row, (kind, name, _) in zip(rows, parts, strict=True):
            test = by_part[kind].get(name)
            row += [None, None] if test is None else [test.n_rows, test.r2]
    return grid(head, rows)


def _three(metrics: Metrics) -> tuple[float, float, float]:
    return metrics.r2, metrics.nmse, metrics.nmae


def constants_table(model: Model) -> Grid:
    """Constants with standard errors: a row a constant, or a row a group and target.

    A program that fits by itself says no standard errors.
    """
    task, fitted = model.task, model.fitted
    names = fitted.constant_names
    pairs = {
        (group, target): [
            value_and_error(v, e) for v, e in zip(values[t], fitted.errors[group][t], strict=True)
        ]
        for group, values in fitted.constants.items()
        for t, target in enumerate(task.target_names)
    }
    if len(pairs) == 1:
        (constants,) = pairs.values()
        rows: list[Any] = [(name, *pair) for name, pair in zip(names, constants, strict=True)]
        return grid(("constant", "value", "standard error"), rows)
    several = task.n_groups > 1, len(task.target_names) > 1
    head = [name for name, is_one in zip(("group", "target"), several, strict=True) if is_one]
    rows = []
    for where, constants in pairs.items():
        words = [word for word, is_one in zip(where, several, strict=True) if is_one]
        rows.append((*words, *(_with_error(value, error) for value, error in constants)))
    return grid((*head, *names), rows)


def _with_error(value: Cell, error: Cell) -> Cell:
    """A constant and its standard error, where there is one, in one cell."""
    return value if error.value is None else Cell(f"{value.text} ± {error.text}", value.value)


def value_and_error(value: float, error: float) -> tuple[Cell, Cell]:
    """A value to the digits of its standard error, at least to four; the error to two.

    Where nothing is known of the error it is a dash.
    """
    if math.isnan(error):
        return Cell(_minus(f"{value:.4g}"), value), Cell("–")
    if not math.isfinite(error) or error <= 0.0 or error > 1e6 * max(abs(value), 1e-9):
        return Cell(_minus(f"{value:.4g}"), value), Cell("not fixed by the rows", math.inf)
    digits = min(max(1 - math.floor(math.log10(error)), 0), 12)
    if digits > 6 and abs(value) < 1e-4:
        return Cell(_minus(f"{value:.4g}"), value), Cell(f"{error:.2g}", error)
    shown = f"{error:.{digits}f}" if error < 1e5 else f"{error:.2g}"
    least = 3 - math.floor(math.log10(abs(value))) if value else 0
    exact = f"{value:.{max(digits, min(least, 8))}f}"
    return Cell(_minus(exact), value), Cell(shown, error)


def _minus(text: str) -> str:
    return text.replace("-", "−")


def variables_table(task: Task) -> Grid:
    """What the features and targets are, and the range of the training rows."""
    rows: list[tuple[Any, ...]] = []
    columns = [("feature", f, task.train.X[:, j]) for j, f in enumerate(task.spec.features)]
    columns += [("target", t, task.train.Y[:, j]) for j, t in enumerate(task.spec.targets)]  # type: ignore[misc]
    for kind, spec, values in columns:
        ends = number(float(values.min())), number(float(values.max()))
        rows.append((spec.name, kind, *ends, len(np.unique(values)), spec.description))
    headings = ("column", "", "from", "to", "levels", "meaning")
    if not any(row[-1] for row in rows):
        return grid(headings[:-1], [row[:-1] for row in rows])
    return grid(headings, rows)


def laws_table(findings: Findings) -> Grid:
    """Champion, best of each size and laws that somebody wrote down, with the R2 of each."""
    rows_of_table = {line.index: line for line in findings.lines}
    parts = [(findings.title, findings.best)]
    parts += [("size", elite.entry) for elite in findings.archive.best_per_size()]
    parts += [(entry.origin, entry) for entry in findings.literature]
    rows = []
    for kind, entry in parts:
        line, evaluation = rows_of_table.get(entry.index), entry.evaluation
        train = None if line is None else line.train_r2
        name = (
            entry.operator
            if evaluation.score is not None
            else f"{entry.operator}: {evaluation.status}"
        )
        row = (
            kind,
            name,
            evaluation.n_constants,
            held_out_r2(evaluation),
            train,
            evaluation.score,
        )
        rows.append((*row, formula_in(findings.task, entry)))
    head = ("", "made by", "constants", "held-out R²", "training R²", "score", "law")
    return grid(head, rows, [i == 0 for i in range(len(parts))])


def elites_table(findings: Findings) -> Grid:
    """The best law of every cell of the archive, best score first."""
    elites = findings.elites[:MOST_ELITES]
    rows = [
        (
            *(e.entry.index, e.n_constants, held_out_r2(e.entry.evaluation), e.score),
            *(e.entry.operator, formula_in(findings.task, e.entry)),
        )
        for e in elites
    ]
    head = ("entry", "constants", "held-out R²", "score", "made by", "law")
    return grid(head, rows, [e.entry.index == findings.best.index for e in elites])


def lineage_table(findings: Findings) -> Grid:
    """The champion and its ancestors, youngest first."""
    rows = []
    for entry in (findings.best, *findings.lineage):
        evaluation = entry.evaluation
        row = (
            entry.index,
            entry.operator,
            evaluation.n_constants,
            held_out_r2(evaluation),
            evaluation.score,
        )
        rows.append((*row, formula_in(findings.task, entry)))
    return grid(("entry", "made by", "constants", "held-out R²", "score", "law"), rows)


def operators_table(findings: Findings) -> Grid:
    """How often each operator was tried and what came of it; starting laws are one line."""
    sums: dict[str, Tally] = {}
    for (_, operator), tally in findings.summary.tallies.items():
        name = operator or "starting laws"
        sums[name] = sums.get(name, Tally()).plus(tally)
    rows = [
        (name, t.tried, t.scored, t.won, share(t.won, t.tried), t.best if t.scored else None)
        for name, t in sorted(sums.items())
    ]
    head = ("operator", "tried", "scored", "joined the front", "share", "best score")
    return grid(head, rows)


def share(part: float, whole: float) -> Cell:
    """A share in percent."""
    value = part / whole if whole else 0.0
    return Cell(f"{100 * value:.1f} %", value)


def statuses_table(summary: Summary) -> Grid:
    """How many evaluations ended in which way, the most frequent first."""
    counts = sorted(summary.statuses.items(), key=lambda pair: -pair[1])
    rows = [(status, n, share(n, summary.n_entries)) for status, n in counts]
    return grid(("status", "evaluations", "share"), rows)


def formula_in(task: Task, entry: Entry) -> str:
    """An entry's law in one line."""
    if entry.law is None or entry.recipe is None:
        return "black box"
    return formula_of(task, form_of(entry))
