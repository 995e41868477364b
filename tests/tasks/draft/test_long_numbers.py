"""Seeds and other whole numbers that floats do not tell apart are told apart to the digit."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from evolve.errors import EvolveError, TaskError
from evolve.tasks.cells import as_compared, long_number
from evolve.tasks.draft.columns import inspect_columns
from evolve.tasks.draft.condition import parse_condition
from evolve.tasks.raw import RawTable
from evolve.tasks.readers import raw_of
from evolve.tasks.spec import Feature, Filter, Target, TaskSpec
from evolve.tasks.table import build_table
from tests.own_tables import table_of

SEEDS = [2**64 - 1, 2**64 - 2, 2**64 - 977, 2**64 - 1]
LINES = [f"{10.0**k:g},{seed},{4 - k}" for k, seed in enumerate(SEEDS)]
FILE = table_of("\n".join(["params,seed,loss", *LINES]) + "\n")
FRAME = raw_of(pd.DataFrame({"seed": np.array(SEEDS, dtype=np.uint64)}))


@pytest.mark.parametrize("raw", [FILE, FRAME], ids=["file", "frame"])
@pytest.mark.parametrize(
    ("condition", "rows"),
    [
        (f"seed == {2**64 - 1}", [1, 0, 0, 1]),
        (f"seed != {2**64 - 1}", [0, 1, 1, 0]),
        (f"seed < {2**64 - 2}", [0, 0, 1, 0]),
        (f"{2**64 - 2} <= seed", [1, 1, 0, 1]),
        ("seed >= 1e19 and seed < 1e20", None),
    ],
)
def test_a_condition_tells_long_numbers_apart(
    raw: RawTable, condition: str, rows: list[int] | None
) -> None:
    if rows is None:
        with pytest.raises(EvolveError, match="all"):
            parse_condition(condition, raw)
        return
    assert parse_condition(condition, raw).rows.tolist() == [bool(row) for row in rows]


@pytest.mark.parametrize("raw", [FILE, FRAME], ids=["file", "frame"])
def test_the_levels_of_long_numbers_are_counted_to_the_digit(raw: RawTable) -> None:
    assert inspect_columns(raw)["seed"].n_levels == 3


def test_a_size_in_digits_bounds_the_test_as_one_in_powers_does() -> None:
    rows = "\n".join(f"{10**k},{4 - 0.1 * k}" for k in range(12, 24))
    raw = table_of(f"flops,loss\n{rows}\n")
    digits, power = (parse_condition(f"flops >= {text}", raw) for text in (str(10**22), "1e22"))
    assert (digits.rows == power.rows).all()
    assert digits.thresholds == power.thresholds == {"flops": 1e22}


def test_a_filter_of_a_task_tells_long_numbers_apart() -> None:
    spec = TaskSpec(
        **dict.fromkeys(("title", "source", "licence"), "made up"),
        features=[Feature(name="params")],
        targets=[Target(name="loss")],
    )
    rule = {"column": "seed", "op": "!=", "reason": "made twice"}
    filters = [Filter.model_validate(rule | {"value": 2**64 - 1})]
    table, _ = build_table(FILE, spec.model_copy(update={"filters": filters}))
    assert table.Y[:, 0].tolist() == [3.0, 2.0]
    whole = Filter.model_validate(rule | {"value": 3})
    assert repr(whole.value) == "3.0"  # as before: it is part of what a task is known by


@pytest.mark.parametrize(
    ("cell", "number"),
    [
        *((str(2**64 - 1), 2**64 - 1), (f" -{2**70} ", -(2**70)), (2**64 - 1, 2**64 - 1)),
        *((str(2**53), None), (2**53, None), ("1.8e19", None), (1.8e19, None), (True, None)),
        *((None, None), ("7B", None), ("9" * 400, None)),
    ],
)
def test_a_number_is_long_where_a_float_stands_for_several(
    cell: object, number: int | None
) -> None:
    assert long_number(cell) == number
    assert as_compared(2**53) == float(2**53)
    assert as_compared("a") == "a"


def test_what_is_no_number_is_refused_in_a_comparison_as_before() -> None:
    with pytest.raises(TaskError, match="column 'seed' must hold numbers, row 2 holds 'none so'"):
        parse_condition(f"seed == {2**64 - 1}", table_of(f"seed\n{2**64 - 1}\nnone so\n"))
