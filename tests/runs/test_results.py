"""A stored run is read without the fitter, and says the same to everyone who asks."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from store_service import BATCH, entry, most_held, new_store, start_python

import evolve
from evolve.api.run import LEVEL
from evolve.cli.app import call
from evolve.evaluation.fitted import fit_rows
from evolve.forecast import interval
from evolve.law.candidate import Candidate
from evolve.law.graph import Law, const, feat
from evolve.law.graph import call as node
from evolve.law.recipe import Recipe
from evolve.runs.intervals import intervals_of
from evolve.runs.listing import state_of
from evolve.runs.results import (
    ResultRow,
    RunResults,
    archive_of,
    leading_row,
    load_results,
    save_results,
)
from evolve.runs.sketches import scores_of
from evolve.runs.store import Store
from evolve.runs.summary import summary_from_data
from evolve.runs.tabulate import freedom_of, row_of, shared_of
from evolve.search.archive import Archive
from evolve.search.finalists import finalists_of
from evolve.tasks.task import Task, load_task
from tests.run_of_literature import store_of
from tests.small_tasks import task_of

READ = """
import sys
import evolve

assert not {"numpy", "pandas", "pydantic"} & set(sys.modules), "import evolve loads too much"
run = evolve.load(sys.argv[1])
print(run, run.champion.formula, run.champion.held_out_r2, run.seed, run.n_evaluations)
assert len(run.champion.constants) > 0
assert len(run.elites) > 0
print("loaded", sorted({"numba", "scipy", "sympy", "matplotlib"} & set(sys.modules)))
"""


@pytest.fixture(scope="module")
def task() -> Task:
    return load_task("parallel")


@pytest.fixture(scope="module")
def runs_dir(task: Task, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that chose the second best score, and one that was left before its end."""
    folder = tmp_path_factory.mktemp("runs")
    with store_of(task, folder / "ended") as store:
        row = replace(row_of(task, store.entry(1), "champion"), held_out_r2=0.75)
        save_results(store, [row], chosen=True)
    store_of(task, folder / "left").close()
    return folder


def test_a_run_is_read_without_compiler_and_solver(runs_dir: Path) -> None:
    process = start_python(READ, str(runs_dir / "ended"))
    out, err = process.communicate()
    assert process.returncode == 0, err
    assert out.splitlines()[-1] == "loaded []"


def test_what_stands_first_is_the_champion_and_not_the_best_score(runs_dir: Path) -> None:
    with Store.open(runs_dir / "ended", write=False) as store:
        results = load_results(store)
        row = leading_row(store, results)
        assert row is not None
        assert (row.index, row.held_out_r2, results.chosen) == (1, 0.75, True)
        assert results.summary.best == 0


def test_before_the_end_the_best_score_stands_first_without_constants(
    runs_dir: Path, task: Task
) -> None:
    with Store.open(runs_dir / "left", write=False) as store:
        with most_held() as held:
            row = leading_row(store, load_results(store))
        assert row is not None
        assert held.most == 1
        assert (row.index, row.constants, row.train_r2) == (0, {}, None)
        assert row.formula == row_of(task, store.entry(0), "champion").formula


def test_names_of_an_older_run_come_from_its_task(runs_dir: Path) -> None:
    with Store.open(runs_dir / "left", write=False) as store:
        new = leading_row(store, load_results(store))
        for key in ("features", "targets"):
            del store.task[key]
        assert leading_row(store, load_results(store)) == new


