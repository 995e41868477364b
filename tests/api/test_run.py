"""In Python, a data frame becomes a run on disk, and a run answers what is asked of it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from report_runs import small_run

import evolve
from evolve.api import searching
from evolve.api.progress import NullProgress
from evolve.api.run import Run
from evolve.cli.app import call
from evolve.errors import EvolveError
from evolve.evaluation.evaluator import Evaluator
from evolve.evaluation.problem import failed
from evolve.evaluation.record import Entry
from evolve.runs.store import Store
from evolve.tasks.task import load_task

ROOT = Path(__file__).resolve().parents[2]
N = 40  # evaluations: one batch and a part of the next


def frame() -> pd.DataFrame:
    """48 runs of a noisy sum of two power laws, and a column of words."""
    rng = np.random.default_rng(0)
    params, tokens = (
        np.repeat(10 ** np.linspace(7, 9.5, 8), 6),
        np.tile(10 ** np.linspace(9, 11, 6), 8),
    )
    loss = 1.7 + 400 / params**0.34 + 410 / tokens**0.28 + rng.normal(0.0, 0.003, 48)
    return pd.DataFrame({"params": params, "tokens": tokens, "loss": loss, "host": "a"})


@pytest.fixture(scope="module")
def runs_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("runs")


@pytest.fixture(scope="module")
def run(runs_dir: Path) -> Run:
    return evolve.discover(
        frame(), "loss", evaluations=N, workers=0, runs_dir=runs_dir, progress=False
    )


@pytest.fixture(scope="module")
def grouped(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run of a shipped task with two groups, without a search."""
    folder = tmp_path_factory.mktemp("runs") / "parallel-small"
    small_run(load_task("parallel", [ROOT / "tasks"]), folder, 3).close()
    return evolve.load(folder)


# discover and load


def test_a_data_frame_becomes_a_run_with_a_champion(run: Run) -> None:
    assert run.name == "loss-0-1"
    assert run.task.feature_names == ("params", "tokens")
    assert run.n_evaluations == N
    assert run.chosen
    assert run.champion.held_out_r2 is not None
    assert run.champion.held_out_r2 > 0.99
    assert "params" in run.champion.formula
    assert run.champion.constants.shape == (1, run.champion.n_constants)


def test_columns_that_move_together_are_a_warning(tmp_path: Path) -> None:
    rows = frame().iloc[::6].assign(tokens=lambda df: 20.0 * df["params"])
    with pytest.warns(UserWarning, match=r"tokens is 20 \* params: no row shows"):
        evolve.discover(rows, "loss", evaluations=1, workers=0, runs_dir=tmp_path, progress=False)


def test_what_stands_out_in_a_table_is_a_warning_each_and_nothing_of_a_sound_one(
    tmp_path: Path,
) -> None:
    few: dict[str, Any] = {"evaluations": 1, "workers": 0, "runs_dir": tmp_path, "progress": False}
    rows = frame().assign(weight=[1.0, 0.5] * 24)
    rows.loc[[3, 5], "loss"] = -999.0
    with pytest.warns(UserWarning, match="far from all others") as told:
        evolve.discover(rows, "loss", ["params", "tokens"], keep_outliers=True, **few)
    said = [str(warning.message) for warning in told]
    assert "loss is -999 in 2 rows, far from all others" in said[0]
    assert said[1] == "weight is by its name what each row counts: it does so as weights"
    assert {warning.filename for warning in told} == {__file__}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        evolve.discover(frame(), "loss", ["params", "tokens"], **few)


def test_a_run_that_went_wrong_is_left_out_with_a_warning_that_names_it(tmp_path: Path) -> None:
    few: dict[str, Any] = {"evaluations": 1, "workers": 0, "runs_dir": tmp_path, "progress": False}
    rows = frame()
    rows.loc[20, "loss"] *= 3.0
    with pytest.warns(UserWarning, match="left out") as told:
        run = evolve.discover(rows, "loss", ["params", "tokens"], **few)
    assert run.task.train.n_rows == len(rows) - 1
    said = [str(warning.message) for warning in told]
    assert "row 21 with loss" in said[0]
    assert "keep_outliers takes every row" in said[1]


