"""A run that is there already is found by what decides it, not by its name."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from evolve.cli.next_commands import tell_of_equal
from evolve.runs.equal import equal_run
from evolve.runs.notes import BUDGET
from evolve.runs.run import create_run
from evolve.runs.settings import RunConfig
from evolve.search.problem import SearchProblem, make_search_problem
from evolve.tasks.task import load_task

ROOT = Path(__file__).resolve().parents[2]
ASKED = RunConfig(3, 40)


@pytest.fixture(scope="module")
def problem() -> SearchProblem:
    return make_search_problem(load_task("parallel", [ROOT / "tasks"]), 3)


def test_a_run_of_the_same_table_settings_and_seed_is_found_under_any_name(
    problem: SearchProblem, tmp_path: Path
) -> None:
    assert equal_run(tmp_path, problem, ASKED) is None
    for name, settings in (
        *(("seed", replace(ASKED, seed=4)), ("more", replace(ASKED, evaluations=41))),
        *(("islands", replace(ASKED, n_islands=2)), ("mine", ASKED)),
    ):
        create_run(tmp_path / name, problem, settings).close()
    assert equal_run(tmp_path, problem, ASKED) == (tmp_path / "mine", "stopped")
    fewer = replace(problem, starts=problem.starts[:8])
    assert equal_run(tmp_path, fewer, ASKED) is None
    other = replace(problem, task=load_task("sft", [ROOT / "tasks"]))
    assert equal_run(tmp_path, other, ASKED) is None


def test_a_run_is_known_by_the_budget_it_was_last_given(
    problem: SearchProblem, tmp_path: Path
) -> None:
    with create_run(tmp_path / "r", problem, ASKED) as store:
        store.set_note(BUDGET, {"evaluations": 80, "seconds": None})
        assert equal_run(tmp_path, problem, ASKED) is None
        found = equal_run(tmp_path, problem, replace(ASKED, evaluations=80))
    assert found == (tmp_path / "r", "running")


def test_a_folder_that_cannot_be_read_is_passed_over(
    problem: SearchProblem, tmp_path: Path
) -> None:
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "run.sqlite").write_text("no database")
    assert equal_run(tmp_path, problem, ASKED) is None


def test_the_way_on_from_an_equal_run_is_a_command(
    problem: SearchProblem, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    tell_of_equal(tmp_path, problem, ASKED)
    assert capfd.readouterr().err == ""
    create_run(tmp_path / "r", problem, ASKED).close()
    tell_of_equal(tmp_path, problem, ASKED)
    said = " ".join(capfd.readouterr().err.split())
    assert said.startswith("evolve: run 'r', stopped, is of the same table, settings and seed: ")
    assert said.endswith(f"python -m evolve resume r --runs-dir {tmp_path}")
