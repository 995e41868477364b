"""A run's law, or its whole table, as a piece of HTML for a notebook."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from evolve.forecast.words import counted
from evolve.law.candidate import Candidate
from evolve.law.naming import own_words
from evolve.report import tables
from evolve.report.law_content import equations_of
from evolve.report.page import fill
from evolve.runs.results import ResultRow
from evolve.tasks.task import Task

MOST_ROWS = 12


def law_html(task: Task, row: ResultRow, candidate: Candidate | None, title: str) -> str:
    """A law: drawn formula, scores and constants.

    Args:
        task: The run's task.
        row: The law's row of the run's table.
        candidate: Law and recipe; None for a black box.
        title: What stands above it.
    """
    return fill("notebook.html.j2", {"laws": None, **_law(task, row, candidate, title)})


def run_html(
    task: Task,
    rows: Sequence[ResultRow],
    candidate: Candidate | None,
    title: str,
    *,
    chosen: bool,
) -> str:
    """A run: its champion, then the table of sizes and literature.

    Args:
        task: The run's task.
        rows: The run's table, the champion first.
        candidate: The champion's law and recipe; None for a black box.
        title: What stands above it.
        chosen: Whether a champion was chosen; else the first row is the best so far.
    """
    content = {"laws": _laws(rows, chosen=chosen), **_law(task, rows[0], candidate, title)}
    return fill("notebook.html.j2", content)


def _law(task: Task, row: ResultRow, candidate: Candidate | None, title: str) -> dict[str, Any]:
    alone = [table[0] for table in row.constants.values() if len(table) == 1]
    values = np.array(alone[0]) if len(row.constants) == len(alone) == 1 else None
    own_first = candidate is not None and candidate.law.own_feature_first
    return {
        "title": title,
        "formula": row.formula or "black box: see the program",
        "shown": None if candidate is None else equations_of(task, candidate, values),
        "own_words": own_words(task.feature_names) if own_first else "",
        "scores": _scores(row),
        "constants": _constants(task, row),
        "n_hidden": max(_n_rows(row) - MOST_ROWS, 0),
    }


def _scores(row: ResultRow) -> str:
    values = {"held-out R²": row.held_out_r2, "training R²": row.train_r2, "score": row.score}
    words = [f"{name} {tables.cell(value).text}" for name, value in values.items()]
    return ", ".join([*words, counted(row.n_constants, "constant")])


def _constants(task: Task, row: ResultRow) -> tables.Grid | None:
    """Constants, one row a group and target, as many as are worth a look."""
    rows: list[list[Any]] = [
        [where, *(tables.Cell(f"{value:.6g}", value) for value in constants)]
        for where, constants in row.fits(task.target_names)
    ]
    if not rows or len(rows[0]) == 1:
        return None
    return tables.grid(["", *row.constant_names], rows[:MOST_ROWS])


def _n_rows(row: ResultRow) -> int:
    return sum(len(table) for table in row.constants.values())


def _laws(rows: Sequence[ResultRow], *, chosen: bool) -> tables.Grid:
    """The run's table."""
    names = {} if chosen else {"champion": "best so far"}
    cells = [
        (
            *(names.get(row.kind, row.heading), row.name, row.n_constants),
            *(row.held_out_r2, row.train_r2, row.score, row.message or row.formula),
        )
        for row in rows
    ]
    head = ("", "made by", "constants", "held-out R²", "training R²", "score", "law")
    return tables.grid(head, cells, [row.kind == "champion" for row in rows])