def test_the_rows_are_kept_exactly(run: Run) -> None:
    np.testing.assert_array_equal(run.task.train.X, frame()[["params", "tokens"]].to_numpy())
    np.testing.assert_array_equal(run.task.train.Y[:, 0], frame()["loss"].to_numpy())


def test_a_run_is_loaded_by_name_and_by_folder(
    run: Run, runs_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EVOLVE_RUNS_DIR", str(runs_dir))
    for again in (evolve.load("loss-0-1"), evolve.load(run.folder)):
        assert repr(again) == repr(run)
        assert again.champion.text == run.champion.text


def test_a_run_that_is_not_there_names_the_nearest(run: Run, runs_dir: Path) -> None:
    with pytest.raises(EvolveError, match="did you mean 'loss-0-1'"):
        evolve.load("los-0-1", runs_dir=runs_dir)


def test_the_command_line_knows_the_run(
    run: Run, runs_dir: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert call(["show", run.name, "--runs-dir", str(runs_dir)]) == 0
    shown = capfd.readouterr().out
    assert "".join(run.champion.formula.split()) in "".join(shown.split())
    assert call(["tasks", str(run.task.folder)]) == 0
    assert "params" in capfd.readouterr().out


def test_a_second_run_gets_a_name_of_its_own(run: Run, runs_dir: Path) -> None:
    again = evolve.discover(
        frame(), "loss", evaluations=4, workers=0, runs_dir=runs_dir, progress=False
    )
    assert again.name == "loss-0-2"
    assert again.n_evaluations == 4
    assert evolve.load("loss-0-1", runs_dir=runs_dir).n_evaluations == N


def test_a_run_that_repeats_one_is_said_to(run: Run, runs_dir: Path) -> None:
    with pytest.warns(UserWarning, match="run 'loss-0-1', done, is of the same table, settings"):
        again = evolve.discover(
            frame(), "loss", evaluations=N, workers=0, runs_dir=runs_dir, progress=False
        )
    assert again.champion.text == run.champion.text


def test_a_run_can_be_moved_with_all_that_it_needs(tmp_path: Path) -> None:
    made = evolve.discover(
        frame(), "loss", evaluations=4, workers=0, runs_dir=tmp_path / "here", progress=False
    )
    formula = made.champion.formula
    (tmp_path / "here").rename(tmp_path / "there")
    moved = evolve.load(made.name, runs_dir=tmp_path / "there")
    assert moved.task.folder == tmp_path / "there" / made.name / "loss"
    assert moved.champion.formula == formula


def test_rows_for_a_test_are_put_aside_and_not_opened(tmp_path: Path) -> None:
    kept = evolve.discover(
        frame(),
        "loss",
        test="params>=1e9",
        evaluations=4,
        workers=0,
        runs_dir=tmp_path,
        progress=False,
    )
    assert kept.task.train.X[:, 0].max() < 1e9
    assert (kept.task.folder / "test.csv").is_file()
    with Store.open(kept.folder, write=False) as store:
        assert store.test_openings() == []


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"target": "los"}, "did you mean 'loss'"),
        ({"target": "loss", "features": ["params", "tokns"]}, "did you mean 'tokens'"),
        ({"target": "loss", "groups": "hosts"}, "did you mean 'host'"),
        ({"target": "loss", "extrapolate": ["host"], "features": ["params"]}, "host"),
        ({"target": "loss", "features": ["host"]}, "'host' must hold numbers, row 1 holds 'a'"),
        ({"target": "loss", "evaluations": 0}, "evaluations: must be"),
        ({"target": "loss", "name": "a/b"}, "a/b"),
    ],
)
def test_a_wrong_call_is_an_error_in_pythons_words_and_leaves_nothing_behind(
    given: dict[str, object], words: str, tmp_path: Path
) -> None:
    with pytest.raises(EvolveError, match=words) as caught:
        evolve.discover(frame(), runs_dir=tmp_path, **given)  # type: ignore[arg-type]
    assert "--" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_a_cell_that_breaks_a_rule_is_named(tmp_path: Path) -> None:
    rows = frame().astype({"params": object})
    rows.loc[3, "params"] = "many"
    with pytest.raises(EvolveError, match="data frame: column 'params' .*row 4"):
        evolve.discover(rows, "loss", ["params", "tokens"], runs_dir=tmp_path)
    assert list(tmp_path.iterdir()) == []


