"""Every mistake with a table, a task made by hand or a call gets one line that says what to do."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from own_tables import GOOD, HEADER, ROWS, made, refused, said, start_in

from evolve.cli.app import option_of
from evolve.errors import EvolveError
from evolve.evaluation.evaluator import Evaluator
from evolve.evaluation.problem import failed
from evolve.tasks.draft import Wishes, propose
from evolve.tasks.readers import raw_of

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
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    start_in(tmp_path, monkeypatch)


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


LEFT_OUT = ""  # of what new-task leaves out, with a line that says so
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
    "a size that says no number": (cell(4, 1, "7X"), *["row 5 holds '7X' (line 6); put a"] * 2),
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
        LEFT_OUT,
        "'loss' must hold numbers, row 3 holds nothing (line 4); fill it in or take",
    ),
    "a target that is nan": (
        cell(2, 3, "NaN"),
        LEFT_OUT,
        "'loss' must be finite, row 3 holds nan",
    ),
    "a feature that is infinite": (
        cell(2, 2, "inf"),
        *["column 'tokens' must be finite, row 3 holds inf (line 4); put a number"] * 2,
    ),
    "a group without a name": (
        cell(2, 0, ""),
        *["column 'corpus' must name a group, row 3 holds nothing (line 4); fill it in"] * 2,
    ),
    "a number that stands for inf": (
        cell(2, 3, "1.7976931348623157e308"),
        LEFT_OUT,
        "column 'loss' must be at most 1e+150 in size, row 3 holds 1.798e+308 (line 4)",
    ),
    "a size whose square is 0": (
        cell(2, 2, "5e-324"),
        *["column 'tokens' must be at least 1e-150 under a log scale, row 3 holds 4.94"] * 2,
    ),
    "a target whose squares are 0": (
        "\n".join(
            [HEADER, *(f"{row.rpartition(',')[0]},{k + 1}e-200" for k, row in enumerate(ROWS))]
        )
        + "\n",
        *["target 'loss' must be at least 1e-150 in size somewhere, all lie within 3e-199 of 0"]
        * 2,
    ),
    "digits that overflow": (
        cell(2, 2, "1" * 400),
        *["column 'tokens' must hold numbers, row 3 holds '111"] * 2,
    ),
    "an exponent that overflows": (
        cell(2, 3, "1e999"),
        *["column 'loss' must hold numbers, row 3 holds '1e999' (line 4)"] * 2,
    ),
    "a number with underlines": (
        cell(2, 1, "1_000"),
        *["column 'params' must hold numbers, row 3 holds '1_000' (line 4); write 1000"] * 2,
    ),
    "the name of a run": (
        cell(2, 1, "12345_00001"),
        *["column 'params' must hold numbers, row 3 holds '12345_00001' (line 4); put"] * 2,
    ),
    "a missing value of pandas": (
        cell(2, 3, "<NA>"),
        LEFT_OUT,
        "'loss' must hold numbers, row 3 holds nothing (line 4); fill it in or take",
    ),
    "a group that is a missing value": (
        cell(2, 0, "<NA>"),
        *["column 'corpus' must name a group, row 3 holds nothing (line 4); fill it in"] * 2,
    ),
    "a group over two lines": (
        cell(2, 0, '"a\nb"'),
        *["groups (corpus) may not hold control characters or line breaks, 'a\\nb' does, row 3"]
        * 2,
    ),
    "a name with an escape sequence": (
        GOOD.replace("corpus", "\x1b[1mcorpus"),
        *["names of columns may not hold control characters or line breaks, '\\x1b[1m"] * 2,
    ),
    "a feature that is the target": (
        "\n".join(
            [HEADER, *(f"web,{k + 1},{row.split(',')[2]},{k + 1}" for k, row in enumerate(ROWS))]
        )
        + "\n",
        *["feature 'params' must not be the target, it equals 'loss' in all 30 rows"] * 2,
    ),
    "two columns of a name": (
        GOOD.replace("params", "tokens"),
        *["the header holds 'tokens' 2 times; rename or take out all but one"] * 2,
    ),
    "a column without a name": (
        "\n".join(
            f",{line}" if not k else f"{3 * k},{line}" for k, line in enumerate(GOOD.split())
        ),
        *["column 1 has none; name it or take it out (pandas leaves its index out"] * 2,
    ),
    "a row that is too short": (
        with_row(3, "web,1e7"),
        *["rows must have 4 cells, row 4 has 2 (line 5); the header has 4"] * 2,
    ),
    "an open quote": (
        with_row(3, '"' + ROWS[3]),
        *["opens a quote that nothing closes"] * 2,
    ),
    "another separator": (
        GOOD.replace(",", "|"),
        *["columns must be separated by commas, the header 'corpus|params|tokens|loss'"] * 2,
    ),
    "an empty file": ("", *["must have a header, the file is empty"] * 2),
    "no text": (b"\x89\xff\x00", *["must be UTF-8 text, byte 0 is not; save it as UTF-8"] * 2),
    "no file": (None, "table.csv: must be a file, there is none", "train.csv is missing; put"),
}


def written(path: Path, text: str | bytes | None) -> None:
    if text is not None:
        path.write_bytes(text.encode() if isinstance(text, str) else text)


@pytest.mark.parametrize("mistake", [m for m in TABLES if TABLES[m][1] != LEFT_OUT])
def test_new_task_refuses(mistake: str, capfd: pytest.CaptureFixture[str]) -> None:
    text, part, _ = TABLES[mistake]
    written(Path("table.csv"), text)
    words = ["--target", "loss", "--features", "params", "tokens"]
    words += ["--groups", "corpus"] if "group" in mistake else []
    refused(capfd, part, "new-task", "table.csv", *words)
    assert not Path("tasks").exists()


@pytest.mark.parametrize("mistake", [m for m in TABLES if TABLES[m][1] == LEFT_OUT])
def test_new_task_leaves_out_a_run_without_a_result(
    mistake: str, capfd: pytest.CaptureFixture[str]
) -> None:
    written(Path("table.csv"), TABLES[mistake][0])
    code, out, _ = said(capfd, "new-task", "table.csv", *LOSS, "--json")
    assert code == 0
    told = json.loads(out)
    rows = next(d for d in told["decisions"] if d["what"] == "rows")
    assert rows["chosen"] == "1 left out"
    assert "no finite loss" in rows["why"]
    assert "row 3 (line 4)" in rows["why"]
    assert told["n_train"] == len(ROWS) - 1


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
        (
            *(*LOSS, "--derive", "flops=6*params*tokens", "--features", "flops"),
            *("--groups", "params", "tokens"),
        ),
        "a group needs at least 2 training rows to be fitted",
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
    "a test on the target": (
        (*LOSS, "--test", "loss<2.5"),
        "--test 'loss<2.5': may not choose rows by the target, it names 'loss'",
    ),
    "a second test": (
        (*LOSS, "--test", "params>1e9", "--test", "tokens>1e9"),
        "--test: is given twice, it takes one value",
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


def test_a_run_that_cannot_be_written_names_its_folder(
    capfd: pytest.CaptureFixture[str],
) -> None:
    made(capfd, *LOSS)
    part = "my_runs.csv/my_runs-0-1: cannot be made: Not a directory"
    refused(capfd, part, "--task", "my_runs", "--runs-dir", "my_runs.csv")


def test_a_verb_that_is_misspelt_is_named(capfd: pytest.CaptureFixture[str]) -> None:
    refused(capfd, "no verb 'newtask' (did you mean 'new-task'?)", "newtask", "my_runs.csv")


def test_a_task_that_is_there_is_never_overwritten(capfd: pytest.CaptureFixture[str]) -> None:
    made(capfd, *LOSS)
    before = {path: path.read_bytes() for path in Path("tasks/my_runs").iterdir()}
    part = "tasks/my_runs: is there already and is not overwritten; give another --name"
    refused(capfd, part, "new-task", "my_runs.csv", *LOSS)
    assert {path: path.read_bytes() for path in Path("tasks/my_runs").iterdir()} == before


def test_a_file_that_is_called_as_a_task_that_ships_is_refused_with_a_name_that_works(
    capfd: pytest.CaptureFixture[str],
) -> None:
    Path("my_runs.csv").rename("moe.csv")
    rule = "moe.csv: no task can be called as it is: 'moe' ships with the package; give a name, "
    refused(capfd, f"{rule}such as --name moe-2", "new-task", "moe.csv", *LOSS)
    made_of = ("new-task", "moe.csv", *LOSS, "--name", "moe-2")
    assert said(capfd, *made_of)[0] == 0


def test_a_spreadsheet_is_named_as_one(capfd: pytest.CaptureFixture[str]) -> None:
    Path("my_runs.xlsx").write_bytes(b"PK")
    part = "must be CSV, TSV, Parquet, Feather or JSONL, it is .xlsx; save the sheet as CSV"
    refused(capfd, part, "new-task", "my_runs.xlsx", *LOSS)


@pytest.mark.parametrize("words", [("--task", "my_runs.csv"), ("--task", "./my_runs.csv")])
def test_a_table_given_for_a_task_leads_to_new_task(
    words: tuple[str, ...], capfd: pytest.CaptureFixture[str]
) -> None:
    refused(capfd, "python -m evolve new-task", *words)


SPECS: dict[str, tuple[str, str, str]] = {
    "a floor above all losses": (
        "[folds]",
        "[physics]\nfloor = 100.0\n[folds]",
        "physics.floor must be below the target, 100 is above all values of 'loss'",
    ),
    "a feature both rising and falling": (
        "[folds]",
        '[physics]\ndecreasing_in = ["params"]\nincreasing_in = ["params"]\n[folds]',
        "a law either falls or rises in a feature, 'params' is named by decreasing_in and by",
    ),
    "an axis named twice": (
        '"tokens"]\n',
        '"params"]\n',
        "folds.axes must name each once, names 'params' twice",
    ),
    "constants without end": (
        "[[features]]",
        f"max_constants = {10**23}\n[[features]]",
        "'max_constants'",
    ),
    "constants that are no whole number": (
        "[[features]]",
        "max_constants = 1e23\n[[features]]",
        "'max_constants'",
    ),
    "folds without end": ("axes =", f"peel = {10**23}\naxes =", "'folds.peel'"),
    "a name with a line break": ('"tokens"', '"to\\nkens"', "line breaks, 'to\\nkens' does"),
    "a title with a line break": ("A table", "A\\ntable", "title: may not hold control"),
    "a source with an escape sequence": ("a test", "\\u001b[1m", "source: may not hold control"),
    "a name of a constant": ('"loss"', '"c0"', "may not be called as a constant of the formula"),
}


@pytest.mark.parametrize("mistake", SPECS)
def test_a_run_refuses_a_task_file_with(mistake: str, capfd: pytest.CaptureFixture[str]) -> None:
    old, new, part = SPECS[mistake]
    text = TOML.format(groups="[]")
    assert old in text
    folder = Path("by hand")
    folder.mkdir()
    (folder / "task.toml").write_text(text.replace(old, new, 1))
    (folder / "train.csv").write_text(GOOD)
    refused(capfd, part, "--task", "./by hand")


def test_a_column_called_as_a_constant_is_no_feature(capfd: pytest.CaptureFixture[str]) -> None:
    Path("table.csv").write_text(GOOD.replace("params", "c1"))
    part = (
        "may not be called as a constant of the formula is, 'c1' is; rename the column, to 'c1_'"
    )
    refused(capfd, part, "new-task", "table.csv", *LOSS, "--features", "c1", "tokens")
    refused(capfd, part, "new-task", "table.csv", *LOSS)


def test_a_task_folder_whose_name_has_a_line_break_is_refused(
    capfd: pytest.CaptureFixture[str],
) -> None:
    folder = Path("by\nhand")
    folder.mkdir()
    (folder / "task.toml").write_text(TOML.format(groups="[]"))
    (folder / "train.csv").write_text(GOOD)
    refused(capfd, "rename the folder", "--task", f"./{folder}")


def test_a_column_in_the_index_of_a_frame_is_pointed_out() -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.read_csv("my_runs.csv").set_index("params")
    hint = r"'params' is in the frame's index, pass df.reset_index\(\)"
    with pytest.raises(EvolveError, match=hint):
        raw_of(frame).column("params")
    with pytest.raises(EvolveError, match=hint):
        propose(raw_of(frame), "x", Wishes(("loss",), ("params", "tokens")))


def test_a_missing_value_of_a_frame_is_nothing() -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"a": pandas.array([1, None], dtype="Int64")})
    assert raw_of(frame).columns["a"] == [1, None]


def test_a_search_in_which_no_law_scored_fails_and_says_why(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    made(capfd, *LOSS)
    failure = failed("not-finite", "a fold: not finite")
    monkeypatch.setattr(
        Evaluator, "begin", lambda self, forms, bar: lambda: [failure] * len(forms)
    )
    code, _, err = said(
        capfd, "--task", "my_runs", "--evaluations", "4", "--workers", "1", "--quiet"
    )
    assert code == 1
    assert "no law has a score: 4 of 4 evaluations ended as not-finite" in err
    assert "a fold: not finite" in err


@pytest.mark.parametrize(
    ("argument", "option"),
    [
        ("features", "--features"),
        ("tasks_dir", "--tasks-dir"),
        ("allow_weak", "--allow-weak-sandbox"),
    ],
)
def test_an_argument_is_named_by_its_option(argument: str, option: str) -> None:
    assert option_of(argument) == option
