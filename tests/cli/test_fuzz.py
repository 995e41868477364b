"""Broken tables, task files and command lines get their line and their exit code."""

from __future__ import annotations

import importlib.util
import random
import sys
from pathlib import Path
from types import ModuleType

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "benchmarks"


@pytest.fixture(scope="module")
def fuzz() -> ModuleType:
    """The benchmark, whose helper lies beside it."""
    sys.path.insert(0, str(FOLDER))
    try:
        spec = importlib.util.spec_from_file_location("fuzz", FOLDER / "fuzz.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules["fuzz"] = module
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(FOLDER))
    return module


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["of_table", "of_task", "of_words", "of_tracker"])
def test_no_broken_input_ends_in_a_traceback_or_a_wrong_exit_code(
    kind: str, fuzz: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("EVOLVE_EVALUATIONS", "EVOLVE_DATA_DIR", "EVOLVE_RUNS_DIR"):
        monkeypatch.delenv(name, raising=False)
    faults, made = {}, {make.__name__: make for make in fuzz.KINDS}
    for seed in range(30):
        case = made[kind](random.Random(seed))
        if fault := fuzz.fault_of(case):
            faults[seed] = (case.words, fault)
    assert faults == {}


def test_a_case_that_ends_otherwise_than_it_may_is_a_fault(fuzz: ModuleType) -> None:
    assert fuzz.fault_of(fuzz.Case(["--version"], {}, (2,))).startswith("exit code 0, not (2,)")


def test_a_path_that_the_system_refuses_is_named(
    capfd: pytest.CaptureFixture[str],
) -> None:
    from evolve.cli.app import call

    assert call(["show", "x" * 300]) == 2
    assert "File name too long" in capfd.readouterr().err
