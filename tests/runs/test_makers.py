from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from store_service import entry

from evolve.dashboard.views import entry_of, laws_of
from evolve.errors import EvolveError
from evolve.evaluation.record import Entry
from evolve.law.graph import Law, Node, call, const, feat, law_to_data
from evolve.runs.listing import lineage
from evolve.runs.makers import Makers, makers_among, makers_of
from evolve.runs.query import query, query_store
from evolve.runs.results import ResultRow, leading_row, load_results, save_results
from evolve.runs.store import Store

NAMES = ("unique", "params", "tokens")


def first(index: int, operator: str, *features: int, own: bool = False, **more: Any) -> Entry:
    """A first law that holds some features, by their columns."""
    root: Node = const(0)
    for j in features:
        root = call("add", root, call("log", feat(j)))
    law = law_to_data(Law(root, 1, own_feature_first=own))
    return entry(index, operator=operator, origin="initial", law=law, parents=(), **more)


# As a search that sees tokens first, then params, then unique tokens names them.
FIRST = [
    first(0, "sum of powers", 0, 1, 2),
    first(1, "power of 0", 2, score=-9.0),
    first(2, "power of 1", 1),
    first(3, "power of a sum, 2 inverse", 0, 1, 2),
    first(4, "repeated 2 in 0, turned", 0, 2),
]
SHOWN = [
    *("sum of powers", "power of tokens", "power of params"),
    *("power of a sum, unique inverse", "repeated unique in tokens, turned"),
]


def new_run(folder: Path, template: str = "") -> Path:
    task = {"name": "t", "fingerprint": "0" * 16, "folder": "t", "targets": ["loss"]}
    settings = {"seed": 1, "rules": {"template": template}}
    task["features"] = list(NAMES)
    with Store.create(folder, settings=settings, task=task, versions={"scoring": 1}) as store:
        store.append(FIRST)
        store.append([entry(len(FIRST), parents=(1, 4))])
    return folder


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return new_run(tmp_path / "run")


def test_first_laws_are_called_by_the_columns_that_stand_in_the_places_of_their_names() -> None:
    makers = makers_among(FIRST, NAMES)
    assert [makers.named(one).operator for one in FIRST] == SHOWN


def test_of_one_feature_no_law_is_needed_to_know_its_place() -> None:
    makers = makers_among([], ["stage"])
    said = makers.of("power from an origin and floor of 0, turned", "initial")
    assert said == "power from an origin and floor of stage, turned"


def test_laws_of_own_features_are_called_by_what_their_formulas_say() -> None:
    makers = makers_among([first(0, "power of 1", 1, own=True)], NAMES)
    assert makers.of("power of 0", "initial") == "power of own"
    assert makers.of("power of 2", "initial") == "power of other_2"


def test_a_place_of_which_nothing_is_known_keeps_its_number() -> None:
    assert makers_among(FIRST[:1], NAMES).of("power of 1", "initial") == "power of 1"


def test_numbers_in_what_no_form_made_stay() -> None:
    assert Makers({0: "tokens"}).of("law of 0", "model") == "law of 0"


def test_laws_of_a_template_are_called_by_the_columns_of_its_free_part(tmp_path: Path) -> None:
    folder = new_run(tmp_path / "run", "E + A*unique^-a + @(tokens, params)")
    with Store.open(folder, write=False) as store:
        assert makers_of(store).of("power of 0", "initial") == "power of params"


def test_a_stored_run_says_what_made_an_entry_by_columns_wherever_it_is_asked(run: Path) -> None:
    with Store.open(run, write=False) as store:
        rows = query_store(store, NAMES, sort="index")
        assert [row["operator"] for row in rows[:-1]] == SHOWN
        assert [old.operator for old in lineage(store, store.entry(len(FIRST)))] == [SHOWN[1]]
        row = leading_row(store, load_results(store))
        assert row is not None
        assert row.name == "power of tokens"
    assert list(query(FIRST, NAMES, sort="index")["operator"]) == SHOWN
    pages = [laws_of(run)["elites"], [entry_of(run, 4)["entry"]]]
    assert {elite["operator"] for page in pages for elite in page} <= {*SHOWN, "add term"}


@pytest.mark.parametrize("asked", ["power of tokens", "power of 0"])
def test_entries_are_asked_for_by_the_name_that_is_shown_or_the_one_that_is_stored(
    run: Path, asked: str
) -> None:
    with Store.open(run, write=False) as store:
        assert [row["index"] for row in query_store(store, NAMES, operator=asked)] == [1]
        with pytest.raises(EvolveError, match="did you mean 'power of tokens'"):
            query_store(store, NAMES, operator="power of token")


def test_the_table_of_a_run_that_has_ended_calls_its_champion_by_columns(run: Path) -> None:
    row = ResultRow("champion", "power of 0", 1, 2, -9.0, 0.9, 0.9, "loss = c0", {}, "")
    with Store.open(run, write=True) as store:
        save_results(store, [row], chosen=True)
        assert load_results(store).rows[0].name == "power of tokens"
