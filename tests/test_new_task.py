"""A user's table becomes a task that is read back the same, and every mistake gets one line."""

from __future__ import annotations

import csv
import json
import sys
import tempfile
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evolve.cells import RawTable, read_table
from evolve.cli.app import call
from evolve.cli.options import repeat_flags
from evolve.errors import EvolveError
from evolve.new_task import (
    Wishes,
    guess_scale,
    guess_unit,
    inspect_columns,
    parse_condition,
    propose,
    write_task,
)
from evolve.splits import make_folds
from evolve.task import list_tasks, load_task, load_test

ROOT = Path(__file__).resolve().parent.parent
SHIPPED = [task.name for task in list_tasks([ROOT / "tasks"]) if task.has_train]
HEADER = "corpus,params,tokens,loss"
SIZES = [(1e7 * 3**i, 1e9 * 4**j) for i in range(6) for j in range(5)]
ROWS = [
    f"{'web' if k % 2 else 'code'},{n:g},{d:g},{1.7 + 400 * n**-0.34 + 410 * d**-0.28:.5f}"
    for k, (n, d) in enumerate(SIZES)
]
GOOD = "\n".join([HEADER, *ROWS]) + "\n"
TOML = """\
title = "A table"
source = "a test"
licence = "none"
groups = {groups}

[[features]]
name = "params"

[[features]]
name = "tokens"

[[targets]]
name = "loss"

[folds]
axes = ["params", "tokens"]
"""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder with a good table in it."""
    monkeypatch.chdir(tmp_path)
    for name in ("EVOLVE_EVALUATIONS", "EVOLVE_DATA_DIR", "EVOLVE_RUNS_DIR"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "my_runs.csv").write_text(GOOD)
    return tmp_path


def said(capfd: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = call(words)
    out, err = capfd.readouterr()
    return code, out, err


def made(capfd: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    """What `new-task … --json` tells."""
    code, out, err = said(capfd, "new-task", "my_runs.csv", *words, "--json")
    assert (code, err) == (0, "")
    told: dict[str, Any] = json.loads(out)
    return told


def table_of(text: str) -> RawTable:
    path = Path("table.csv")
    path.write_text(text)
    return read_table(path)


# a good table


WORDS = (
    *("--target", "loss", "--features", "params", "tokens", "--groups", "corpus"),
    *("--extrapolate", "params", "tokens", "--test", "params>=2e9 or tokens>=2e11"),
    *("--name", "mine"),
)


def test_a_table_becomes_a_task_whose_rows_are_those_of_the_table(
    capfd: pytest.CaptureFixture[str],
) -> None:
    told = made(capfd, *WORDS)
    assert (told["folder"], told["n_train"], told["n_test"]) == ("tasks/mine", 20, 10)
    task = load_task("mine")
    train = [(n, d) for n, d in SIZES if n < 2e9 and d < 2e11]
    assert task.train.X.tolist() == [list(row) for row in train]
    assert task.group_names == ("code", "web")
    assert load_test(task).X.tolist() == [list(row) for row in SIZES if row not in train]
    assert task.spec.folds.axes == ["params", "tokens"]
    assert [(f.unit, f.scale) for f in task.spec.features] == [(1e8, "log"), (1e10, "log")]
    assert make_folds(task)


def test_what_was_decided_is_printed_with_reasons_and_the_next_command(
    capfd: pytest.CaptureFixture[str],
) -> None:
    code, out, err = said(capfd, "new-task", "my_runs.csv", *WORDS)
    assert (code, err) == (0, "")
    assert "my_runs.csv: 30 rows, 4 columns; 20 for training (shown below), 10 for the test" in out
    assert "is positive and spans a factor of 81" in out
    assert "2, by corpus" in out
    assert "10 of 30 rows" in out
    assert "note:  group 'code' has 10 training rows" in out
    assert out.endswith(
        "show:  python -m evolve tasks mine\nrun:   python -m evolve --task mine\n"
    )
    assert said(capfd, "tasks", "mine")[0] == 0


def test_the_file_says_what_made_it_and_why_and_offers_what_was_left_open(
    capfd: pytest.CaptureFixture[str],
) -> None:
    made(capfd, *WORDS)
    text = Path("tasks/mine/task.toml").read_text()
    assert text.startswith("# Made by: python -m evolve new-task my_runs.csv --target loss ")
    assert "unit = 1e8  # a guess from the median" in text
    assert "# [physics]" in text
    opened = [
        line.removeprefix("# ")
        for line in text.partition("# Rows to leave out")[2].splitlines()
        if line.startswith("# ") and ("=" in line or "[" in line)
    ]
    assert set(tomllib.loads("\n".join(opened))) == {"filters", "physics"}


@pytest.mark.slow
def test_the_printed_command_runs_and_its_run_is_found_under_the_tasks_name(
    capfd: pytest.CaptureFixture[str],
) -> None:
    told = made(capfd, "--target", "loss", "--tasks-dir", "my tasks", "--name", "a.b-c")
    words = told["commands"]["run"].removeprefix("python -m evolve ")
    assert words == "--task 'my tasks/a.b-c'"
    options = ("--evaluations", "32", "--workers", "1", "--json")
    code, out, _ = said(capfd, "--task", "my tasks/a.b-c", *options)
    assert code == 0
    ended = json.loads(out)
    assert ended["run"] == "a.b-c-0-1"
    assert set(ended["commands"]) == {"show", "predict", "resume"}
    predict = ended["commands"]["predict"].removeprefix("python -m evolve ")
    assert predict == "predict a.b-c-0-1 --at params=2.4e+10 tokens=2.6e+12"
    code, out, _ = said(capfd, *predict.split(), "--json")
    assert code == 0
    (row,) = json.loads(out)["rows"]
    assert 1.0 < row["predictions"]["loss"]["point"] < 3.0
    for words in (
        ("score", "a.b-c-0-1", "--split", "test"),
        ("report", "a.b-c-0-1", "--reveal-test"),
    ):
        refused(capfd, "keeps no rows for a test", *words)
    assert json.loads(said(capfd, "show", "a.b-c-0-1", "--json")[1])["test_openings"] == []


def test_several_targets_and_a_name_taken_from_the_file(
    capfd: pytest.CaptureFixture[str],
) -> None:
    told = made(capfd, "--target", "loss", "tokens", "--features", "params")
    assert told["name"] == "my_runs"
    assert load_task("my_runs").target_names == ("loss", "tokens")


# guesses


@pytest.mark.parametrize(
    ("n_rows", "n_features", "most"),
    [(100, 2, 12), (17, 2, 5), (12, 3, 6), (17, 3, 7), (6, 1, 3), (300, 8, 17), (8, 6, 4)],
)
def test_constants_are_as_many_as_the_rows_bear(n_rows: int, n_features: int, most: int) -> None:
    names = [f"x{j}" for j in range(n_features)]
    x = 10.0 ** np.random.default_rng(1).uniform(0, 4, (n_rows, n_features + 1))
    text = "\n".join([",".join([*names, "y"]), *(",".join(map(repr, row)) for row in x.tolist())])
    assert propose(table_of(text), "x", Wishes(("y",), tuple(names))).spec.max_constants == most


def test_without_features_all_other_columns_of_numbers_are_proposed(
    capfd: pytest.CaptureFixture[str],
) -> None:
    lines = [f"{line},{extra}" for line, extra in zip(ROWS, range(len(ROWS)), strict=True)]
    lines = [f"{line},7,,{k % 3}" for k, line in enumerate(lines)]
    Path("my_runs.csv").write_text("\n".join([HEADER + ",id,version,empty,seed", *lines]) + "\n")
    told = made(capfd, "--target", "loss")
    assert load_task("my_runs").feature_names == ("params", "tokens", "seed")
    why = {column["name"]: column["why"] for column in told["columns"]}
    assert why["id"] == "counts the rows"
    assert why["version"] == "is constant"
    assert why["empty"] == "holds nothing"
    assert why["corpus"] == "holds texts"
    assert "no --features given" in told["decisions"][0]["why"]
    assert any("--groups corpus" in note for note in told["notes"])


@pytest.mark.parametrize("name", SHIPPED)
def test_scales_and_units_of_the_shipped_tasks_would_have_been_guessed(name: str) -> None:
    task = load_task(name, [ROOT / "tasks"])
    for feature, values in zip(task.spec.features, task.train.X.T, strict=True):
        assert guess_scale(values)[0] == feature.scale, feature.name
        assert 0.09 < guess_unit(values, feature.scale) / feature.unit < 11, feature.name


@pytest.mark.parametrize(
    ("values", "scale", "unit"),
    [
        ([1e7, 1e8, 1e9], "log", 1e8),
        ([3e-4, 1e-3, 3e-3], "log", 1e-3),
        ([0.1, 0.25, 0.5, 0.9], "linear", 1.0),
        ([0.0, 1e3, 2e3], "linear", 1e3),
        ([-2.0, 3.0], "linear", 1.0),
        ([0.0, 0.0], "linear", 1.0),
        ([2020.0, 2021.0, 2022.0, 2023.0], "linear", 1e3),
        ([1.0, 1.3, 1.69, 2.197], "log", 1.0),
        ([12.0, 24.0, 48.0], "log", 10.0),
        ([5e-324, 1e308], "log", 1e300),
    ],
)
def test_a_scale_and_a_unit_are_guessed(values: list[float], scale: str, unit: float) -> None:
    x = np.array(values)
    guessed = guess_scale(x)[0]
    assert guessed == scale
    assert guess_unit(x, guessed) == unit


AXES: dict[str, tuple[list[str], list[str], str]] = {
    "a guess of what is large": ([], ["params", "tokens"], "any"),
    "what the test bounds below": (["--test", "params>=2e9"], ["params"], "any"),
    "both at once": (["--test", "params>=2e9 and tokens>=6e10"], ["params", "tokens"], "all"),
    "any of both": (["--test", "2e9<=params or tokens>=2e11"], ["params", "tokens"], "any"),
    "what was asked for": (["--extrapolate", "tokens"], ["tokens"], "any"),
    "none, as was asked for": (["--extrapolate", "none"], [], "any"),
    "a guess where the test lies below": (["--test", "params<2e7"], ["params", "tokens"], "any"),
    "a guess where it is denied": (["--test", "not params<2e9"], ["params", "tokens"], "any"),
}


@pytest.mark.parametrize("what", AXES)
def test_the_axes_are(what: str, capfd: pytest.CaptureFixture[str]) -> None:
    words, axes, together = AXES[what]
    made(capfd, "--target", "loss", *words)
    folds = load_task("my_runs").spec.folds
    assert (folds.axes, folds.together) == (axes, together)


def test_a_learning_rate_is_no_axis_of_a_guess(capfd: pytest.CaptureFixture[str]) -> None:
    lines = [f"{row},{3e-4 * 2 ** (k % 4):g}" for k, row in enumerate(ROWS)]
    Path("my_runs.csv").write_text("\n".join([HEADER + ",lr", *lines]) + "\n")
    made(capfd, "--target", "loss")
    task = load_task("my_runs")
    assert task.spec.folds.axes == ["params", "tokens"]
    assert task.spec.features[2].scale == "log"


def test_a_table_of_two_scales_gets_plain_folds_and_says_so(
    capfd: pytest.CaptureFixture[str],
) -> None:
    lines = [f"{1 + k % 2},{1 / (k + 1):.4f}" for k in range(16)]
    Path("my_runs.csv").write_text("\n".join(["depth,loss", *lines]) + "\n")
    told = made(capfd, "--target", "loss")
    assert told["axes"] == []
    assert any("plain folds" in decision["why"] for decision in told["decisions"])


def test_test_rows_decide_nothing_but_which_rows_are_left() -> None:
    def spec_of(large: float, loss: float) -> Any:
        rows = [f"{10.0**i:g},{1 + i % 5},{5 - i / 10}" for i in range(12)]
        text = "\n".join(["params,depth,loss", *rows, f"{large:g},7,{loss}"]) + "\n"
        return propose(table_of(text), "x", Wishes(("loss",), test="params>=1e12")).spec

    assert spec_of(1e12, 2.0) == spec_of(1e30, -40.0)


NOTES = {
    "rows counted twice": (ROWS[0], "1 row repeats an earlier row in every used column"),
    "noise": (ROWS[0][:-1] + "9", "1 row repeats the features of another"),
}


@pytest.mark.parametrize("what", NOTES)
def test_a_note_tells_of(what: str, capfd: pytest.CaptureFixture[str]) -> None:
    row, part = NOTES[what]
    Path("my_runs.csv").write_text(f"{GOOD}{row}\n")
    assert any(part in note for note in made(capfd, "--target", "loss")["notes"])


def test_a_feature_that_others_fix_is_noted(capfd: pytest.CaptureFixture[str]) -> None:
    rows = [f"{line},{6 * n * d:g}" for line, (n, d) in zip(ROWS, SIZES, strict=True)]
    Path("my_runs.csv").write_text("\n".join([HEADER + ",flops", *rows]) + "\n")
    notes = made(capfd, "--target", "loss")["notes"]
    assert any("flops is a product of powers of params and tokens" in note for note in notes)


def test_a_size_that_reaches_zero_stays_linear_and_is_noted(
    capfd: pytest.CaptureFixture[str],
) -> None:
    rows = [f"{10.0 ** (k % 5):g},{k % 7},{5 - k / 10}" for k in range(20)]
    Path("my_runs.csv").write_text("\n".join(["steps,x,loss", *rows, "0,1,9"]) + "\n")
    told = made(capfd, "--target", "loss")
    steps = told["columns"][0]
    assert (steps["scale"], steps["why"]) == ("linear", "row 21 (line 22) holds 0: no logarithm")
    assert any("steps spans a factor of 1e+04 but for 1 row at 0" in n for n in told["notes"])


def test_columns_are_inspected() -> None:
    columns = inspect_columns(table_of("a,b,c,d\n1,x,1,\n10,y,,\n30,x,2,\n"))
    a = columns["a"]
    assert (a.kind, a.n_levels, a.low, a.median, a.high) == ("numbers", 3, 1.0, 10.0, 30.0)
    assert (a.gap, a.gap_text) == (10.0, "x 10")
    assert [columns[name].kind for name in "bcd"] == ["texts", "mixed", "empty"]
    assert (columns["b"].n_levels, columns["c"].n_blank, columns["d"].n_blank) == (2, 1, 3)
    assert inspect_columns(table_of("a\n-1\n4\n"))["a"].gap_text == "5"


# conditions


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("a>=2", [0, 1, 1, 1]),
        ("2<=a", [0, 1, 1, 1]),
        ("1<a<4", [0, 1, 1, 0]),
        ("a==1 or a==4", [1, 0, 0, 1]),
        ("a>1 and (b=='x' or a>3)", [0, 0, 1, 1]),
        ("not b=='x'", [0, 1, 0, 1]),
        ("'x'!=b", [0, 1, 0, 1]),
        ("`c d`<=-5e-1", [1, 1, 0, 0]),
        ("a != +2", [1, 0, 1, 1]),
    ],
)
def test_a_condition_selects(text: str, rows: list[int]) -> None:
    raw = table_of("a,b,c d\n1,x,-2\n2,y,-1\n3,x,0\n4,y,5\n")
    assert parse_condition(text, raw).rows.tolist() == [bool(row) for row in rows]


@given(st.text(alphabet="ab<>=!&|()'\"`. 10eandorntl-+*", max_size=25))
def test_any_text_is_a_condition_or_refused_in_one_line(text: str) -> None:
    raw = RawTable(Path("t.csv"), {"a": ["1", "2"], "b": ["x", "y"]}, 2)
    try:
        rows = parse_condition(text, raw).rows
    except EvolveError as error:
        told = str(error)
    else:
        told = f"{rows.sum()} of 2 rows"
    assert "\n" not in told
    assert told.startswith(("--test", "1 of 2 rows", "t.csv: column"))


# mistakes


def with_row(k: int, row: str) -> str:
    return "\n".join([HEADER, *ROWS[:k], row, *ROWS[k + 1 :]]) + "\n"


def cell(k: int, column: int, text: str) -> str:
    """The good table with another text in one cell."""
    cells = ROWS[k].split(",")
    cells[column] = text
    return with_row(k, ",".join(cells))


def only(n: int) -> str:
    return "\n".join([HEADER, *ROWS[:n]]) + "\n"


# What is wrong with a table: its text, and what is said of it in a call of new-task and in a run
# of a folder with a task.toml made by hand.
TABLES: dict[str, tuple[str | bytes | None, str, str]] = {
    "a wrong column name": (
        GOOD.replace("params", "param"),
        "has no column 'params' (did you mean 'param'?), it has corpus, param",
        "column 'params' is missing (did you mean 'param'?), the header holds corpus, param",
    ),
    "a text among numbers": (
        cell(4, 1, "big"),
        *["column 'params' must hold numbers, row 5 holds 'big' (line 6); put a number"] * 2,
    ),
    "a short form of a number": (cell(4, 1, "7B"), *["row 5 holds '7B' (line 6); write 7e9"] * 2),
    "a number with commas": (
        cell(4, 1, '"1,000,000"'),
        *["row 5 holds '1,000,000' (line 6); write 1000000"] * 2,
    ),
    "one row": (
        only(1),
        *["a search needs at least 6 training rows, to fit 4 and predict the others"] * 2,
    ),
    "no rows": (only(0), *["must have rows, there is a header and nothing below it"] * 2),
    "all rows equal": (
        "\n".join([HEADER, *[ROWS[0]] * 9]) + "\n",
        "rows must differ, all 9 are the same",
        "target 'loss' must vary over the training rows, all hold",
    ),
    "a target that does not vary": (
        "\n".join([HEADER, *(row.rpartition(",")[0] + ",3" for row in ROWS)]) + "\n",
        *["target 'loss' must vary over the training rows, all"] * 2,
    ),
    "a feature that does not vary": (
        "\n".join([HEADER, *(f"web,5,{row.split(',', 2)[2]}" for row in ROWS)]) + "\n",
        "feature 'params' must vary, all 30 rows hold 5; leave it out of --features",
        "no further scale to hold out along params (1 level), tokens (5 levels)",
    ),
    "a group of two rows": (
        GOOD.replace("web", "code").replace("code", "rare", 2),
        *["a group needs at least 4 training rows to be fitted, 'rare' has 2; add rows"] * 2,
    ),
    "no target": (
        "\n".join(line.rpartition(",")[0] for line in GOOD.splitlines()) + "\n",
        "--target: table.csv has no column 'loss', it has corpus, params, tokens",
        "column 'loss' is missing, the header holds corpus, params, tokens",
    ),
    "an empty target": (
        cell(2, 3, ""),
        *["'loss' must hold numbers, row 3 holds nothing (line 4); fill it in or take"] * 2,
    ),
    "a target that is nan": (cell(2, 3, "NaN"), *["'loss' must be finite, row 3 holds nan"] * 2),
    "a feature that is infinite": (
        cell(2, 2, "inf"),
        *["column 'tokens' must be finite, row 3 holds inf (line 4); put a number"] * 2,
    ),
    "a group without a name": (
        cell(2, 0, ""),
        *["column 'corpus' must name a group, row 3 holds nothing (line 4); fill it in"] * 2,
    ),
    "two columns of a name": (
        GOOD.replace("params", "tokens"),
        *["the header holds 'tokens' 2 times; rename or take out all but one"] * 2,
    ),
    "a column without a name": (
        "\n".join(f",{line}" if not k else f"{k},{line}" for k, line in enumerate(GOOD.split())),
        *["column 1 has none; name it or take it out (pandas leaves its index out"] * 2,
    ),
    "a row that is too short": (
        with_row(3, "web,1e7"),
        *["rows must have 4 cells, row 4 has 2 (line 5); the header has 4"] * 2,
    ),
    "an open quote": (with_row(3, '"' + ROWS[3]), *["a quote seems to be left open"] * 2),
    "another separator": (
        GOOD.replace(",", ";"),
        *["columns must be separated by commas, the header 'corpus;params;tokens;loss'"] * 2,
    ),
    "an empty file": ("", *["must have a header, the file is empty"] * 2),
    "no text": (b"\x89\xff\x00", *["must be UTF-8 text, byte 0 is not; save it as UTF-8"] * 2),
    "no file": (None, "table.csv: must be a file, there is none", "train.csv is missing; put"),
}


def refused(capfd: pytest.CaptureFixture[str], part: str, *words: str) -> None:
    code, out, err = said(capfd, *words)
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert part in err
    assert "Traceback" not in err


def written(path: Path, text: str | bytes | None) -> None:
    if text is not None:
        path.write_bytes(text.encode() if isinstance(text, str) else text)


@pytest.mark.parametrize("mistake", TABLES)
def test_new_task_refuses(mistake: str, capfd: pytest.CaptureFixture[str]) -> None:
    text, part, _ = TABLES[mistake]
    written(Path("table.csv"), text)
    words = ["--target", "loss", "--features", "params", "tokens"]
    words += ["--groups", "corpus"] if "group" in mistake else []
    refused(capfd, part, "new-task", "table.csv", *words)
    assert not Path("tasks").exists()


@pytest.mark.parametrize("mistake", TABLES)
def test_a_run_of_a_folder_made_by_hand_refuses(
    mistake: str, capfd: pytest.CaptureFixture[str]
) -> None:
    text, _, part = TABLES[mistake]
    folder = Path("by hand")
    folder.mkdir()
    groups = '["corpus"]' if "group" in mistake else "[]"
    (folder / "task.toml").write_text(TOML.format(groups=groups))
    written(folder / "train.csv", text)
    refused(capfd, part, "--task", "./by hand")
    assert not Path("runs").exists()


def test_a_run_refuses_a_size_that_is_not_positive(capfd: pytest.CaptureFixture[str]) -> None:
    folder = Path("by hand")
    folder.mkdir()
    (folder / "task.toml").write_text(TOML.format(groups="[]"))
    (folder / "train.csv").write_text(cell(2, 1, "0"))
    part = "'params' must be positive under a log scale, row 3 holds 0 (line 4); take the row out"
    refused(capfd, part, "--task", "./by hand")


LOSS = ("--target", "loss")
CALLS: dict[str, tuple[tuple[str, ...], str]] = {
    "no target": ((), "--target: which column is to be predicted? my_runs.csv has corpus, params"),
    "an unknown target": (("--target", "los"), "no column 'los' (did you mean 'loss'?)"),
    "a feature that is the target": (
        (*LOSS, "--features", "params", "loss"),
        "--features: a column has one role, 'loss' is named by --target too",
    ),
    "a feature named twice": (
        (*LOSS, "--features", "params", "params"),
        "'params' is named twice",
    ),
    "names joined by a comma": (
        (*LOSS, "--features", "params,tokens"),
        "names stand apart by spaces: a b",
    ),
    "an axis that is no feature": (
        (*LOSS, "--features", "params", "--extrapolate", "tokens"),
        "--extrapolate: must name features, 'tokens' is not among --features",
    ),
    "an axis that is the target": (
        (*LOSS, "--extrapolate", "loss"),
        "'loss' is named by --target",
    ),
    "an axis named twice": ((*LOSS, "--extrapolate", "params", "params"), "one of them twice"),
    "texts as a feature": (
        (*LOSS, "--features", "corpus"),
        "column 'corpus' must hold numbers, row 1 holds 'code' (line 2)",
    ),
    "a group a row": ((*LOSS, "--groups", "loss"), "--groups: a column has one role, 'loss'"),
    "groups too small": (
        (*LOSS, "--features", "params", "--groups", "tokens", "corpus"),
        "to be fitted, '1e+09 | code' has 3, '4e+09 | web' has 3, '1.6e+10 | code' has 3 and 7",
    ),
    "a condition that ends early": ((*LOSS, "--test", "params>="), "must be like params>=4e9"),
    "a condition with one =": ((*LOSS, "--test", "corpus='web'"), "equal is =="),
    "a condition joined by &": ((*LOSS, "--test", "params>1 & tokens>2"), "the words and, or"),
    "a condition on no column": ((*LOSS, "--test", "parms>1"), "(did you mean 'params'?)"),
    "a text without quotes": ((*LOSS, "--test", "corpus==zzz"), "a text stands in quotes"),
    "an order of texts": ((*LOSS, "--test", "corpus>'a'"), "the text 'a' by == or !="),
    "two columns compared": ((*LOSS, "--test", "params>tokens"), "a column with a number or text"),
    "a call in a condition": ((*LOSS, "--test", "open('x')"), "a column with a number or text"),
    "texts compared with a number": (
        (*LOSS, "--test", "corpus>3"),
        "column 'corpus' must hold numbers, row 1 holds 'code'",
    ),
    "a condition of no row": (
        (*LOSS, "--test", "params>=1e20"),
        "it selects none of 30 rows; params runs from 1e+07 to 2.43e+09",
    ),
    "a condition of all rows": (
        (*LOSS, "--test", "corpus!='x'"),
        "it selects all 30 rows; corpus holds code, web",
    ),
    "a test with a whole group": (
        (*LOSS, "--groups", "corpus", "--test", "corpus=='web'"),
        "--test takes all rows of 'web', row 2 among them (line 3)",
    ),
    "a test that leaves too few": ((*LOSS, "--test", "params>=2e7"), "there are 5; add rows"),
    "a name that is no folder's": ((*LOSS, "--name", "a/b"), "--name: must be up to 60 letters"),
    "the name of a task that ships": ((*LOSS, "--name", "sft"), "'sft' ships with the package"),
    "a folder that cannot be made": (
        (*LOSS, "--tasks-dir", "my_runs.csv"),
        "my_runs.csv/my_runs: cannot be written, Not a directory; name a folder that can",
    ),
    "an unknown option": ((*LOSS, "--feature", "x"), "(did you mean '--features'?)"),
}


@pytest.mark.parametrize("mistake", CALLS)
def test_a_call_of_new_task_is_refused_for(
    mistake: str, capfd: pytest.CaptureFixture[str]
) -> None:
    words, part = CALLS[mistake]
    refused(capfd, part, "new-task", "my_runs.csv", *words)
    assert not Path("tasks").exists()


def test_a_task_that_is_there_is_never_overwritten(capfd: pytest.CaptureFixture[str]) -> None:
    made(capfd, *LOSS)
    before = {path: path.read_bytes() for path in Path("tasks/my_runs").iterdir()}
    part = "tasks/my_runs: is there already and is not overwritten; give another --name"
    refused(capfd, part, "new-task", "my_runs.csv", *LOSS)
    assert {path: path.read_bytes() for path in Path("tasks/my_runs").iterdir()} == before


def test_nothing_of_a_task_stays_where_writing_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    draft = propose(read_table(Path("my_runs.csv")), "x", Wishes(("loss",)))

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("evolve.new_task.write._write_csv", full)
    with pytest.raises(EvolveError, match="tasks/x: cannot be written, No space left on device"):
        write_task(draft, Path("tasks"), "made")
    assert not Path("tasks/x").exists()


def test_tables_in_the_data_dir_are_not_mistaken_for_those_given(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("data/my_runs").mkdir(parents=True)
    monkeypatch.setenv("EVOLVE_DATA_DIR", "data")
    refused(capfd, "EVOLVE_DATA_DIR=data holds 'my_runs'", "new-task", "my_runs.csv", *LOSS)


def test_a_spreadsheet_is_named_as_one(capfd: pytest.CaptureFixture[str]) -> None:
    Path("my_runs.xlsx").write_bytes(b"PK")
    part = "must be CSV or Parquet, it is .xlsx; save the sheet as CSV"
    refused(capfd, part, "new-task", "my_runs.xlsx", *LOSS)


@pytest.mark.parametrize("words", [("--task", "my_runs.csv"), ("--task", "./my_runs.csv")])
def test_a_table_given_for_a_task_leads_to_new_task(
    words: tuple[str, ...], capfd: pytest.CaptureFixture[str]
) -> None:
    refused(capfd, "python -m evolve new-task", *words)


# Parquet


def test_a_parquet_table_makes_the_same_task(capfd: pytest.CaptureFixture[str]) -> None:
    pandas = pytest.importorskip("pandas")
    pytest.importorskip("pyarrow")
    made(capfd, *WORDS)
    pandas.read_csv("my_runs.csv").to_parquet("my_runs.parquet")
    words = ["other" if word == "mine" else word for word in WORDS]
    assert said(capfd, "new-task", "my_runs.parquet", *words)[0] == 0
    one, two = load_task("mine"), load_task("other")
    assert one.group_names == two.group_names
    np.testing.assert_array_equal(one.train.X, two.train.X)
    np.testing.assert_array_equal(load_test(one).Y, load_test(two).Y)
    assert one.spec.features == two.spec.features


def test_parquet_without_its_extra_says_what_to_install(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    Path("my_runs.parquet").write_bytes(b"PAR1")
    part = "Parquet needs the extra 'parquet', run: pip install pyarrow; or save the table as CSV"
    refused(capfd, part, "new-task", "my_runs.parquet", *LOSS)


# words


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("t.csv --features a b --target y", "t.csv --features a --features b --target y"),
        ("--features a b c", "--features a --features b --features c"),
        ("--features a --features b c", "--features a --features b --features c"),
        ("--name a b --features c", "--name a b --features c"),
        ("--features a -- b c", "--features a -- b c"),
        ("--features=a b", "--features=a b"),
    ],
)
def test_values_after_one_flag_are_taken_by_it(words: str, told: str) -> None:
    assert repeat_flags(words.split(), {"--features"}) == told.split()


# round trips


def names_st() -> st.SearchStrategy[str]:
    plain = st.characters(whitelist_categories=("L", "N", "P", "S", "Zs"))
    return st.text(plain, min_size=1, max_size=8).map(str.strip).filter(bool)


@st.composite
def tables(draw: st.DrawFn) -> tuple[dict[str, list[str]], bool]:
    """Columns with odd names: a target, two features, perhaps groups; 8 to 30 rows."""
    names = draw(st.lists(names_st(), min_size=4, max_size=4, unique=True))
    n = draw(st.integers(8, 30))
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    spread: Callable[..., Any] = draw(
        st.sampled_from([rng.uniform, lambda *a: 10.0 ** rng.uniform(-9, 12, a[2])])
    )
    numbers = [spread(-5.0, 5.0, n), rng.permutation(n) * 1.5, rng.normal(0, 1, n)]
    columns = {name: [repr(float(v)) for v in x] for name, x in zip(names, numbers, strict=False)}
    columns[names[3]] = [draw(st.sampled_from(["a", 'b "c"', "ü, x"]))] * n
    return columns, draw(st.booleans())


@settings(max_examples=40)
@given(tables())
def test_any_table_becomes_a_task_whose_rows_agree(
    drawn: tuple[dict[str, list[str]], bool],
) -> None:
    columns, grouped = drawn
    one, two, target, group = columns
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "t.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([list(columns), *zip(*columns.values(), strict=True)])
        wishes = Wishes((target,), (one, two), (group,) if grouped else ())
        draft = propose(read_table(path), "t", wishes)
        write_task(draft, Path(folder) / "tasks", "made \n by\x07 a test")
        task = load_task(str(Path(folder) / "tasks" / "t"))
    assert task.spec == draft.spec
    assert task.feature_names == (one, two)
    expected = np.array([[float(v) for v in columns[name]] for name in (one, two, target)]).T
    np.testing.assert_array_equal(np.hstack([task.train.X, task.train.Y]), expected)
    assert make_folds(task)
