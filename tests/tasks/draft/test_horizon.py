"""How far beyond the data forecasts will be asked for is said, or where the test begins."""

from __future__ import annotations

from pathlib import Path

import pytest
from own_tables import GOOD, made, refused, start_in

from evolve.tasks.task import load_task

TARGET = ("--target", "loss", "--features", "params", "tokens")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    start_in(tmp_path, monkeypatch)


def decided(capfd: pytest.CaptureFixture[str], *words: str) -> tuple[str, str]:
    found = made(capfd, *TARGET, *words)
    (horizon,) = [d for d in found["decisions"] if d["what"] == "horizon"]
    return horizon["chosen"], horizon["why"]


def test_a_test_that_begins_far_out_says_so_by_its_condition(
    capfd: pytest.CaptureFixture[str],
) -> None:
    chosen, why = decided(capfd, "--test", "tokens>=2.5e11")
    assert (chosen, why) == ("3.91 times along tokens", "the test begins so far out")


def test_one_that_begins_near_leaves_laws_compared_where_they_are(
    capfd: pytest.CaptureFixture[str],
) -> None:
    assert decided(capfd, "--test", "params>1e9")[0] == "none"
    assert load_task("my_runs").horizon is None


def test_the_rows_of_a_test_say_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    first = decided(capfd, "--test", "params>1e9 and tokens>1e9", "--name", "one")
    Path("my_runs.csv").write_text(f"{GOOD}web,1e15,1e15,1.7\n")
    assert decided(capfd, "--test", "params>1e9 and tokens>1e9", "--name", "two") == first


def test_without_a_test_nothing_is_said_but_what_the_user_says(
    capfd: pytest.CaptureFixture[str],
) -> None:
    assert decided(capfd)[0] == "none"
    text = Path("tasks/my_runs/task.toml").read_text()
    assert "# horizon =" in text
    chosen, why = decided(capfd, "--horizon", "100", "3", "--name", "far")
    assert (chosen, why) == ("100 times along params, 3 times along tokens", "named by the user")
    text = Path("tasks/far/task.toml").read_text()
    assert "horizon = [100.0, 3.0]" in text
    assert "--horizon 100 3" in text.splitlines()[0]


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (
            ("--horizon", "3", "3", "3"),
            "--horizon: folds.horizon must hold one number, or one for",
        ),
        (("--horizon", "0.5"), "--horizon: must hold factors of 1 or more; it holds 0.5"),
        (("--horizon", "3", "--extrapolate", "none"), "for each of the 0 axes"),
    ],
)
def test_a_horizon_that_is_none_is_refused(
    words: tuple[str, ...], part: str, capfd: pytest.CaptureFixture[str]
) -> None:
    refused(capfd, part, "new-task", "my_runs.csv", *TARGET, *words)