# asking


def test_elites_are_a_table_with_the_best_score_first(run: Run) -> None:
    assert run.elites["score"].is_monotonic_increasing
    assert {"constants", "held_out_r2", "heldout_r2", "operator", "formula"} <= set(
        run.elites.columns
    )


def test_predictions_stand_under_the_index_of_the_rows_they_belong_to(run: Run) -> None:
    rows = pd.DataFrame({"tokens": [1e10, 2e12], "params": [1e8, 7e9]}, index=["in", "out"])
    told = run.predict(rows, interval=0.8)
    assert list(told.index) == ["in", "out"]
    assert (told["low"] < told["point"]).all()
    assert (told["point"] < told["high"]).all()
    distance = told["extrapolation_distance"]
    assert distance["in"] == 0.0
    assert told.loc["out", "extrapolation_distance_tokens"] == pytest.approx(np.log10(20.0))
    assert distance["out"] == told.loc["out", "extrapolation_distance_tokens"]
    assert told["beyond"].equals(distance)
    assert told["beyond_tokens"].equals(told["extrapolation_distance_tokens"])
    assert told.loc["out", "point"] == pytest.approx(
        1.7 + 400 / 7e9**0.34 + 410 / 2e12**0.28, abs=0.1
    )


def test_a_wider_interval_is_wider(run: Run) -> None:
    rows = frame().tail(1)
    half, most = (run.predict(rows, interval=level) for level in (0.5, 0.99))
    assert (most["high"] - most["low"]).item() > (half["high"] - half["low"]).item()


@pytest.mark.parametrize(
    ("rows", "level", "words"),
    [
        ({"params": [1e9]}, 0.9, "'tokens' is missing"),
        ({"params": [1e9], "tokens": ["many"]}, 0.9, "row 1 holds 'many'"),
        ({"params": [1e9], "tokens": [1e9]}, 90.0, "interval: must be between 0 and 1"),
    ],
)
def test_rows_that_cannot_be_forecast_are_refused(
    rows: dict[str, list[object]], level: float, words: str, run: Run
) -> None:
    with pytest.raises(EvolveError, match=words):
        run.predict(pd.DataFrame(rows), interval=level)


def test_groups_are_read_from_their_columns_or_given_for_all_rows(grouped: Run) -> None:
    rows = pd.DataFrame({"num_params": [1e9, 1e9], "parallel_size": [2, 2]})
    (column,) = grouped.task.spec.groups
    names = list(grouped.task.group_names)
    told = grouped.predict(rows.assign(**{column: names}))
    for i, name in enumerate(names):
        alone = grouped.predict(rows.head(1), group=name)
        assert alone["point"].item() == told["point"].iloc[i]
    with pytest.raises(EvolveError, match="no group 'pil' .did you mean 'pile'"):
        grouped.predict(rows, group="pil")


def test_a_run_writes_its_report_and_keeps_the_test_rows_shut(
    grouped: Run, tmp_path: Path
) -> None:
    assert grouped.report(tmp_path / "page.html") == tmp_path / "page.html"
    assert "loss" in (tmp_path / "page.html").read_text()
    with Store.open(grouped.folder, write=False) as store:
        assert store.test_openings() == []


def test_a_run_is_written_as_files_of_every_kind(run: Run) -> None:
    assert "def fit_scaling_law" in run.export()
    assert run.export("latex").strip()
    sizes = set(run.elites["constants"])
    assert f"c{min(sizes)}" not in run.export("markdown", size=min(sizes))
    with pytest.raises(EvolveError, match="did you mean 'latex'"):
        run.export("latx")


