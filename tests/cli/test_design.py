"""The verb that lays out pilot runs: its text, its JSON, its table and its mistakes."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from evolve.cli.app import call
from evolve.cli.design_text import WIDE_OPEN

ASKED = ("--law", "hoffmann_2022", "--compute", "6*params*tokens", "--budget", "1e21")
WORDS = ("design", *ASKED, "--narrow", "params=7B", "tokens=2T", "--noise", "1%", "--draws", "20")


def test_the_runs_of_the_best_design_are_written_one_a_row(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "runs.csv"
    assert call([*WORDS, "--json", "-o", str(path)]) == 0
    chosen = json.loads(capfd.readouterr().out)["chosen"]
    rows = list(csv.DictReader(path.open()))
    assert len(rows) == sum(run["times"] for run in chosen["to_make"])
    assert float(rows[0]["params"]) == pytest.approx(chosen["to_make"][0]["params"], rel=1e-5)
    costs = [float(row["compute"]) for row in rows]
    assert costs == sorted(costs)
    assert sum(costs) <= 1e21 * (1 + 1e-5)


def test_a_table_that_was_written_is_read_as_runs_of_ones_own(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "runs.csv"
    call([*WORDS, "--pick", "isoFLOP of 3 levels", "-o", str(path)])
    said = capfd.readouterr().out
    assert "isoFLOP of 3 levels: the runs to make" in said
    assert "assumed, not shown: that runs follow this law" in " ".join(said.split())
    call([*WORDS, "--rows", str(path), "--json"])
    designs = {d["design"]: d for d in json.loads(capfd.readouterr().out)["designs"]}
    own, same = designs["your own runs"], designs["isoFLOP of 3 levels"]
    assert own["scores"]["forecast"]["width"] == pytest.approx(
        same["scores"]["forecast"]["width"], rel=1e-3
    )


def test_a_size_of_several_words_stands_in_backticks_and_whole_in_the_table(
    tmp_path: Path,
) -> None:
    path = tmp_path / "runs.csv"
    law = ("--law", "A*`model, size`^-a", "--constants", "A=3", "a=0.1")
    asked = ("--compute", "`model, size`", "--budget", "1e12", "--narrow", "model, size=1e13")
    assert call(["design", *law, *asked, "--draws", "20", "-o", str(path)]) == 0
    assert next(csv.reader(path.open())) == ["model, size", "compute"]


def test_a_design_after_which_fits_say_anything_is_open(
    capfd: pytest.CaptureFixture[str],
) -> None:
    small = (*ASKED[:-1], "1e19", "--narrow", "params=1e9", "tokens=2e10", "--draws", "100")
    call(["design", *small, "--json"])
    scores = {d["design"]: d["scores"] for d in json.loads(capfd.readouterr().out)["designs"]}
    assert scores["one ratio"]["forecast"]["is_open"]
    assert not scores["isoFLOP of 3 levels"]["forecast"]["is_open"]
    call(["design", *small])
    out = capfd.readouterr().out
    row = next(line.split() for line in out.splitlines() if line.startswith("one ratio"))
    assert row[-2:] == ["open", "-"]
    assert WIDE_OPEN in " ".join(out.split())
    call([*WORDS])
    assert WIDE_OPEN not in " ".join(capfd.readouterr().out.split())


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--best-at", "1e23", "--min", "params"), "--min: must be like name=value"),
        (("--constants", "E=1", "E=2"), "--constants: E is given twice"),
        (("--constants", "alfa=1"), "--constants: no constant 'alfa' (did you mean 'alpha'?)"),
        (("--max", "parms=1e9"), "--max: no feature 'parms' (did you mean 'params'?)"),
        (("--pick", "grid"), "--pick: no design 'grid'"),
        (("--rows", "absent.csv"), "absent.csv: must be a file"),
        (("--ratio", "little"), "must be a number, such as 1e21 or 7B"),
        (("--budged", "1"), "no option '--budged' (did you mean '--budget'?)"),
    ],
)
def test_a_mistake_is_answered_with_the_option_and_the_nearest_name(
    words: tuple[str, ...], said: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert call([*WORDS, *words]) == 2
    assert said in " ".join(capfd.readouterr().err.split())
