"""What of a machine decides digits, and what a run does under another one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from evolve.errors import StoreError
from evolve.evaluation.loading import loading_fitter
from evolve.runs import machine
from evolve.runs.machine import (
    DECISIVE,
    MACHINE,
    describe_machine,
    machine_changes,
    machine_remark,
    recorded_machine,
)
from evolve.runs.run import changes, create_run, require_same
from evolve.runs.settings import RunConfig
from evolve.search.problem import make_search_problem
from evolve.tasks.task import load_task

ROOT = Path(__file__).resolve().parents[2]


def elsewhere(**changes: str) -> dict[str, Any]:
    """Versions of a run that was made on another machine."""
    return {"evolve": "0.1", MACHINE: {**describe_machine(), **changes}}


def test_a_machine_is_described_in_words() -> None:
    described = describe_machine()
    assert set(DECISIVE) < set(described)
    assert described["numpy"] == machine.version("numpy")
    assert described["instructions"]
    assert all(isinstance(value, str) for value in described.values())


def test_a_worker_describes_the_fitter_as_this_process_does() -> None:
    here = describe_machine()
    with loading_fitter(1):
        assert describe_machine() == here


def test_a_process_that_has_all_fitted_by_workers_loads_no_compiler(tmp_path: Path) -> None:
    words = (
        "import sys; from evolve.cli import main\n"
        "words = ['--task', 'parallel', '--evaluations', '32', '--quiet', '--runs-dir']\n"
        "try:\n"
        "    main([*words, sys.argv[1]])\n"
        "except SystemExit as end:\n"
        "    assert not end.code\n"
        "assert not {'numba', 'llvmlite'} & set(sys.modules)\n"
        "assert 'evolve.search.champion' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", words, str(tmp_path)], check=True, cwd=ROOT)


@pytest.mark.parametrize("key", DECISIVE)
def test_what_decides_digits_keeps_a_run_from_going_on(key: str) -> None:
    changed = machine_changes(elsewhere(**{key: "other"}), decisive=True)
    assert len(changed) == 1
    assert "other" in changed[0]
    assert machine_remark(elsewhere(**{key: "other"})) is None


@pytest.mark.parametrize("key", ["processor", "kernel", "python patch"])
def test_what_decides_no_digits_is_named_in_one_line(key: str) -> None:
    versions = elsewhere(**{key: "other"})
    assert machine_changes(versions, decisive=True) == []
    remark = machine_remark(versions)
    assert remark is not None
    assert f"{key} was other, is " in remark


def test_the_same_machine_goes_without_a_word() -> None:
    assert machine_changes(elsewhere(), decisive=True) == []
    assert machine_remark(elsewhere()) is None


def test_instructions_are_named_by_what_differs() -> None:
    now = describe_machine()["instructions"].split()
    versions = elsewhere(instructions=" ".join([*now[1:], "AVX9"]))
    assert machine_changes(versions, decisive=True) == [
        f"this processor is without AVX9 and with {now[0]}"
    ]


@pytest.mark.parametrize("value", [None, 3, "x", ["numpy"]])
def test_a_run_that_names_no_machine_goes_on_with_a_note(value: object) -> None:
    versions = {"evolve": "0.1"} if value is None else {MACHINE: value}
    assert recorded_machine(versions) is None
    assert machine_changes(versions, decisive=True) == []
    assert "before runs kept their machine" in str(machine_remark(versions))


def test_a_run_keeps_its_machine_and_refuses_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    problem = make_search_problem(load_task("parallel", [ROOT / "tasks"]), 0)
    with create_run(tmp_path / "r", problem, RunConfig()) as store:
        assert recorded_machine(store.versions) == describe_machine()
        assert changes(store, problem) == []
        there = {**describe_machine(), "numpy": "99.0"}
        monkeypatch.setattr(machine, "describe_machine", lambda: there)
        with pytest.raises(StoreError, match=r"numpy was .*, is 99.0; .* --accept-changes"):
            require_same(store, problem)


def test_what_an_earlier_version_did_not_keep_of_its_machine_is_no_change() -> None:
    kept = {MACHINE: {"python": describe_machine()["python"], "numpy": "99.0"}}
    assert machine_changes(kept, decisive=False) == []
    (changed,) = machine_changes(kept, decisive=True)
    assert changed.startswith("numpy was 99.0, is ")
