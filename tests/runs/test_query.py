from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from store_service import entry, new_store

from evolve.errors import EvolveError, StoreError
from evolve.evaluation.record import Entry
from evolve.law.graph import Law, Node, call, const, feat, law_to_data
from evolve.runs.query import (
    COLUMNS,
    SORTS,
    compare,
    entry_formula,
    front,
    holds,
    query,
    query_store,
)
from evolve.runs.store import Store
from evolve.scoring.fold import FoldScore

NAMES = ("tokens", "unique_tokens")


def law(*terms: Node) -> dict[str, Any]:
    root = const(0)
    for number, term in enumerate(terms, 1):
        root = call("add", root, call("mul", const(number), term))
    return law_to_data(Law(root, len(terms) + 1, own_feature_first=False))


LOG = law(call("log", feat(0)))
RATIO = law(call("div", feat(0), feat(1)), call("log", feat(1)))


def judged(index: int, n_constants: int, score: float | None, r2: float, **changes: Any) -> Entry:
    fields = {
        "law": LOG,
        "status": "screened" if score is None else "ok",
        "operator": "add term",
        "n_constants": n_constants,
        "score": score,
        "folds": (FoldScore("a", 5, 1 - r2, r2), FoldScore("b", 5, 1 - r2, r2)),
    }
    return entry(index, **{**fields, **changes})


ENTRIES = [
    judged(0, 2, -2.0, 0.90, operator="seed"),
    judged(1, 3, -3.0, 0.95, law=RATIO),
    judged(2, 4, None, 0.99),
    judged(3, 2, -2.5, 0.80),
    judged(4, 5, -2.5, 0.80, law=None, text="x = Tokens ** 2 # a black box"),
    judged(5, 3, None, 0.0, status="timeout", folds=()),
]


def indices(**conditions: Any) -> list[int]:
    return list(query(ENTRIES, NAMES, **conditions)["index"])


def test_entries_may_be_asked_for_by_where_they_came_from() -> None:
    laws = [judged(0, 2, -2.0, 0.9, origin="literature"), judged(1, 3, -3.0, 0.9)]
    table = query(laws, NAMES, origin="literature")
    assert list(table["index"]) == [0]
    assert list(table["origin"]) == ["literature"]
    with pytest.raises(EvolveError, match="origin: no entry has 'litrature'.*literature"):
        query(laws, NAMES, origin="litrature")


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("held_out", [1, 0, 3, 4, 2, 5]),
        ("score", [1, 3, 4, 0, 2, 5]),
        ("size", [3, 0, 1, 5, 2, 4]),
        ("index", [0, 1, 2, 3, 4, 5]),
    ],
)
def test_entries_are_sorted_as_asked(sort: str, expected: list[int]) -> None:
    assert indices(sort=sort) == expected


def test_every_order_is_tested() -> None:
    assert set(SORTS) == {"held_out", "score", "size", "index"}


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        ({"max_constants": 2}, [0, 3]),
        ({"status": "ok"}, [0, 1, 3, 4]),
        ({"status": "timeout"}, [5]),
        ({"operator": "seed"}, [0]),
        ({"contains": "tokens/unique_tokens"}, [1]),
        ({"contains": " tokens  **2"}, [4]),
        ({"contains": "nothing has this"}, []),
        ({"limit": 2}, [0, 1]),
        ({"limit": 0}, []),
        ({"status": "ok", "max_constants": 3, "limit": 2}, [0, 1]),
    ],
)
def test_only_entries_that_match_every_condition_are_kept(
    conditions: dict[str, Any], expected: list[int]
) -> None:
    assert indices(sort="index", **conditions) == expected


def test_a_row_says_what_the_entry_is() -> None:
    table = query(ENTRIES, NAMES, sort="index")
    assert tuple(table.columns) == COLUMNS
    row = table.iloc[1]
    assert row["formula"] == entry_formula(ENTRIES[1], NAMES)
    assert "log(unique_tokens)" in row["formula"]
    assert row["held_out_r2"] == row["heldout_r2"] == pytest.approx(0.95)
    assert (row["score"], row["constants"]) == (-3.0, 3)
    assert row["program_id"] == ENTRIES[1].program_id
    assert list(table["score"].isna()) == [False, False, True, False, False, True]


def test_an_empty_run_gives_an_empty_table() -> None:
    table = query([], NAMES, status="ok", operator="seed")
    assert tuple(table.columns) == COLUMNS
    assert len(table) == 0


