from __future__ import annotations

import hashlib
import json
import math
import sqlite3
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from store_service import LAWS, entry

from evolve.evaluation.record import ORIGINS, Entry, Evaluation
from evolve.jsontext import compact_json
from evolve.law.graph import law_to_data
from evolve.law.recipe import Recipe
from evolve.runs import limits
from evolve.runs.rows import COLUMNS, checksum, entry_to_row, row_to_entry
from evolve.scoring.fold import FoldScore

finite = st.floats(allow_nan=False, allow_infinity=False)
words = st.text(st.characters(exclude_categories=["Cs"]))
scalars = st.none() | st.booleans() | st.integers() | finite | words
json_values = st.recursive(
    scalars, lambda inner: st.lists(inner) | st.dictionaries(words, inner), max_leaves=8
)
json_objects = st.dictionaries(words, json_values, max_size=4)
counts = st.integers(0, limits.COUNT)
folds = st.builds(FoldScore, words, counts, st.floats(allow_nan=False), st.floats(allow_nan=False))
scored_folds = st.builds(FoldScore, words, counts, finite, finite)
evaluated: dict[str, Any] = {
    "status": words,
    "message": words,
    "stage": st.integers(0, limits.STAGES),
    "n_constants": st.integers(0, limits.CONSTANTS),
    "complexity": finite,
    "seconds": finite,
    "facts": json_objects,
}
evaluations = st.builds(
    Evaluation, score=st.none(), folds=st.lists(folds, max_size=3).map(tuple), **evaluated
) | st.builds(
    Evaluation,
    score=finite,
    folds=st.lists(scored_folds, min_size=1, max_size=3).map(tuple),
    **evaluated,
)
laws = st.sampled_from([law_to_data(law) for law in LAWS])
recipes = st.sampled_from([Recipe().to_data(), {"loss": "huber", "n_starts": 3}])
entries = st.builds(
    Entry,
    index=st.integers(10, limits.ENTRIES),
    text=words,
    law=st.none() | laws,
    recipe=recipes,
    key=words,
    parents=st.lists(st.integers(0, 9), max_size=3).map(tuple),
    operator=words,
    evaluation=evaluations,
    origin=st.sampled_from(ORIGINS),
)


def through_sqlite(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return a row as SQLite gives it back, with the column types of the store."""
    connection = sqlite3.connect(":memory:")
    real = {"score", "complexity", "seconds"}
    columns = ", ".join(f"{name} {'REAL' if name in real else ''}" for name in COLUMNS)
    connection.execute(f"CREATE TABLE entries ({columns})")
    connection.execute(f"INSERT INTO entries VALUES ({', '.join('?' * len(row))})", row)
    found: tuple[Any, ...] = connection.execute("SELECT * FROM entries").fetchone()
    connection.close()
    return found


@given(entries)
def test_an_entry_comes_back_from_sqlite_as_it_went_in(given_entry: Entry) -> None:
    row = through_sqlite(entry_to_row(given_entry))
    assert row_to_entry(given_entry.text, row) == given_entry


@given(entries)
def test_a_checksum_is_the_same_before_and_after_sqlite(given_entry: Entry) -> None:
    row = entry_to_row(given_entry)
    assert checksum(row) == checksum(through_sqlite(row))


@given(st.floats(allow_nan=False, allow_infinity=False, width=64))
def test_a_score_keeps_every_bit(score: float) -> None:
    row = through_sqlite(entry_to_row(entry(0, score=score)))
    found = row_to_entry("", row).evaluation.score
    assert found is not None
    assert found.hex() == (score + 0.0).hex()


def test_a_fold_score_may_be_infinite_or_nan_where_there_is_no_score() -> None:
    given_entry = entry(2, folds=(FoldScore("a", 1, math.inf, math.nan),))
    (fold,) = row_to_entry("", through_sqlite(entry_to_row(given_entry))).evaluation.folds
    assert fold.nmse == math.inf
    assert math.isnan(fold.r2)


@pytest.mark.parametrize("folds", [(), (FoldScore("a", 1, math.inf, 0.5),)])
def test_a_score_is_made_of_folds_that_have_errors(folds: tuple[FoldScore, ...]) -> None:
    row = through_sqlite(entry_to_row(entry(0, folds=folds)))
    with pytest.raises(ValueError, match="fold"):
        row_to_entry("", row)


@pytest.mark.parametrize("name", ["score", "complexity", "seconds"])
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_number_that_stands_for_a_failure_is_refused(name: str, value: float) -> None:
    with pytest.raises(ValueError, match=f"Expected {name} to be finite but it was {value}"):
        replace(entry(0).evaluation, **{name: value})


def test_numpy_numbers_are_kept_as_plain_ones() -> None:
    given_entry = entry(
        4,
        score=np.float64(-1.5),
        n_constants=np.int64(3),
        parents=(np.int64(1), np.int64(2)),
        facts={"agree": np.int64(4), "norms": np.array([0.5, 1.5]), "bound": np.True_},
    )
    found = row_to_entry(given_entry.text, through_sqlite(entry_to_row(given_entry)))
    assert found.parents == (1, 2)
    assert found.evaluation.n_constants == 3
    assert found.evaluation.facts == {"agree": 4, "norms": [0.5, 1.5], "bound": True}


def test_what_json_cannot_hold_is_refused() -> None:
    with pytest.raises(TypeError, match="Expected JSON values but one was a set"):
        compact_json({"a": {1, 2}})


def test_a_message_with_lone_surrogates_is_kept_escaped() -> None:
    row = entry_to_row(entry(0, message="bad byte \udcff"))
    assert row_to_entry("", through_sqlite(row)).evaluation.message == "bad byte \\udcff"


def test_the_id_of_a_program_is_the_start_of_its_hash() -> None:
    text = "x = 1\n"
    assert entry(0, text=text).program_id == hashlib.sha256(text.encode()).hexdigest()[:16]


def test_json_text_is_compact() -> None:
    assert compact_json({"a": [1, 2]}) == '{"a":[1,2]}'
    assert json.loads(compact_json(0.1)) == 0.1
