"""What numbers the repeats of each setting is no input; a trial by itself may be one."""

from __future__ import annotations

import pytest
from own_tables import table_of

from evolve.tasks.draft.draft import propose
from evolve.tasks.draft.roles import Wishes


def features_of(name: str, rows: list[tuple[float, int]], **asked: object) -> list[str]:
    lines = [f"{n:g},{k},{9 / n + j % 7 / 50:.4f}" for j, (n, k) in enumerate(rows)]
    text = "\n".join([f"n,{name},seconds", *lines]) + "\n"
    wishes = Wishes(("seconds",), **asked)  # type: ignore[arg-type]
    return [f.name for f in propose(table_of(text), "x", wishes).spec.features]


@pytest.mark.parametrize("start", [0, 1])
@pytest.mark.parametrize("name", ["trial", "run #", "Run", "measurement no."])
def test_a_number_that_each_setting_begins_anew_is_no_feature(name: str, start: int) -> None:
    rows = [(2.0**i, k + start) for i in range(8) for k in range(3)]
    assert features_of(name, rows) == ["n"]
    assert features_of(name, rows[:-1]) == ["n"]  # the last was not repeated as often
    assert features_of(name, rows, features=("n", name)) == ["n", name]


def test_a_number_that_means_more_stays_a_feature() -> None:
    rows = [(2.0**i, k) for i in range(8) for k in (1, 2, 3)]
    assert features_of("layers", rows) == ["n", "layers"]
    once = [(2.0 ** (i % 8), 1 + i // 3) for i in range(24)]
    assert features_of("trial", once) == ["n", "trial"]
