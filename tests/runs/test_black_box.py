"""A program with a fit of its own wins a search, and is all that a champion is."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from evolve.cli.app import call
from evolve.errors import EvolveError, SandboxError
from evolve.evaluation.predict import UNANSWERED
from evolve.evaluation.programs import ProgramRunner
from evolve.evaluation.requests import form_of
from evolve.forecast.members import fit_contenders
from evolve.forecast.spread import predictions_of
from evolve.law.graph import Law, const, feat, num
from evolve.law.graph import call as node
from evolve.law.program import parse_program
from evolve.runs.store import Store
from evolve.runs.tabulate import row_of
from evolve.tasks.task import load_task

# Rows of a law that no grammar of smooth terms holds: a wave in log(params), a jump in tokens.
WAVE = """
import numpy as np
from scipy.optimize import least_squares

# EVOLVE-BLOCK-START
TARGETS = law = 3.0  # names that an exported file has too


def scaling_law_func(data_points, params):
    X = np.atleast_2d(np.asarray(data_points, dtype=float))
    floor, scale, power, jump, wave = params
    if X[0, 0] < 0:
        return np.zeros(len(X))
    step = (X[:, 1] < 8.1e10) * jump
    turns = np.sin(TARGETS * law / 3.0 * np.log(X[:, 0])) ** 2
    return floor + scale * (X[:, 0] / 1e8) ** -power + step + wave * turns


def fit_scaling_law(data_points, loss_values):
    X, y = np.asarray(data_points, dtype=float), np.asarray(loss_values, dtype=float)
    def gaps(p):
        return scaling_law_func(X, p) - y
    return least_squares(gaps, [1.5, 1.0, 0.3, 0.1, 0.1], loss="soft_l1", f_scale=0.01).x
# EVOLVE-BLOCK-END
"""
TRUE = np.array([1.7, 0.76, 0.34, 0.3, 0.25])


def make_task(folder: Path) -> Path:
    """A task folder with the wave's rows, and the program in its seeds."""
    params, tokens = np.meshgrid(1e7 * 2.0 ** np.arange(12), 1e9 * 3.0 ** np.arange(6))
    rows = np.stack([params.ravel(), tokens.ravel()], axis=1)
    names: dict[str, object] = {}
    exec(WAVE, names)
    noise = np.exp(np.random.default_rng(3).normal(0.0, 0.002, len(rows)))
    loss = names["scaling_law_func"](rows, TRUE) * noise  # type: ignore[operator]
    table = "\n".join(f"{n:.6g},{d:.6g},{y:.6f}" for (n, d), y in zip(rows, loss, strict=True))
    path = folder / "wave.csv"
    path.write_text("params,tokens,loss\n" + table)
    given = ("--target", "loss", "--features", "params", "tokens", "--test", "params>=1e10")
    assert call(["new-task", str(path), *given, "--tasks-dir", str(folder)]) == 0
    seeds = folder / "wave" / "seeds"
    seeds.mkdir()
    (seeds / "own.py").write_text('"""A wave and a jump."""\n' + WAVE)
    return folder / "wave"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("black_box")
    task = make_task(folder)
    words = ("--task", str(task), "--evaluations", "64", "--run", "r", "--workers", "1", "--quiet")
    assert call([*words, "--runs-dir", str(folder / "runs")]) == 0
    return folder / "runs" / "r"


def told(run: Path, capfd: pytest.CaptureFixture[str], verb: str, *words: str) -> str:
    capfd.readouterr()
    code = call([verb, run.name, "--runs-dir", str(run.parent), *words])
    out, err = capfd.readouterr()
    assert code == 0, err
    return out


