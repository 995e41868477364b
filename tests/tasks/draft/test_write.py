"""A user's table becomes a task that is read back the same, and the next command runs."""

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
from own_tables import SIZES, made, refused, said, start_in

from evolve.cli.options import repeat_flags
from evolve.errors import EvolveError
from evolve.tasks.draft import Wishes, check_name, propose, write_task
from evolve.tasks.folds import make_folds
from evolve.tasks.readers import read_table
from evolve.tasks.task import load_task, load_test


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    start_in(tmp_path, monkeypatch)


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
    assert task.given[1].X.tolist() == [list(row) for row in train]
    assert task.group_names == ("code", "web")
    assert load_test(task).X.tolist() == [list(row) for row in SIZES if row not in train]
    assert task.spec.folds.axes == ["params", "tokens"]
    assert [(f.unit, f.scale) for f in task.spec.features] == [(1e8, "log"), (1e10, "log")]
    assert make_folds(task)


def test_a_task_is_made_around_the_users_programs_that_wait_for_it(
    capfd: pytest.CaptureFixture[str],
) -> None:
    program = Path("tasks/mine/seeds/own.py")
    program.parent.mkdir(parents=True)
    program.write_text("# a law of the user's own")
    assert made(capfd, *WORDS)["folder"] == "tasks/mine"
    assert program.read_text() == "# a law of the user's own"
    refused(capfd, "tasks/mine: is there already", "new-task", "my_runs.csv", *WORDS)


def test_what_was_decided_is_printed_with_reasons_and_the_next_command(
    capfd: pytest.CaptureFixture[str],
) -> None:
    code, out, err = said(capfd, "new-task", "my_runs.csv", *WORDS)
    assert (code, err) == (0, "")
    assert "my_runs.csv: 30 rows, 4 columns; 20 for training (shown below), 10 for the test" in out
    assert "is positive and spans a factor of 81" in out
    assert "2, by corpus" in out
    assert "10 of 30 rows" in out
    assert "note:  each group has 10 training rows" in out
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
    assert "[physics]\n# " in text
    assert "# ceiling =" in text
    opened = [
        line.removeprefix("# ")
        for line in text.partition("# Rows to leave out")[2].splitlines()
        if line.startswith("# ") and ("=" in line or "[" in line)
    ]
    assert set(tomllib.loads("\n".join(opened))) == {"filters"}


def test_a_task_of_ones_own_beside_those_that_ship_takes_no_name_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, text in {
        "sweep": "# Made by: python -m evolve new-task sweep.csv",
        "sft": "",
    }.items():
        (tmp_path / "shipped" / name).mkdir(parents=True)
        (tmp_path / "shipped" / name / "task.toml").write_text(text)
    folders = [tmp_path / "shipped"]
    monkeypatch.setattr("evolve.tasks.draft.write.shipped_folders", lambda kind: folders)
    check_name("sweep", tmp_path / "tasks")
    with pytest.raises(EvolveError, match="'sft' ships with the package"):
        check_name("sft", tmp_path / "tasks")
    (tmp_path / "tasks" / "sft-2").mkdir(parents=True)
    rule = r"^runs/sft.csv: no task .*'sft' ships with the package; give .* name sft-3$"
    with pytest.raises(EvolveError, match=rule):
        check_name("sft", tmp_path / "tasks", "runs/sft.csv")


@pytest.mark.parametrize(("name", "free"), [("a/b", "a_b"), ("", "table"), ("x" * 70, "x" * 60)])
def test_a_name_that_is_none_is_refused_with_one_that_is(
    name: str, free: str, tmp_path: Path
) -> None:
    with pytest.raises(EvolveError, match=f"^name: must be up to 60 .*, such as {free}$"):
        check_name(name, tmp_path)
    check_name(free, tmp_path)


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
    assert set(ended["commands"]) == {"show", "predict", "report", "resume"}
    predict = ended["commands"]["predict"].removeprefix("python -m evolve ")
    assert predict == "predict a.b-c-0-1 --at params=2.4e+10 tokens=2.5e+12"
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


def test_nothing_of_a_task_stays_where_writing_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    draft = propose(read_table(Path("my_runs.csv")), "x", Wishes(("loss",)))

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("evolve.tasks.draft.write._write_csv", full)
    with pytest.raises(EvolveError, match="tasks/x: cannot be written, No space left on device"):
        write_task(draft, Path("tasks"), "made")
    assert not Path("tasks/x").exists()


def test_tables_in_the_data_dir_are_not_mistaken_for_those_given(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("data/my_runs").mkdir(parents=True)
    monkeypatch.setenv("EVOLVE_DATA_DIR", "data")
    refused(
        capfd,
        "EVOLVE_DATA_DIR=data holds 'my_runs'",
        "new-task",
        "my_runs.csv",
        "--target",
        "loss",
    )


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


def test_a_parquet_cell_without_a_value_is_named(capfd: pytest.CaptureFixture[str]) -> None:
    pandas = pytest.importorskip("pandas")
    pytest.importorskip("pyarrow")
    frame = pandas.read_csv("my_runs.csv").astype({"params": "Int64"})
    frame.loc[3, "params"] = None
    frame.to_parquet("my_runs.parquet")
    part = "column 'params' must hold numbers, row 4 holds nothing; fill it in or take the row out"
    refused(capfd, part, "new-task", "my_runs.parquet", "--target", "loss")


def test_parquet_without_its_extra_says_what_to_install(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    Path("my_runs.parquet").write_bytes(b"PAR1")
    part = "Parquet needs the extra 'parquet', run: pip install pyarrow; or save the table as CSV"
    refused(capfd, part, "new-task", "my_runs.parquet", "--target", "loss")


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


def test_negative_numbers_are_values_and_no_options() -> None:
    words = ["t.csv", "--bounds", "-1", "1", "--floor", "-inf", "--bounds", "-.5", "2"]
    told = [
        "t.csv",
        "--bounds",
        "-1",
        "--bounds",
        "1",
        "--floor",
        "-inf",
        "--bounds",
        "-.5",
        "--bounds",
        "2",
    ]
    assert repeat_flags(words, {"--bounds"}) == told


def test_a_run_may_follow_values_that_are_assigned() -> None:
    told = repeat_flags(["--at", "a=1", "b=2", "my_run", "c=3"], {"--at"}, "=")
    assert told == ["--at", "a=1", "--at", "b=2", "my_run", "c=3"]


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
    np.testing.assert_array_equal(np.hstack([task.given[1].X, task.given[1].Y]), expected)
    assert make_folds(task)