@pytest.mark.parametrize(
    ("conditions", "message"),
    [
        ({"sort": "held-out"}, r"sort: no order 'held-out' \(did you mean 'held_out'\?\)"),
        ({"status": "okay"}, r"status: no entry has 'okay' \(did you mean 'ok'\?\); there are ok"),
        ({"operator": "add_term"}, r"operator: .* \(did you mean 'add term'\?\)"),
    ],
)
def test_a_misspelt_condition_names_the_nearest(conditions: dict[str, Any], message: str) -> None:
    with pytest.raises(EvolveError, match=message):
        query(ENTRIES, NAMES, **conditions)


def test_held_out_r2_is_the_mean_over_folds_of_what_was_judged_on_all() -> None:
    r2 = query(ENTRIES, NAMES, sort="index")["held_out_r2"]
    assert r2[0] == pytest.approx(0.9)
    assert math.isnan(r2[2])
    assert math.isnan(r2[5])


def test_the_name_of_an_order_in_earlier_versions_is_read_with_a_warning() -> None:
    with pytest.warns(DeprecationWarning, match="now 'held_out'"):
        old = indices(sort="heldout")
    assert old == indices(sort="held_out")


def test_a_black_box_has_no_formula_but_a_text() -> None:
    assert entry_formula(ENTRIES[4], NAMES) == ""
    assert holds(ENTRIES[4], "BLACK box", NAMES)


def test_the_front_has_the_lowest_score_of_each_size() -> None:
    assert {k: e.index for k, e in front(ENTRIES).items()} == {2: 3, 3: 1, 5: 4}
    assert front([judged(0, 2, -1.0, 0.5), judged(1, 2, -1.0, 0.5)])[2].index == 0


def test_two_runs_stand_side_by_side() -> None:
    other = [judged(0, 2, -3.0, 0.97), judged(1, 4, -1.0, 0.5, law=RATIO)]
    table = compare(ENTRIES, other, NAMES)
    assert list(table["constants"]) == [2, 3, 4, 5]
    np.testing.assert_allclose(table["gain"], [0.5, np.nan, np.nan, np.nan])
    np.testing.assert_allclose(table["held_out_r2_1"], [0.8, 0.95, np.nan, 0.8])
    np.testing.assert_allclose(table["held_out_r2_2"], [0.97, np.nan, 0.5, np.nan])
    assert table["formula_1"][2] == ""
    assert "tokens/unique_tokens" in table["formula_2"][2]


def test_two_empty_runs_give_an_empty_table() -> None:
    assert len(compare([], [], NAMES)) == 0


def test_a_formula_has_powers_as_that_of_show_has() -> None:
    power = Law(call("exp", call("mul", const(0), call("log", feat(0)))), 1)
    assert entry_formula(replace(ENTRIES[1], law=law_to_data(power)), NAMES) == f"{NAMES[0]}^c0"


@pytest.mark.parametrize(
    "conditions",
    [
        {},
        {"sort": "score", "limit": 3},
        {"sort": "size", "status": "ok"},
        {"contains": "log", "max_constants": 4, "limit": 2},
    ],
)
def test_a_run_is_asked_without_reading_it_whole(
    tmp_path: Path, conditions: dict[str, Any]
) -> None:
    with new_store(tmp_path / "run", 20) as store:
        told = query(store.entries(), NAMES, **conditions)
        read: list[int] = []
        with patch.object(Store, "entry", lambda self, i: read.append(i) or entry(i)):
            rows = query_store(store, NAMES, **conditions)
    assert [row["index"] for row in rows] == list(told["index"])
    np.testing.assert_array_equal([row["held_out_r2"] for row in rows], told["held_out_r2"])
    if conditions.get("limit") and "contains" not in conditions:
        assert len(read) == conditions["limit"]


def test_a_run_whose_folds_are_none_is_refused(tmp_path: Path) -> None:
    with new_store(tmp_path / "run", 3) as store:
        with store.transaction() as connection:
            connection.execute("UPDATE entries SET folds = '[[1]]' WHERE position = 1")
        with pytest.raises(StoreError, match="folds must have 4 to 6 values"):
            query_store(store, NAMES)


def test_operators_of_several_words_are_told_between_quotes() -> None:
    laws = [judged(0, 2, -2.0, 0.9, operator="power of 0, turned"), judged(1, 3, -3.0, 0.9)]
    with pytest.raises(EvolveError, match="there are 'add term', 'power of 0, turned'$"):
        query(laws, NAMES, operator="x")


def test_a_law_of_own_features_is_shown_by_own_as_everywhere_else() -> None:
    root = call("add", const(0), call("mul", feat(0), feat(1)))
    own = judged(0, 1, -1.0, 0.9, law=law_to_data(Law(root, 1, own_feature_first=True)))
    assert entry_formula(own, NAMES) == "c0 + own*other_1"