def test_the_program_is_the_champion_and_is_shown(
    run: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with Store.open(run, write=False) as store:
        entries = store.entries()
    own = [e for e in entries if e.law is None]
    assert [e.operator for e in own] == ["own"]
    assert own[0].evaluation.n_constants == 5
    best = min(
        (e for e in entries if e.evaluation.score is not None),
        key=lambda e: e.evaluation.score or 0.0,
    )
    assert best == own[0]
    shown = told(run, capfd, "show")
    assert "black box (A wave and a jump.)" in shown
    assert "nan" not in shown
    assert "least_squares" in told(run, capfd, "show", "--program")


def test_its_constants_are_those_that_made_the_rows(
    run: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    shown = json.loads(told(run, capfd, "show", "--json"))
    (constants,) = shown["constants"]["all"]
    np.testing.assert_allclose(constants, TRUE, rtol=0.05)


def test_it_forecasts_with_an_interval(run: Path, capfd: pytest.CaptureFixture[str]) -> None:
    at = ("--at", "params=5.12e10", "tokens=1e9", "--json")
    (row,) = json.loads(told(run, capfd, "predict", *at))["rows"]
    forecast = row["predictions"]["loss"]
    truth = 1.7 + 0.76 * 512**-0.34 + 0.3 + 0.25 * np.sin(3.0 * np.log(5.12e10)) ** 2
    assert forecast["low"] < truth < forecast["high"]
    assert forecast["high"] - forecast["low"] < 0.2


@pytest.mark.parametrize("form", ["law", "program"])
def test_what_is_exported_predicts_what_the_champion_does(
    run: Path, form: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "exported.py"
    path.write_text(told(run, capfd, "export", "--format", form))
    assert ("it needs numpy alone" in path.read_text()) == (form == "law")
    assert ("scipy" in path.read_text()) == (form == "program")
    scores = []
    file = (str(path), "--task", str(run.parents[1] / "wave"))
    for what in (file, (run.name, "--runs-dir", str(run.parent))):
        assert call(["score", *what, "--json"]) == 0
        scores.append(json.loads(capfd.readouterr().out)["overall"]["nmse"])
    assert scores[0] == pytest.approx(scores[1], rel=1e-6)


def test_it_is_written_as_json_and_markdown_and_has_no_formula(
    run: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    data = json.loads(told(run, capfd, "export", "--format", "json"))
    assert np.shape(data["constants"]["all"]) == (1, 5)
    assert "def scaling_law_func" in told(run, capfd, "export", "--format", "markdown")
    for form in ("sympy", "latex"):
        assert call(["export", run.name, "--runs-dir", str(run.parent), "--format", form]) == 2
        assert "is a black box, which has no formula" in capfd.readouterr().err


def test_it_is_verified(run: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert "no difference" in told(run, capfd, "verify").splitlines()[-1]


def test_it_has_a_report_with_figures_and_the_test_rows(
    run: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    document = json.loads(told(run, capfd, "report", "--json", "--reveal-test"))
    text = (run / "report.html").read_text(encoding="utf-8")
    assert "A wave and a jump" in text
    assert "Observed against predicted" in text
    assert "Beyond the data" in text
    assert "by the program itself" in text
    assert document["train_r2"] > 0.9
    assert document["test_r2"] > 0.9


def test_a_killed_search_goes_on_to_the_same_entries(run: Path, tmp_path: Path) -> None:
    words = [
        sys.executable,
        "-m",
        "evolve",
        "--workers",
        "1",
        "--quiet",
        "--runs-dir",
        str(tmp_path),
    ]
    task = str(run.parents[1] / "wave")
    with subprocess.Popen(
        [*words, "--task", task, "--evaluations", "64", "--run", "k"]
    ) as process:
        while process.poll() is None and _size(tmp_path / "k") < 32:
            time.sleep(0.05)
        process.send_signal(signal.SIGKILL)
    again = ["resume", "k", "--runs-dir", str(tmp_path), "--workers", "1", "--quiet"]
    assert call(again) == 0
    with Store.open(run, write=False) as whole, Store.open(tmp_path / "k", write=False) as killed:
        assert killed.digest() == whole.digest()


def _size(folder: Path) -> int:
    try:
        with Store.open(folder, write=False) as store:
            return len(store)
    except EvolveError:  # not there yet
        return 0


def test_a_program_that_fails_on_all_rows_has_a_row_that_says_so(run: Path) -> None:
    with Store.open(run, write=False) as store:
        entry = next(e for e in store.each() if e.law is None)
    task = load_task(str(run.parents[1] / "wave"))
    fit = "loss_values, dtype=float)\n"
    text = entry.text.replace(fit, f"{fit}    assert len(y) < {task.train.n_rows}\n")
    row = row_of(task, replace(entry, text=text), "size")
    assert row.message.startswith("on all rows: fit: exception: AssertionError")
    assert (row.constants, row.train_r2) == ({}, None)


def test_a_rival_program_that_fails_on_all_rows_is_left_out_of_forecasts(run: Path) -> None:
    with Store.open(run, write=False) as store:
        entries = [e for e in store.each() if e.evaluation.score is not None]
    task = load_task(str(run.parents[1] / "wave"))
    own, graph = (
        next(e for e in entries if (e.law is None) == is_own) for is_own in (True, False)
    )
    fit = "loss_values, dtype=float)\n"
    text = own.text.replace(fit, f"{fit}    assert len(y) < {task.train.n_rows}\n")
    broken = replace(own, text=text)
    law, rival = ((e.index, form_of(e), 0.5) for e in (graph, broken))
    assert [c.index for c in fit_contenders(task, [law, rival]).laws] == [graph.index]
    with pytest.raises(EvolveError, match="AssertionError"):
        fit_contenders(task, [rival, law])


class NoProcess:
    """A lane on a machine where no further process starts."""

    def fit(self, *_: object) -> None:
        raise SandboxError("sandbox: no process starts")

    predict = fit


def test_no_process_for_a_program_is_data_to_whoever_can_do_without_it(
    run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = load_task(str(run.parents[1] / "wave"))
    program, x = parse_program(WAVE), task.train.X[:3]
    graph = Law(node("add", const(0), node("mul", num(0.0), feat(0))), 1)
    laws, tables = [graph, program], [np.ones((1, 1)), TRUE[None]]
    assert np.isfinite(predictions_of(laws, tables, x)).all()
    monkeypatch.setattr("evolve.evaluation.programs._SHARED", [ProgramRunner(NoProcess())])
    values = predictions_of(laws, tables, x)
    assert np.isfinite(values[0]).all()
    assert np.isnan(values[1]).all()
    with pytest.raises(SandboxError, match="no process"):
        predictions_of(laws[::-1], tables[::-1], x)
    with Store.open(run, write=False) as store:
        entry = next(e for e in store.each() if e.law is None)
    row = row_of(task, entry, "size", excused=UNANSWERED)
    assert row.message == "on all rows: sandbox: no process starts"
    with pytest.raises(SandboxError):
        row_of(task, entry, "size")