def test_the_list_shows_the_champions_own_scores(
    runs_dir: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert call(["runs", "--runs-dir", str(runs_dir), "--json"]) == 0
    ended, left = json.loads(capfd.readouterr().out)
    assert (ended["held-out R2"], ended["held_out_r2"], ended["chosen"]) == (0.75, 0.75, True)
    assert ended["formula"] == evolve.load(runs_dir / "ended").champion.formula
    assert (left["held-out R2"], left["chosen"], left["train R2"]) == (0.99, False, None)
    assert call(["runs", "--runs-dir", str(runs_dir)]) == 0
    out = capfd.readouterr().out
    assert "champion" in out
    assert "best so far" in out


def test_the_level_of_the_python_interface_is_that_of_forecasts() -> None:
    assert LEVEL == interval.LEVEL


@pytest.mark.parametrize(
    ("freedom", "deviations"), [({"all": 3.0}, 2.353363), ({}, 1.644854)], ids=["few", "unknown"]
)
def test_an_interval_of_a_constant_is_that_of_students_t(
    freedom: dict[str, float], deviations: float
) -> None:
    values, errors = {"all": [[2.0, 3.0]]}, {"all": [[0.5, 0.0]]}
    told: dict[str, Any] = {"errors": errors, "freedom": freedom}
    row = ResultRow("champion", "", 0, 2, 0.0, 1.0, 1.0, "", values, "", **told)
    wide, sure = row.intervals(0.9)
    ends = 2.0 - deviations * 0.5, 2.0 + deviations * 0.5
    assert (wide.low, wide.high) == pytest.approx(ends)
    assert (sure.low, sure.high) == (3.0, 3.0)
    assert row.intervals(0.5)[0].high < wide.high


def test_rows_less_the_constants_that_they_decide_are_free() -> None:
    task = task_of(np.arange(1.0, 9.0), np.arange(2.0, 10.0), [0, 0, 0, 0, 0, 0, 1, 1])
    fitted: Any = SimpleNamespace(n_free=5.0, constants={"g0": np.ones(3), "g1": np.ones(3)})
    fitted.given = frozenset()
    assert freedom_of(task, fitted) == {"g0": 3.5, "g1": 1.0}
    fitted.given = frozenset({"g1"})  # its errors go by deviations that the user gave
    assert freedom_of(task, fitted) == {"g0": 3.5}


def test_errors_of_a_group_of_few_rows_go_by_the_noise_of_all() -> None:
    task = task_of(np.arange(1.0, 13.0), np.arange(2.0, 14.0), [0] * 5 + [1] * 4 + [2] * 3)
    covariance = np.array([[[2.0, 0.5], [0.5, 0.25]]])
    tables = {f"g{i}": covariance for i in range(3)}
    fitted: Any = SimpleNamespace(n_free=7.0, constants=tables, covariance=tables, common=(1,))
    shared = shared_of(task, fitted)
    assert shared == {"g0": [[0.5, 1.0]], "g1": [[0.5, 1.0]], "g2": [[1.0, 1.0]]}
    tables["g0"] = np.full((1, 2, 2), np.inf)  # of which nothing is known
    assert shared_of(task, fitted)["g0"] == [[0.0, 1.0]]
    fitted.common = ()
    assert shared_of(task, fitted) == {}


@pytest.mark.parametrize("n_rows", [2, 3, 4])
def test_intervals_of_small_groups_with_constants_in_common_hold_what_they_say(
    n_rows: int,
) -> None:
    """Of constants of a group of 2 to 4 rows beside others, 90 % intervals hold 90 %."""
    counts, true = (9, 8, 7, n_rows), ((1.5, 0.4), (1.7, 0.5), (1.9, 0.45), (1.6, 0.3))
    group = np.repeat(np.arange(4), counts)
    x = np.concatenate([np.geomspace(0.07, 14.0, n) for n in counts])
    floor, amplitude = np.array(true)[group].T
    power = node("mul", const(1), node("pow", feat(0), const(2)))
    candidate = Candidate(Law(node("add", const(0), power), 3), Recipe("log", tied="shape"))
    held, widths = [], []
    for seed in range(30):
        noise = 0.003 * np.random.default_rng(seed).normal(size=len(x))
        task = task_of(x, (floor + amplitude * x**-0.25) * np.exp(noise), group.tolist())
        fitted = fit_rows(task, candidate)
        told = fitted.constants, fitted.errors, freedom_of(task, fitted)
        rows = intervals_of(("c0", "c1", "c2"), *told, 0.9, shared_of(task, fitted))[-3:-1]
        held += [row.low <= value <= row.high for row, value in zip(rows, true[3], strict=True)]
        widths += [(row.high - row.value) / row.error for row in rows]
    assert 0.8 < np.mean(held) < 0.97
    assert np.median(widths) < 2.0


def test_the_row_of_a_size_is_that_of_its_best_law() -> None:
    rows = [
        ResultRow(kind, "", size, size, 0.0, 1.0, 1.0, "", {}, "")
        for kind, size in (("champion", 4), ("size", 3), ("size", 4), ("literature", 5))
    ]
    results = RunResults(0, 9, summary_from_data(None, 0), tuple(rows), chosen=True)
    assert results.row() is rows[0]
    assert results.row(4) is rows[2]
    assert results.row(5) is None


def test_the_leading_entries_alone_give_the_archive_of_all(tmp_path: Path) -> None:
    told = [
        entry(i, origin="initial" if i < 4 else "mutation", n_constants=i % 2) for i in range(40)
    ]
    whole = Archive()
    whole.tell(told)
    with new_store(tmp_path / "r") as store:
        store.append(told)
        read = archive_of(store, store.summary())
    assert read.size < whole.size
    assert read.cells == whole.cells
    assert finalists_of(read) == finalists_of(whole)


def test_scores_are_read_without_an_entry(tmp_path: Path) -> None:
    with new_store(tmp_path / "r", n=BATCH) as store:
        told = [(e.index, e.evaluation.score) for e in store.each()]
        with most_held() as held:
            assert scores_of(store) == [pair for pair in told if pair[1] is not None]
    assert held.most == 0


@pytest.mark.parametrize(
    ("kind", "origin", "heading"),
    [("literature", "user", "user"), ("literature", "", "literature"), ("size", "user", "size")],
)
def test_a_row_of_a_users_own_program_is_called_so(
    kind: str, origin: str, heading: str, runs_dir: Path, task: Task
) -> None:
    with Store.open(runs_dir / "left", write=False) as store:
        row = replace(row_of(task, store.entry(1), kind), origin=origin)
    assert (row.heading, row.kind) == (heading, kind)
    assert row.to_data()["origin"] == origin


def test_a_run_that_chose_its_champion_when_its_time_was_over_is_done(runs_dir: Path) -> None:
    with Store.open(runs_dir / "ended", write=False) as store:
        results = replace(load_results(store), budget=100_000)
    assert state_of(runs_dir / "ended", results) == "done"
    assert state_of(runs_dir / "ended", replace(results, chosen=False)) == "stopped"
