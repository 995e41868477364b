from __future__ import annotations

import json
import math
import shutil
import sqlite3
from pathlib import Path

import pytest
from store_service import entry

from evolve.cli.app import call
from evolve.errors import StoreError
from evolve.law.candidate import candidate_from_data
from evolve.law.canonical import key
from evolve.runs.migrations import (
    MIGRATIONS,
    VERSION,
    make_schema,
    migrate,
    schema_version,
)
from evolve.runs.store import Store
from evolve.scoring.fold import FoldScore
from evolve.search.archive import Archive

DATA = Path(__file__).parents[1] / "data"
# What each stored database holds; written down when it was made, by the code of its schema.
DIGESTS = {
    1: "7aff123f6e9f651ecec6c94cb3d665567b18da62c563262ac164a71b7f05aa4f",
    2: "b6195a8e1cd5dfac30ee456bf3588a389152254bcbb85dd34e887afdb1b987e5",
    3: "b6195a8e1cd5dfac30ee456bf3588a389152254bcbb85dd34e887afdb1b987e5",
}
# A search's first laws and some of its mutants, written by the code of schema 1.
SEARCHED = "c3d6394d70fb5e982f60413d7402e195a58e98e96e9791ba69d7a280b01281df"


@pytest.fixture(params=sorted(DIGESTS))
def version(request: pytest.FixtureRequest) -> int:
    return int(request.param)


@pytest.fixture
def folder(tmp_path: Path, version: int) -> Path:
    """A copy of the stored run of an old schema."""
    (tmp_path / "old").mkdir()
    shutil.copy(DATA / f"run_schema_{version}.sqlite", tmp_path / "old" / "run.sqlite")
    return tmp_path / "old"


def columns(database: sqlite3.Connection) -> dict[str, list[tuple[object, ...]]]:
    tables = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    return {name: database.execute(f"PRAGMA table_info({name})").fetchall() for (name,) in tables}


def version_of(folder: Path) -> int:
    database = sqlite3.connect(folder / "run.sqlite")
    (found,) = database.execute("PRAGMA user_version").fetchone()
    database.close()
    return int(found)


def test_every_old_schema_has_a_stored_database_and_a_step() -> None:
    assert set(MIGRATIONS) == set(DIGESTS) == set(range(1, VERSION))


@pytest.mark.parametrize("write", [False, True])
def test_an_old_run_opens_with_all_that_it_held(folder: Path, version: int, write: bool) -> None:
    with Store.open(folder, write=write) as store:
        assert len(store) == 12
        assert store.digest() == DIGESTS[version]
        assert store.task["name"] == "data_constrained"
        assert store.note("sandbox") == {"level": "strong", "missing": []}
        assert store.test_openings()[0]["command"] == "python -m evolve score old --split test"
        assert store.entry(2).evaluation.folds == (FoldScore("peel 0", 10, math.inf, -math.inf),)
        assert store.entry(4).parents == (2, 3)


def test_an_old_run_comes_to_know_where_its_entries_came_from(tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    shutil.copy(DATA / "run_schema_2.sqlite", tmp_path / "old" / "run.sqlite")
    with Store.open(tmp_path / "old", write=False) as store:
        origins = [(e.operator, e.origin) for e in store.entries()]
    assert origins[:8] == [
        ("hoffmann_2022", "literature"),
        ("sum of powers", "initial"),
        ("hoffmann_2022", "initial"),
        ("elite of an earlier run", "inherited"),
        ("add_term", "mutation"),
        ("cross_terms", "crossover"),
        ("cross_recipe", "crossover"),
        ("drop_term", "mutation"),
    ]
    assert origins[9] == ("change_link", "mutation")  # one of the first candidates, of no parent


def test_an_entry_that_was_damaged_is_so_under_the_next_schema(tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    shutil.copy(DATA / "run_schema_2.sqlite", tmp_path / "old" / "run.sqlite")
    database = sqlite3.connect(tmp_path / "old" / "run.sqlite")
    database.execute("UPDATE entries SET score = 9.0 WHERE position = 3")
    database.commit()
    database.close()
    with Store.open(tmp_path / "old", write=True) as store:
        assert store.entry(4).origin == "mutation"
        with pytest.raises(StoreError, match="entry 3 does not match its checksum"):
            store.entry(3)


def test_a_reader_leaves_an_old_run_as_it_is(folder: Path, version: int) -> None:
    Store.open(folder, write=False).close()
    assert version_of(folder) == version


def test_a_writer_brings_an_old_run_up_to_date_and_goes_on(folder: Path) -> None:
    with Store.open(folder, write=True) as store:
        store.append([entry(12)])
    assert version_of(folder) == VERSION
    with Store.open(folder, write=False) as store:
        assert store.entry(12) == entry(12)


def test_an_old_run_comes_to_have_the_tables_of_a_new_one(folder: Path) -> None:
    Store.open(folder, write=True).close()
    fresh = sqlite3.connect(":memory:")
    make_schema(fresh)
    old = sqlite3.connect(folder / "run.sqlite")
    assert columns(old) == columns(fresh)
    old.close()
    fresh.close()


def test_the_laws_of_an_old_run_are_still_laws(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "old").mkdir()
    shutil.copy(DATA / "run_schema_1_parallel.sqlite", tmp_path / "old" / "run.sqlite")
    with Store.open(tmp_path / "old", write=False) as store:
        assert store.digest() == SEARCHED
        archive = Archive()
        archive.tell(store.entries())
        assert store.entry(17).parents == (10, 10)
        laws = [(e.key, e.law, e.recipe) for e in store.entries() if e.law and e.recipe]
        origins = [e.origin for e in store.each()]
    assert archive.size == 24
    assert archive.best_per_size()
    assert len(laws) == 24
    assert origins == ["literature"] * 2 + ["initial"] * 14 + ["mutation"] * 8
    for stored, law, recipe in laws:
        candidate = candidate_from_data(law, recipe)
        assert key(candidate.law, candidate.recipe) == stored  # a law found again is not new
    assert all(
        elite.genome.law.n_constants == elite.n_constants for elite in archive.best_per_size()
    )
    assert call(["query", "old", "--runs-dir", str(tmp_path), "--json"]) == 0
    rows = json.loads(capfd.readouterr().out)
    assert "(num_params/1e9)^c2" in rows[0]["formula"]
    assert len(rows) == 20


def test_a_step_that_fails_changes_nothing(
    folder: Path, version: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    step = MIGRATIONS[version]

    def fail(connection: sqlite3.Connection) -> None:
        step(connection)
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setitem(MIGRATIONS, version, fail)
    with pytest.raises(StoreError, match="disk is full"):
        Store.open(folder, write=True)
    monkeypatch.undo()
    assert version_of(folder) == version
    with Store.open(folder, write=True) as store:
        assert store.digest() == DIGESTS[version]


def test_a_run_of_a_newer_schema_says_to_update() -> None:
    database = sqlite3.connect(":memory:", isolation_level=None)
    make_schema(database)
    database.execute(f"PRAGMA user_version = {VERSION + 1}")
    message = f"runs/r: written by a newer evolve \\(schema {VERSION + 1}; .* up to {VERSION}\\)"
    with pytest.raises(StoreError, match=message):
        migrate(database, "runs/r")
    database.close()


def test_a_current_run_is_left_alone() -> None:
    database = sqlite3.connect(":memory:", isolation_level=None)
    make_schema(database)
    migrate(database, "runs/r")
    assert schema_version(database, "runs/r") == VERSION
    database.close()
