"""KnownLaw laws make tasks that ask for ten times the scale, and coverage is counted as it is."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from evolve.bench.coverage import LEVELS, measure, overall
from evolve.bench.known import KNOWN_LAWS, KnownLaw, make_case
from evolve.cli.app import call
from evolve.errors import SandboxError
from evolve.forecast.model import ForecastModel, GroupUncertainty, Member
from evolve.law.graph import Law, const
from evolve.tasks.folds import make_folds


@pytest.mark.parametrize("known", KNOWN_LAWS, ids=lambda k: k.name)
def test_a_known_law_is_asked_for_ten_times_the_scale(known: KnownLaw) -> None:
    task, test = make_case(known, 0)
    assert np.isfinite(test.Y).all()
    assert (task.train.Y > 0).all()
    assert len(make_folds(task)) >= 3
    reach = test.X.max(axis=0) / task.train.X.max(axis=0)
    wanted = [10.0 if j in known.axes else 1.0 for j in range(len(reach))]
    np.testing.assert_allclose(reach, wanted)


def test_a_seed_gives_the_same_rows_again_and_another_others() -> None:
    one, again, other = (make_case(KNOWN_LAWS[2], seed)[0].train.Y for seed in (1, 1, 2))
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)


def test_coverage_is_the_share_of_rows_inside() -> None:
    known = next(k for k in KNOWN_LAWS if k.n_groups == 1)
    task, test = make_case(known, 0)
    sure = GroupUncertainty(np.zeros((1, 1, 1)), np.array([1e-9]), np.array([1.0]))
    wide = GroupUncertainty(np.zeros((1, 1, 1)), np.array([1e3]), np.array([1.0]))
    found = []
    for spread in (sure, wide):
        member = Member(0, Law(const(0), 1), {"all": np.array([[0.0]])})
        forecast_model = ForecastModel(
            (member,), {"all": spread}, False, np.zeros(0), np.zeros(0), True
        )
        found.append(measure(task, test, forecast_model, "synthetic", 0))
    assert [c.inside for c in found] == [(0.0,) * len(LEVELS), (1.0,) * len(LEVELS)]
    assert overall(found) == (0.5,) * len(LEVELS)
    assert found[0].extrapolation_distance > 0.3


def test_a_task_without_test_rows_is_refused(capfd: pytest.CaptureFixture[str]) -> None:
    assert call(["bench", "coverage", "--tasks", "paralel"]) == 2
    assert "did you mean 'parallel'?" in capfd.readouterr().err


def test_nested_coverage_takes_the_far_end_of_training_rows_and_opens_no_test(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "tables" / "short"
    folder.mkdir(parents=True)
    x = np.geomspace(1.0, 1000.0, 20)
    rows = "".join(f"{a:.6g},{2.0 + a**-0.5:.6g}\n" for a in x)
    (folder / "train.csv").write_text(f"size,loss\n{rows}")
    (folder / "test.csv").write_text("not a table that could be read")
    (tmp_path / "tables" / "broken").mkdir()
    (tmp_path / "tables" / "broken" / "train.csv").write_text("size,loss\n1\n")
    words = "bench coverage --tasks none --no-synthetic --nested --evaluations 20 --json --folder"
    assert call([*words.split(), str(tmp_path / "tables")]) == 0
    out, err = capfd.readouterr()
    said = json.loads(out)
    assert "broken: left out, " in err
    assert "row 1 has 1 (line 2)" in err
    (line,) = said["lines"]
    assert (line["kind"], line["n_values"]) == ("tables", 4)
    assert set(said["overall"]) == {"tables", "all"}
    assert line["times_error"] > 0.0


def test_a_folder_without_tables_is_told_what_nested_coverage_needs_alone(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    words = ["bench", "coverage", "--tasks", "none", "--nested", "--folder", str(tmp_path)]
    assert call(words) == 2
    assert capfd.readouterr().err == f"evolve: {tmp_path}: holds no folder with train.csv\n"


def test_a_folder_without_nested_is_refused(capfd: pytest.CaptureFixture[str]) -> None:
    assert call(["bench", "coverage", "--tasks", "none", "--folder", "tables"]) == 2
    assert "--nested" in capfd.readouterr().err


@pytest.mark.parametrize("words", ["--no-nested", "--nested --folder"])
def test_where_nothing_can_be_measured_it_is_said(
    words: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "train.csv").write_text("size,loss\n1\n")
    given = [*words.split(), *([str(tmp_path)] if "--folder" in words else [])]
    assert call(["bench", "coverage", "--tasks", "none", "--no-synthetic", *given]) == 2
    assert "nothing was measured" in capfd.readouterr().err


def test_a_worker_that_cannot_start_ends_the_measurement(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> None:
        raise SandboxError("no worker could start")

    monkeypatch.setattr("evolve.bench.coverage.search_forecast_model", fail)
    assert call(["bench", "coverage", "--tasks", "sft"]) == 2
    assert "no worker could start" in capfd.readouterr().err
