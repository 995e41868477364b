"""Folders of tables that nobody tuned for, beside simple baselines, on their own test rows.

Each table is a folder with `train.csv` and `test.csv`: columns of texts name groups, the last
column is the target, all other columns are features. `SOURCES.csv` beside them may say how the
test was split off (column `split`): a feature named before a `>` is one that the test lies above,
as a user would say. The test rows are opened when search, forecast and verdict are done.
"""

from __future__ import annotations

import csv
import re
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from evolve.bench.measure import r2_of
from evolve.bench.tasks import formula_text
from evolve.errors import EvolveError
from evolve.evaluation.baselines import predict_baseline
from evolve.evaluation.fitted import fit_rows
from evolve.forecast.by_group import errors_by_group
from evolve.forecast.calibration import make_forecast_model
from evolve.forecast.interval import LEVEL, forecast
from evolve.forecast.judge import verdict_of
from evolve.forecast.members import contenders_of
from evolve.forecast.there import verdict_there
from evolve.forecast.verdict import Verdict
from evolve.law.candidate import Candidate
from evolve.law.canonical import simplify
from evolve.law.graph import Law
from evolve.law.recipe import Recipe
from evolve.search.champion import Choice
from evolve.search.memory import search_in_memory
from evolve.search.problem import make_search_problem, plain_space_of
from evolve.search.proposers.initial import generic_laws
from evolve.tasks.draft import Wishes, inspect_columns, propose
from evolve.tasks.readers import read_table
from evolve.tasks.table import Table, build_table
from evolve.tasks.task import Task
from evolve.typing import Array

NAMED = ("sum of powers", "power of 0")  # the textbook form, or where rows are few, its first term
BASELINES = ("least squares", "Huber", "straight line", "last value")


@dataclass(frozen=True, slots=True)
class UnseenResult:
    """One search of one table.

    Attributes:
        table: Its name.
        seed: Seed of the run.
        forecast: R² of the forecast on the test rows.
        champion: R² of the champion alone.
        error: Median error of the forecast, as a share of the target.
        inside: Share of the test rows inside the 90 % interval.
        width: Half width of the interval over the mean error.
        verdict: What the engine said before the test rows were opened.
        there: The same of forecasts so far out, as `predict` says it; only features are looked at.
        baselines: R² of each baseline.
        held_out: R² of the forecast on held-out training rows.
        n_constants: Of the champion.
        seconds: Wall time of search and choice.
        formula: The champion.
    """

    table: str
    seed: int
    forecast: float
    champion: float
    error: float
    inside: float
    width: float
    verdict: str
    there: str
    baselines: dict[str, float]
    held_out: float
    n_constants: int
    seconds: float
    formula: str

    def to_data(self) -> dict[str, Any]:
        """JSON value."""
        return asdict(self)


def tables_in(folder: Path, needed: str = "train.csv and test.csv") -> list[Path]:
    """Folders of tables below a folder.

    Args:
        folder: Holds them.
        needed: Files that each is to hold, for a message.

    Raises:
        EvolveError: There is none.
    """
    folders = [path.parent for path in sorted(folder.glob("*/train.csv"))]
    if not folders:
        raise EvolveError(f"{folder}: holds no folder with {needed}")
    return folders


def load_table(folder: Path) -> tuple[Task, Table]:
    """A table as a user would draft it from its training rows, and its test rows.

    Raises:
        EvolveError: The tables cannot be read or searched.
    """
    task = draft_of(folder)
    test, _ = build_table(read_table(folder / "test.csv"), task.spec, task.group_names)
    return task, test


def draft_of(folder: Path) -> Task:
    """A table as a user would draft it; its test rows are not read.

    Raises:
        EvolveError: The table cannot be read or searched.
    """
    raw = read_table(folder / "train.csv")
    names, facts = list(raw.columns), inspect_columns(raw)
    groups = tuple(name for name in names[:-1] if facts[name].kind == "texts")
    features = tuple(name for name in names[:-1] if name not in groups)
    axes = axes_of(_split(folder), features)
    draft = propose(raw, folder.name, Wishes((names[-1],), features, groups, axes))
    train, group_names = build_table(draft.raw, draft.spec)
    return Task(folder.name, folder, draft.spec, group_names, train)


def _split(folder: Path) -> str:
    """What the list of sources says of a table's test; nothing where there is none."""
    path = folder.parent / "SOURCES.csv"
    if not path.is_file():
        return ""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return next((r.get("split") or "" for r in rows if r.get("task") == folder.name), "")


