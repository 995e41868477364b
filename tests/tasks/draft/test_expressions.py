"""Further columns are made of those that are there, by arithmetic alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from evolve.errors import EvolveError
from evolve.law.faults import quoted
from evolve.tasks.draft.condition import parse_condition
from evolve.tasks.draft.expressions import derive
from evolve.tasks.raw import RawTable

RAW = RawTable(
    Path("t.csv"),
    {
        "params": ["1e6", "2M", ""],
        "train tokens": ["20M", 4e7, 8e7],
        "width=base": ["d512", "pythia-70m", "d1024"],
        "lambda": [1, 2, 4],
    },
    3,
)


@pytest.mark.parametrize(
    ("text", "cells"),
    [
        ("flops = 6*params*`train tokens`", [1.2e14, 4.8e14, None]),
        ("ratio = `train tokens` / params", [20.0, 20.0, None]),
        ("x = -(`lambda` + 1) ** 2", [-4.0, -9.0, -25.0]),
        ("x = log2(`lambda`) + sqrt(4)", [2.0, 3.0, 4.0]),
        ("x = ln(exp(`lambda`))", [1.0, 2.0, 4.0]),
        ("x = number(`width=base`)", [512.0, 7e7, 1024.0]),
        ("x = 3", [3.0, 3.0, 3.0]),
        ("x = params / 2M + 50%", [1.0, 1.5, None]),
        ("`a=b` = `lambda`", [1.0, 2.0, 4.0]),
    ],
)
def test_a_column_is_derived(text: str, cells: list[float | None]) -> None:
    raw = derive(RAW, (text,))
    name = next(name for name in raw.columns if name not in RAW.columns)
    assert raw.columns[name] == pytest.approx(cells, nan_ok=True)
    assert name == ("a=b" if text.startswith("`a") else text.split(" =")[0])


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("params >= 1.5M", [False, True, False]),
        ("params >= 0.5m and `train tokens` < 0.03B", [True, False, False]),
        ("`width=base` == 'd512'", [True, False, False]),
        ("`width=base` == '512M' or `lambda` >= 200%", [False, True, True]),
    ],
)
def test_a_condition_takes_sizes_and_shares_in_words(text: str, rows: list[bool]) -> None:
    assert parse_condition(text, RAW).rows.tolist() == rows


def test_a_derived_column_may_be_used_by_the_next() -> None:
    raw = derive(RAW, ("a = `lambda` * 2", "b = a + 1"))
    assert raw.columns["b"] == [3.0, 5.0, 9.0]


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("flops", "must be like 'flops = 6\\*params\\*tokens'"),
        ("params = 3", "there is a column 'params'"),
        ("x = 6*param", r"no column 'param' \(did you mean 'params'"),
        ("x = __import__('os')", "there is no function '__import__'"),
        ("x = params.real", "must be made of columns, numbers"),
        ("x = 'a'", "must be made of columns, numbers"),
        ("x = (lambda: 1)()", "must be made of columns, numbers"),
        (f"x = {10**400}*params", "holds a number beyond all"),
        ("x = 2 +", "must be like"),
        ("x = number(`train tokens`) + number(params)", None),
        ("x = `width=base` * 2", "column 'width=base' must hold numbers, row 1 holds 'd512'"),
        ("x = " + "1+" * 600 + "1", "must have at most 1000 characters"),
        ("x = " + "-" * 80 + "1", "has too many brackets"),
    ],
)
def test_what_is_no_arithmetic_is_refused(text: str, rule: str | None) -> None:
    if rule is None:
        assert derive(RAW, (text,)).columns["x"][0] == 2.1e7
        return
    with pytest.raises(EvolveError, match=rule):
        derive(RAW, (text,))


def column_of(*cells: str) -> RawTable:
    return RawTable(Path("t.csv"), {"size": list(cells)}, len(cells))


@pytest.mark.parametrize(
    ("cells", "values"),
    [
        (("125,000", "13,000,000"), [1.25e5, 1.3e7]),
        (("$2,450.50", "$13"), [2450.5, 13.0]),
        (("13,000,000 tokens", ""), [1.3e7, None]),
    ],
)
def test_commas_that_part_thousands_are_no_end_of_a_number(
    cells: tuple[str, ...], values: list[float | None]
) -> None:
    assert derive(column_of(*cells), ("x = number(size)",)).columns["x"] == values


@pytest.mark.parametrize(
    ("cell", "advice"),
    [
        ("13,000", "write 13000, or 13.000 if that is a decimal comma"),
        ("2,45", "write 2.45"),
        ("13 000 000", "write 13000000"),
        ("d512 l8", None),
    ],
)
def test_a_text_that_holds_no_one_number_is_told_with_what_to_write(
    cell: str, advice: str | None
) -> None:
    with pytest.raises(EvolveError) as caught:
        derive(column_of(cell), ("x = number(size)",))
    assert str(caught.value).endswith(f"holds {cell!r}" + (f"; {advice}" if advice else ""))


def test_a_name_that_is_no_plain_word_stands_between_backticks() -> None:
    assert quoted("params") == "params"
    assert quoted("lambda") == "`lambda`"
    assert quoted("eval/loss") == "`eval/loss`"