# what a notebook shows


def test_a_run_and_its_champion_are_shown_with_formula_constants_and_scores(run: Run) -> None:
    for shown in (run._repr_html_(), run.champion._repr_html_()):
        assert shown is not None
        assert '<svg class="math"' in shown
        assert run.champion.formula in shown
        assert f"{run.champion.constants.iloc[0, 0]:.6g}" in shown
        assert "held-out R²" in shown


def test_groups_beyond_the_first_few_are_counted(grouped: Run) -> None:
    shown = grouped.champion._repr_html_()
    assert "pile" in shown
    assert "more rows" not in shown


def test_words_of_the_table_cannot_be_markup(run: Run, tmp_path: Path) -> None:
    rows = frame().rename(columns={"loss": "<b>loss</b>"})
    odd = evolve.discover(
        rows, "<b>loss</b>", evaluations=4, workers=0, runs_dir=tmp_path, progress=False
    )
    assert odd.name == "b_loss_b_-0-1"
    assert "<b>" not in (odd._repr_html_() or "")


def test_a_search_in_which_no_law_scored_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failure = failed("not-finite", "a fold: not finite")
    monkeypatch.setattr(
        Evaluator, "begin", lambda self, forms, bar: lambda: [failure] * len(forms)
    )
    with pytest.warns(UserWarning, match="no law has a score: 4 of 4 .* a fold: not finite"):
        evolve.discover(
            frame(), "loss", evaluations=4, workers=0, runs_dir=tmp_path, progress=False
        )


# interrupts, threads, scripts


class Interrupts(NullProgress):
    """Sends this process an interrupt, or several, after the first batch."""

    n = 1

    def batch(self, best: Entry | None, entries: Sequence[Entry]) -> bool:
        for _ in range(self.n):
            signal.raise_signal(signal.SIGINT)
        return super().batch(best, entries)


@pytest.mark.parametrize("n", [1, 2])
def test_an_interrupt_is_raised_when_the_run_is_saved(
    n: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Shown(Interrupts):
        pass

    Shown.n = n
    monkeypatch.setattr(searching, "make_display", lambda asked, **_: Shown(asked))
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGALRM)
    with pytest.raises(KeyboardInterrupt) as caught:
        evolve.discover(frame(), "loss", evaluations=1000, workers=0, runs_dir=tmp_path)
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGALRM)) == before
    saved = evolve.load("loss-0-1", runs_dir=tmp_path)
    assert saved.n_evaluations == 32
    assert not saved.chosen
    if n == 1:
        assert "evolve.load(" in str(caught.value)
        assert saved.champion.held_out_r2 is not None


@pytest.mark.slow
def test_a_script_needs_no_guard_around_its_main_part_and_may_use_a_thread(
    tmp_path: Path,
) -> None:
    frame().to_csv(tmp_path / "rows.csv", index=False)
    script = tmp_path / "script.py"
    script.write_text(
        "import threading, pandas, evolve\n"
        "print('begins')\n"
        "def work():\n"
        "    rows = pandas.read_csv('rows.csv')\n"
        "    run = evolve.discover(rows, 'loss', evaluations=4, workers=1)\n"
        "    print(run.champion.formula)\n"
        "thread = threading.Thread(target=work)\n"
        "thread.start()\n"
        "thread.join()\n"
    )
    done = subprocess.run(
        [sys.executable, str(script)],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    first, formula = done.stdout.splitlines()
    assert first == "begins"  # once: no worker has run the script again
    assert formula == evolve.load("loss-0-1", runs_dir=tmp_path / "runs").champion.formula
    assert "choosing the champion" in done.stderr


def test_a_run_is_resumed_from_python(tmp_path: Path) -> None:
    first = evolve.discover(
        frame(), "loss", evaluations=3, workers=0, runs_dir=tmp_path, progress=False
    )
    more = first.resume(6, workers=0, progress=False)
    assert more.n_evaluations > first.n_evaluations
    assert more.chosen
    assert more.finalists["champion"].sum() == 1
    assert more.verdict is not None
