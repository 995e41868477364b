"""Where a number would mislead, intervals and distances are told in words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from small_tasks import task_of

import evolve
from evolve.cli.app import call
from evolve.cli.ends import (
    MISTYPED,
    TENFOLD,
    WHOLE_RANGE,
    distance_text,
    ends_text,
    far_out,
    in_groups,
    level_text,
    point_text,
    size_text,
)
from evolve.forecast.verdict import CARE, HOLDS, VERDICTS
from evolve.forecast.words import NO_GUIDE, OPEN
from evolve.tasks.task import load_task


@pytest.fixture(autouse=True)
def use_runs(literature_runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVOLVE_RUNS_DIR", str(literature_runs))
    monkeypatch.setenv("COLUMNS", "200")


def printed(capfd: pytest.CaptureFixture[str], *words: str) -> str:
    assert call(words) == 0
    return capfd.readouterr().out


def told(capfd: pytest.CaptureFixture[str], *words: str) -> Any:
    return json.loads(printed(capfd, *words, "--json"))


REST = ("tokens=1e12", "unique_tokens=1e11")
ABSURD = ("predict", "dc", "--at", "params=1e-200", *REST)
SOUND = ("predict", "dc", "--at", "params=1e10", *REST)


def test_a_row_further_out_than_is_counted_is_told_so_in_words(
    capfd: pytest.CaptureFixture[str],
) -> None:
    out = printed(capfd, *ABSURD)
    assert "params more than 99 powers of ten below" in out
    assert "10^99" not in out
    assert MISTYPED in out
    assert MISTYPED not in printed(capfd, *SOUND)


def test_what_is_said_of_a_row_goes_by_how_far_out_it_lies() -> None:
    x = np.column_stack([np.geomspace(1.0, 100.0, 12), np.linspace(1990.0, 2015.0, 12)])
    features = [{"name": "params"}, {"name": "year", "scale": "linear"}]
    task = task_of(x, 1.0 / x[:, 0], features=features)
    for steps, said in ((0.99, ""), (1.0, TENFOLD), (9.9, TENFOLD), (10.0, MISTYPED)):
        assert far_out(task, np.array([[0.0, 0.5], [-steps, 0.0]])) == said
    assert far_out(task, np.array([[0.9, 1.0]])) == WHOLE_RANGE
    said = TENFOLD + WHOLE_RANGE + MISTYPED
    assert not any(verdict in said for verdict in VERDICTS)  # which may be another


def test_an_interval_that_was_cut_far_off_every_target_is_open(
    capfd: pytest.CaptureFixture[str],
) -> None:
    out = printed(capfd, *ABSURD)
    assert f" {OPEN} " in out
    assert NO_GUIDE in out
    assert told(capfd, *ABSURD)["rows"][0]["predictions"]["loss"]["is_open"]
    assert NO_GUIDE not in printed(capfd, *SOUND)
    assert not told(capfd, *SOUND)["rows"][0]["predictions"]["loss"]["is_open"]


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_what_holds_does_not_for_rows_that_are_unlike_every_training_row(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    params = 1e7 * 2.0 ** np.arange(12)
    columns = {"params": params, "tokens": 20.0 * params, "loss": 1.7 + 400.0 * params**-0.34}
    run = evolve.discover(
        pd.DataFrame(columns), "loss", evaluations=40, workers=0, runs_dir=tmp_path, progress=False
    )
    assert run.verdict is not None
    assert run.verdict.verdict == HOLDS
    words = ("predict", run.name, "--runs-dir", str(tmp_path), "--at", "params=1e11")
    assert told(capfd, *words, "tokens=2e12")["verdict"]["verdict"] == HOLDS
    unlike = told(capfd, *words, "tokens=6e13")["verdict"]
    assert unlike["verdict"] == CARE
    assert "are unlike every training row" in unlike["reasons"][0]


def test_what_is_said_of_some_of_the_groups_that_are_forecast_names_them(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    rows = [
        (name, n, floor + 400.0 * n**-0.34)
        for name, first, floor in (("web", 1e9, 1.7), ("code", 1e7, 1.2))
        for n in first * np.geomspace(1.0, 100.0, 12)
    ]
    file = tmp_path / "t.csv"
    pd.DataFrame(rows, columns=["corpus", "params", "loss"]).to_csv(file, index=False)
    words = ["fit", str(file), "--target", "loss", "--groups", "corpus"]
    words += ["--law", "E + A/params^a", "--at"]
    assert f"in code, {TENFOLD}" in printed(capfd, *words, "params=2e11")
    assert f"in all 2 groups, {TENFOLD}" in printed(capfd, *words, "params=2e12")
    assert f"\n{TENFOLD}" in printed(capfd, *words, "params=2e12", "--group", "web")
    assert told(capfd, *words, "params=2e12")["converged"] == 1.0


def test_a_paragraph_on_many_groups_names_the_first_and_says_how_many_others_there_are() -> None:
    groups = [f"g{k}" for k in range(9)]
    said = [*((g, "odd") for g in groups[1:]), ("g0", "open"), ("g0", "open"), ("g1", "")]
    assert in_groups(said, groups) == ["in g1, g2, g3, g4, g5 and 3 more, odd", "in g0, open"]
    assert in_groups([("g0", "odd")], ["g0", "g0"]) == ["odd"]


def test_a_plan_says_that_its_interval_is_open(capfd: pytest.CaptureFixture[str]) -> None:
    words = ("plan", "dc", "--compute", "6*params*tokens", "--at", "unique_tokens=1e9")
    out = printed(capfd, *words, "--budget-flops", "1e5")
    assert "90 % interval open" in out
    assert NO_GUIDE in out
    assert TENFOLD in printed(capfd, *words, "--budget-flops", "1e26")
    assert NO_GUIDE not in printed(capfd, *words, "--budget-flops", "1e21")


@pytest.mark.parametrize("runs", [("dc", "dc"), ("dc", "dc", "dc")], ids=["two", "three"])
def test_a_comparison_of_open_forecasts_is_not_sure(
    runs: tuple[str, ...], capfd: pytest.CaptureFixture[str]
) -> None:
    out = printed(capfd, "compare", *runs, "--at", "params=1e-100", *REST)
    assert NO_GUIDE in out
    assert "leaves out 0" not in out
    assert "holds 0" not in out
    assert NO_GUIDE not in printed(capfd, "compare", *runs, "--at", "params=1e10", *REST)


def test_a_level_near_1_is_not_rounded_to_all() -> None:
    assert level_text(0.9) == "90 %"
    assert level_text(0.99999999) == "99.999999 %"


def test_ends_and_distances_have_numbers_where_they_mean_something() -> None:
    task = load_task("data_constrained")
    assert ends_text(1.0, 2.5, is_open=False) == "1 to 2.5"
    assert distance_text(task, np.array([0.0, 1.5, -2.0])) == (
        "params 10^1.50 above, tokens 10^2.00 below"
    )
    assert distance_text(task, np.zeros(3)) == "inside"


def test_ends_that_differ_are_told_apart() -> None:
    assert ends_text(0.24, 0.25, is_open=False) == "0.24 to 0.25"
    assert ends_text(0.2402541, 0.2402549, is_open=False) == "0.240254 to 0.240255"
    assert ends_text(0.5, 0.5, is_open=False) == "0.5 to 0.5"
    near = ends_text(-2047.318264003, -2047.318263996, is_open=False)
    assert near == "-2047.318264003 to -2047.318263996"
    assert point_text(0.24025451, 0.2402541, 0.2402549) == "0.2402545"
    assert point_text(1000000194.2, 1000000193.1, 1000000195.3) == "1000000194"
    assert point_text(0.240254, 0.2, 0.3) == "0.24025"
    assert point_text(0.240254, 0.3, 0.4) == "0.24025"
    assert point_text(1 / 3, 1 / 3, 1 / 3) == "0.333333333333"
    assert point_text(float("nan"), 0.3, 0.4) == "nan"
    assert ends_text(1 / 3, 1 / 3 + 1e-15, is_open=False).startswith("0.33333333333333 to")


def test_errors_that_end_in_zeros_keep_them() -> None:
    sizes = [0.05996, 0.359, 0.5, 1234.5, 1e-12, 100.0, float("inf")]
    assert [size_text(size, 3) for size in sizes] == [
        *("0.0600", "0.359", "0.500", "1.23e+03", "1.00e-12", "100", "inf"),
    ]