def axes_of(split: str, features: Sequence[str]) -> tuple[str, ...]:
    """Features that stand before a ``>`` in words on a split, by name or its first part."""
    words = {w for part in split.lower().split(">")[:-1] for w in re.findall(r"\w+", part)}
    return tuple(
        name for name in features if name.lower() in words or name.lower().split("_")[0] in words
    )


@dataclass(frozen=True, slots=True)
class Answer:
    """What one search says of rows that it did not have.

    Attributes:
        choice: The champion and the laws that forecast with it.
        verdict: On what forecasts are worth, before anything was measured.
        there: The same as it stands for these rows.
        point: `(n, t)` the forecast.
        low: `(n, t)` lower end of its interval.
        high: `(n, t)` upper end.
        champion: `(n, t)` what the champion alone says.
        seconds: Wall time of search and choice.
    """

    choice: Choice
    verdict: Verdict
    there: Verdict
    point: Array
    low: Array
    high: Array
    champion: Array
    seconds: float


def ask(task: Task, rows: Table, seed: int, evaluations: int, workers: int) -> Answer:
    """Search one table, then forecast rows, of which the targets are not read.

    Raises:
        EvolveError: Nothing could be fitted.
    """
    began = time.monotonic()
    choice = search_in_memory(make_search_problem(task, seed), evaluations, workers)
    if choice is None:
        raise EvolveError(f"{task.name}: no candidate could be fitted")
    forecast_model = make_forecast_model(task, contenders_of(choice), chosen=True)
    verdict = verdict_of(task, choice, forecast_model, errors_by_group(task, choice))
    seconds = time.monotonic() - began
    point, low, high, champion = (np.full(rows.Y.shape, np.nan) for _ in range(4))
    for g in np.unique(rows.group):
        some = rows.group == g
        forecasts = forecast(task, forecast_model, task.group_names[g], rows.X[some], LEVEL)
        point[some], low[some], high[some] = forecasts.point, forecasts.low, forecasts.high
        champion[some] = forecasts.champion
    asked = [(task.group_names[g], rows.X[rows.group == g]) for g in np.unique(rows.group)]
    there = verdict_there(task, verdict, asked) or verdict
    return Answer(choice, verdict, there, point, low, high, champion, seconds)


def run_table(task: Task, test: Table, seed: int, evaluations: int, workers: int) -> UnseenResult:
    """Search one table and measure its forecasts on the test rows.

    Raises:
        EvolveError: Nothing could be fitted.
    """
    said = ask(task, test, seed, evaluations, workers)
    error = np.abs(said.point - test.Y)
    return UnseenResult(
        table=task.name,
        seed=seed,
        forecast=r2_of(test.Y, said.point),
        champion=r2_of(test.Y, said.champion),
        error=float(np.median(error / np.maximum(np.abs(test.Y), 1e-300))),
        inside=float(np.mean((said.low <= test.Y) & (said.high >= test.Y))),
        width=float(np.median(said.high - said.low) / 2.0 / max(float(error.mean()), 1e-300)),
        verdict=said.verdict.verdict,
        there=said.there.verdict,
        baselines={name: r2_of(test.Y, p) for name, p in baseline_forecasts(task, test).items()},
        held_out=said.verdict.held_out_r2,
        n_constants=said.choice.champion.fitted.n_constants,
        seconds=said.seconds,
        formula=formula_text(task, said.choice.champion),
    )


def baseline_forecasts(task: Task, test: Table) -> dict[str, Array]:
    """`(n, t)` what each of `BASELINES` says of the test rows."""
    groups = [task.group_names[g] for g in test.group]
    form = _named_form(task)
    fits = {"least squares": Recipe("linear", "l2"), "Huber": Recipe("linear", "huber", 0.1)}
    fitted = {
        name: fit_rows(task, Candidate(form, recipe)).predict(test.X, groups)
        for name, recipe in fits.items()
    }
    simple = {name: predict_baseline(name, task, test) for name in BASELINES[2:]}
    return fitted | simple


def _named_form(task: Task) -> Law:
    """The sum of powers of all features (Hoffmann et al. 2022); of the first where rows lack."""
    least = int(np.bincount(task.train.group).min())
    space = plain_space_of(task)
    laws = generic_laws(replace(space, max_constants=max(task.max_constants, 3)))
    forms = [simplify(Law(laws[name], 0)) for name in NAMED if name in laws]
    return next((law for law in forms if law.n_constants < least), forms[-1])
