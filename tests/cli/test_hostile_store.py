"""Runs from a stranger get one line from every verb, and nothing elsewhere is touched."""

from __future__ import annotations

import importlib.util
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from report_runs import small_run

from evolve.runs.forecasts import forecast_model_of_run, save_forecast_model
from evolve.runs.results import load_results, save_results
from evolve.sandbox.probe import read_report
from evolve.tasks.task import load_task

FOLDER = Path(__file__).resolve().parents[2] / "benchmarks"
READING = ("query --json", "show --json", "compare", "export law", "runs")
OF_MODELS = ("show --prompt", "resume", "show --json")
# Every second case, by one verb each; all of them by all verbs are for the benchmark.
LARGE = re.compile("million|[0-9] MB|GiB")  # left to the benchmark


@pytest.fixture(scope="module")
def hostile() -> Iterator[ModuleType]:
    """The benchmark, whose helpers lie beside it."""
    sys.path.insert(0, str(FOLDER))
    spec = importlib.util.spec_from_file_location("hostile_store", FOLDER / "hostile_store.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["hostile_store"] = module
    spec.loader.exec_module(module)
    yield module
    sys.path.remove(str(FOLDER))


@pytest.fixture(scope="module")
def place(hostile: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a small run that has all that a search leaves, without one."""
    folder = tmp_path_factory.mktemp("hostile")
    hostile.write_task(folder)
    task = load_task(str(folder / hostile.TASK))
    with small_run(task, folder / "made" / hostile.GOOD, 8) as store:
        save_forecast_model(store, forecast_model_of_run(store, task))
        save_results(store, load_results(store).rows, chosen=True)
    return folder


def ended(hostile: ModuleType, verb: str, work: Path) -> int:
    with hostile.standing(work):
        return int(hostile.called(hostile.VERBS[verb]))


@pytest.mark.parametrize("verb", [*READING, "predict"])
def test_the_run_that_others_are_made_from_is_a_good_one(
    verb: str, hostile: ModuleType, place: Path
) -> None:
    assert ended(hostile, verb, hostile.make_case(place, None)) == 0


@pytest.mark.slow
@pytest.mark.parametrize(
    "kind", ["FILES", "SCHEMAS", "LAWS", "ENTRIES", "META", "NOTES", "MODELS"]
)
def test_a_hostile_run_gets_one_line_and_touches_nothing_elsewhere(
    kind: str, hostile: ModuleType, place: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    faults = {}
    for number, name in enumerate(list(getattr(hostile.hostile_cases, kind))[::2]):
        if not LARGE.search(name):
            work = hostile.make_case(place, name)
            before = hostile.seen(work)
            verbs = OF_MODELS if kind == "MODELS" else READING
            verb = verbs[number % len(verbs)]
            ending = hostile.Ending(ended(hostile, verb, work), 0.0, 0)
            fault = hostile.fault_of(ending, *capfd.readouterr())
            if fault or hostile.seen(work) != before or (work / "stand" / "mark").exists():
                faults[name, verb] = fault or "touched"
    assert faults == {}


def test_a_traceback_and_a_file_that_is_touched_are_faults(
    hostile: ModuleType, place: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert hostile.called(("show", "\0")) in (2, hostile.TRACEBACK)
    ending = hostile.Ending(hostile.TRACEBACK, 0.0, 0)
    assert hostile.fault_of(ending, "", "ValueError: x\n").startswith("traceback")
    assert hostile.fault_of(hostile.Ending(2, 0.0, 0), "", "two\nlines\n").startswith("not one")
    work = hostile.make_case(place, None)
    before = hostile.seen(work)
    (work / "elsewhere" / "precious.txt").write_text("")
    assert hostile.seen(work) != before
    capfd.readouterr()


OWN_FIT = """import numpy as np
# EVOLVE-BLOCK-START
def scaling_law_func(X, params):
    return 2.0 + params[0] * np.where(X[:, 0] > 1e8, 0.5, 1.0)
def fit_scaling_law(X, y):
    return np.array([1.0])
# EVOLVE-BLOCK-END
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    "verb", ["predict", "plan", "export law", "score", "verify", "show", "resume anew"]
)
def test_the_texts_of_a_run_are_run_where_the_sandbox_is_weak_by_no_verb(
    verb: str,
    hostile: ModuleType,
    place: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    work = hostile.make_case(place, None)
    hostile.hostile_cases.program(OWN_FIT, traced=False)(work / "runs" / hostile.BAD, work)
    monkeypatch.setattr("evolve.evaluation.programs._SHARED", [])
    monkeypatch.setattr("evolve.sandbox.foreign.read_report", lambda *_: read_report({}))
    assert ended(hostile, verb, work) == 2
    assert "level weak here" in capfd.readouterr().err


@pytest.mark.slow
@pytest.mark.parametrize("verb", ["runs", "query", "compare", "report"])
def test_who_only_looks_at_a_run_needs_no_sandbox(
    verb: str, hostile: ModuleType, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = hostile.make_case(place, None)
    hostile.hostile_cases.program(OWN_FIT, traced=False)(work / "runs" / hostile.BAD, work)
    monkeypatch.setattr("evolve.sandbox.foreign.read_report", lambda *_: read_report({}))
    assert ended(hostile, verb, work) == 0
