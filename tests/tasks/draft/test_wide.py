"""A table with a column for each budget becomes one with a row for each run."""

from __future__ import annotations

from pathlib import Path

import pytest
from own_tables import said, table_of

from evolve.errors import EvolveError
from evolve.tasks.draft import Wishes, propose
from evolve.tasks.draft.wide import hint, to_long

TEXT = """dim,1e+18,3e18,10 EFLOPs
d512,1.04,1.00,0.97
d768,1.03,0.99,—
d1024,—,0.98,0.94
d1280,-,0.985,0.93
"""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_every_cell_that_is_filled_is_a_run() -> None:
    wishes = Wishes(("loss",), ("budget", "width"), wide="budget", derive=("width = number(dim)",))
    raw = propose(table_of(TEXT), "x", wishes).raw
    assert raw.numbers("budget") == [1e18] * 2 + [3e18] * 4 + [1e19] * 3
    assert raw.numbers("width") == [512, 768, 512, 768, 1024, 1280, 512, 1024, 1280]
    assert raw.numbers("loss")[-3:] == [0.97, 0.94, 0.93]
    assert raw.lines[-1] == 5


def test_columns_whose_names_are_words_are_no_values() -> None:
    lines = TEXT.splitlines()
    text = "\n".join([f"{lines[0]},true,nan,inf", *(f"{line},yes,1,2" for line in lines[1:])])
    wishes = Wishes(("loss",), ("budget",), wide="budget")
    raw = propose(table_of(text + "\n"), "x", wishes).raw
    assert raw.numbers("budget") == [1e18] * 2 + [3e18] * 4 + [1e19] * 3
    assert {"true", "nan", "inf"} <= set(raw.columns)


@pytest.mark.parametrize(
    ("names", "sizes"),
    [
        ("pass@1,pass@4,pass@16", [1.0, 4.0, 16.0]),
        ("acc_5,acc_10,acc_0.5", [5.0, 10.0, 0.5]),
        ("loss 100M,loss 1.3B,loss 2^20", [1e8, 1.3e9, 2.0**20]),
        ("step100,step1e3,step2e3", [100.0, 1000.0, 2000.0]),
    ],
)
def test_numbers_may_stand_behind_a_prefix_that_columns_share(
    names: str, sizes: list[float]
) -> None:
    rows = [f"m{i},{i + 1},0.{i + 2},0.{i + 3},0.{i + 4}" for i in range(4)]
    raw = table_of("\n".join([f"model,width,{names}", *rows]) + "\n")
    draft = propose(raw, "x", Wishes(("rate",), ("k", "width"), wide="k"))
    assert draft.raw.numbers("k") == [size for size in sizes for _ in range(4)]
    first, second, third = names.split(",")
    (told,) = (note for note in draft.notes if "the number behind" in note)
    assert told.endswith(f" of {first}, {second}, {third}")


def test_of_several_prefixes_that_is_taken_which_the_target_is_called_by() -> None:
    rows = [f"{i},0.{i + 2},0.{i + 3},{i + 4},{i + 5}" for i in range(4)]
    raw = table_of("\n".join(["width,pass@1,pass@4,loss_1,loss_4", *rows]) + "\n")
    assert propose(raw, "x", Wishes(("loss",), ("k", "width"), wide="k")).raw.numbers("loss") == [
        *(4, 5, 6, 7),
        *(5, 6, 7, 8),
    ]
    with pytest.raises(EvolveError, match="several prefixes: pass@, loss_; call target as one"):
        propose(raw, "x", Wishes(("rate",), ("k",), wide="k"))


@pytest.mark.parametrize(
    ("names", "target", "first"),
    [
        ("2024,pass@1,pass@4", "pass", 3.0),
        ("2024,pass@1,pass@4", "rate", 3.0),
        ("2023,2024,pass@1,pass@4", "pass", 4.0),
        ("2023,2024,pass@1,pass@4", "rate", 2.0),
        ("2024", "rate", 2.0),
    ],
)
def test_one_number_beside_those_behind_a_prefix_is_no_value(
    names: str, target: str, first: float
) -> None:
    n = len(names.split(","))
    rows = [",".join(f"{i + j}" for j in range(1, n + 2)) for i in range(6)]
    raw = table_of("\n".join([f"width,{names}", *rows]) + "\n")
    long = to_long(raw, Wishes((target,), wide="k"))
    assert long.column(target)[0] == f"{first:g}"
    assert set(long.columns) >= {"width", "k", target}


def test_a_number_among_the_names_hides_no_prefix_from_the_hint() -> None:
    raw = table_of("width,2024,pass@1,pass@4,pass@16\n1,2,3,4,5\n")
    assert "if pass@1, pass@4, pass@16, … are values of a feature" in "".join(hint(raw, "pass"))


@pytest.mark.parametrize(
    ("text", "target", "wide", "rule"),
    [
        ("a,b\n1,2\n", "loss", "budget", "no columns whose names are numbers"),
        (TEXT, "dim", "budget", "there is a column 'dim'"),
        (TEXT, "loss", "dim", "there is a column 'dim'"),
        (TEXT, "loss", "loss", "a column has one role"),
    ],
)
def test_names_must_be_free(text: str, target: str, wide: str, rule: str) -> None:
    with pytest.raises(EvolveError, match=rule):
        propose(table_of(text), "x", Wishes((target,), wide=wide))


def test_a_wide_table_that_is_read_as_a_plain_one_says_how_else(
    capfd: pytest.CaptureFixture[str],
) -> None:
    Path("sweep.csv").write_text(TEXT)
    code, _, err = said(capfd, "new-task", "sweep.csv", "--target", "loss")
    assert code == 2
    assert "if 1e+18, 3e18, 10 EFLOPs, … are values of a feature, name it by --wide" in err
    _, _, err = said(capfd, "new-task", "sweep.csv", "--target", "1e+18")
    assert "name it by --wide, and the target by a new name" in err
    words = ["--target", "loss", "--wide", "budget", "--derive", "width = number(dim)"]
    assert said(capfd, "new-task", "sweep.csv", *words)[0] == 0


def test_numbers_in_texts_are_said_to_become_a_feature_until_they_are_one() -> None:
    notes = propose(table_of(TEXT), "x", Wishes(("loss",), wide="budget")).notes
    (note,) = (note for note in notes if "dim" in note)
    assert "such as d1024, and is not used" in note
    derived = ("`dim number` = number(dim)",)
    assert derived[0] in note
    wishes = Wishes(("loss",), ("budget", "dim number"), wide="budget", derive=derived)
    assert not any("dim" in note for note in propose(table_of(TEXT), "x", wishes).notes)
