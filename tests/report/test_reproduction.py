"""The command at the end of a report makes the same run again, whatever was asked of it."""

from __future__ import annotations

import shlex
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from report_runs import small_run
from small_tasks import power_task

from evolve.report.gather import Findings, gather
from evolve.report.reproduction import reproduction
from evolve.runs.notes import INHERITED
from evolve.runs.run import BUDGET
from evolve.runs.store import Store
from evolve.tasks.task import load_task


@pytest.fixture(scope="module")
def findings(tmp_path_factory: pytest.TempPathFactory) -> Findings:
    task = power_task()
    with small_run(task, tmp_path_factory.mktemp("runs") / "first", 4) as store:
        return gather(store, task)


def command_under(findings: Findings, notes: dict[str, Any], **settings: Any) -> list[str]:
    """The first command of a run of other settings and notes, as words."""
    with Store.open(findings.store.folder, write=True) as store:
        store.settings |= settings
        for key, value in notes.items():
            store.set_note(key, value)
        commands = reproduction(replace(findings, store=store))["commands"]
        for key in notes:
            store.set_note(key, None)
    return shlex.split(commands[0])


def commands_of(findings: Findings, **changes: Any) -> list[str]:
    with Store.open(findings.store.folder, write=False) as store:
        commands = reproduction(replace(findings, store=store, **changes))["commands"]
    assert isinstance(commands, list)
    return commands


def option(words: list[str], name: str) -> str:
    return words[words.index(name) + 1]


def test_task_seed_and_budget_stand_in_the_command(findings: Findings) -> None:
    words = command_under(findings, {}, seed=7)
    assert option(words, "--task").endswith(findings.task.name)
    assert option(words, "--seed") == "7"
    assert option(words, "--run") == "first-again"
    assert "--proposers" not in words


def test_the_budget_is_that_which_a_resumed_run_was_last_given(findings: Findings) -> None:
    words = command_under(findings, {BUDGET: {"evaluations": 64, "seconds": None}})
    assert option(words, "--evaluations") == "64"


def test_what_was_asked_of_every_law_stands_in_the_command(findings: Findings) -> None:
    rules = {
        "template": "E + @(x0)",
        "must_use": ["x0"],
        "forbid_operators": ["tanh", "sin"],
        "only_operators": [],
    }
    words = command_under(
        findings,
        {},
        proposers=["random"],
        rules=rules,
        seeds=[["mine", "text"]],
        search_rows=500,
    )
    assert option(words, "--template") == "E + @(x0)"
    assert option(words, "--must-use") == "x0"
    assert option(words, "--forbid-operator") == "tanh sin"
    assert option(words, "--proposers") == "random"
    assert option(words, "--seed-law") == "mine.py"
    assert option(words, "--search-rows") == "500"
    assert "--only-operators" not in words


def test_a_run_that_inherited_is_resumed_from_the_one_it_inherited_of(findings: Findings) -> None:
    words = command_under(findings, {INHERITED: {"run": "old-0-1", "elites": []}})
    where = str(findings.store.folder.parent)
    assert words[3:] == ["resume", "old-0-1", "--accept-changes", "--runs-dir", where]


def test_the_commands_are_for_the_folder_in_which_the_page_is_written(
    findings: Findings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "my tasks"
    shutil.copytree(load_task("parallel").folder, place / "mine")
    task = replace(findings.task, folder=place / "mine", name="mine")
    monkeypatch.chdir(tmp_path)
    written = commands_of(findings, task=task)
    again, *others = [shlex.split(command) for command in written]
    assert option(again, "--task") == "my tasks/mine"
    assert load_task(option(again, "--task")).folder == task.folder
    for words in (again, *others):
        assert Path(option(words, "--runs-dir")) == findings.store.folder.parent
    assert [words[3:5] for words in others] == [["show", "first"], ["score", "first"]]
    monkeypatch.chdir(place)
    again = shlex.split(commands_of(findings, task=task)[0])
    assert load_task(option(again, "--task")).folder == task.folder
    monkeypatch.chdir(tmp_path)
    assert "--task parallel " in commands_of(findings, task=load_task("parallel"))[0]


def test_a_run_in_the_usual_place_is_named_by_its_name_alone(
    findings: Findings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "runs").symlink_to(findings.store.folder.parent)
    monkeypatch.chdir(tmp_path)
    assert commands_of(findings)[1:] == [
        "python -m evolve show first",
        "python -m evolve score first --split test",
    ]
