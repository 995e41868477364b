"""Scores of parts stand beside those of the same part on the test rows."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

from evolve.report.tables import parts_table, value_and_error
from evolve.scoring.metrics import Metrics, Scores


def scores(r2: float, groups: tuple[str, ...]) -> Scores:
    """Scores of two targets and of groups, no two alike."""
    n = iter(range(9))
    parts = [
        {name: Metrics(r2 + 0.01 * next(n), 0.1, 0.2, 5) for name in names}
        for names in (("code", "web"), groups)
    ]
    return Scores(Metrics(r2, 0.1, 0.2, 10), *parts)


def test_a_group_that_is_called_as_a_target_has_its_own_test_r2() -> None:
    model = cast("Any", SimpleNamespace(train=scores(0.9, ("web", "books"))))
    opened = cast("Any", SimpleNamespace(scores=scores(0.5, ("web",))))
    table = parts_table(model, opened)
    assert table is not None
    assert table.headings[-2:] == ("test rows", "test R²")
    shown = [[cell.text for cell in row] for row in table.rows]
    assert [(row[0], row[1], row[-1]) for row in shown] == [
        ("target", "code", "0.5000"),
        ("target", "web", "0.5100"),
        ("group", "web", "0.5200"),
        ("group", "books", "–"),
    ]


def test_one_group_and_one_target_have_no_table_of_parts() -> None:
    one = {"all": Metrics(0.9, 0.1, 0.2, 5)}
    model = cast("Any", SimpleNamespace(train=Scores(one["all"], one, one)))
    assert parts_table(model, None) is None


def test_an_error_of_a_million_times_the_constant_says_that_rows_fix_nothing() -> None:
    assert value_and_error(2.0, 1.9e6)[1].text != "not fixed by the rows"
    assert value_and_error(2.0, 2.1e6)[1].text == "not fixed by the rows"
