"""What a store keeps besides entries is what is kept under its key, or the store is damaged."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from store_service import BATCH, entry, new_store

from evolve.errors import StoreError
from evolve.forecast.by_group import GroupError
from evolve.runs.choices import load_group_errors
from evolve.runs.run import settings_of
from evolve.runs.store import Store

ROW: dict[str, Any] = {
    **{"kind": "champion", "name": "a", "index": 0, "n_constants": 1, "score": -1.0},
    **{"held_out_r2": 0.5, "train_r2": None, "formula": "y", "constants": {"all": [[1.0]]}},
    **{"text": "", "message": "", "printed": ""},
}

ERRORS = {"all": [[0.1]]}
GROUP = GroupError("a", 4, 0.5, 0.1, "mean", 1.0)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return new_store(tmp_path / "r", n=BATCH)


def table(**changes: Any) -> dict[str, Any]:
    return {"n_entries": BATCH, "chosen": True, "lines": [{**ROW, **changes}]}


def groups(**changes: Any) -> dict[str, Any]:
    return {"n_entries": BATCH, "groups": [asdict(GROUP) | changes]}


def test_errors_by_group_are_read_until_the_run_goes_on(store: Store) -> None:
    assert load_group_errors(store) == []
    store.set_note("errors by group", groups())
    assert load_group_errors(store) == [GROUP]
    store.append([entry(BATCH)])
    assert load_group_errors(store) == []


def test_a_table_of_laws_is_read_with_or_without_what_later_versions_keep(store: Store) -> None:
    more = table(errors=ERRORS, valued_formula="y = 1")
    free = table(freedom={"all": 1.0}, shared={"all": [[0.5]]})
    for value in (
        table(),
        table(origin="user"),
        table(origin=""),
        table(errors=ERRORS),
        more,
        free,
    ):
        store.set_note("ending", value)
        assert store.note("ending") == value


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("ending", [], "table must be a mapping, it is a list"),
        ("ending", table(kind="king"), "kind must be one of champion, size, literature"),
        ("ending", table(index=BATCH), "index must be a whole number from 0 to 4, it is 5"),
        ("ending", table(score=None), "score must be a number, it is None"),
        ("ending", table(constants={"all": [[1.0, 2.0]]}), "must be 1 for a target, not 2"),
        ("ending", table(constants={"all": [["1"]]}), "must be a number, it is '1'"),
        ("ending", table(errors={"all": [[0.1, 0.2]]}), "errors must be 1 for a target, not 2"),
        ("ending", table(freedom={"all": 0.5}), "freedom must be a finite number from 1"),
        ("ending", table(freedom={"web": 3.0}), "freedom cannot have 'web'"),
        ("ending", table(errors={"al": [[0.1]]}), "errors must have 'all'"),
        ("ending", table(shared={"all": [[0.1, 0.2]]}), "shared must be 1 for a target, not 2"),
        ("ending", table(shared={"all": [[1.1]]}), "shared must be a finite number from 0 to 1"),
        ("ending", table(shared={"web": [[1.0]]}), "shared must have 'all'"),
        ("ending", table(shared={"all": [[1.0], [1.0]]}), "as many targets as constants"),
        ("ending", table(errors={"all": [[0.1], [0.1]]}), "as many targets as constants"),
        ("ending", table(formula="\ud800"), "must be a text of whole characters"),
        ("ending", table(evil=1), "cannot have 'evil'"),
        ("ending", table(origin="king"), "origin must be one of literature, initial"),
        ("budget", {"evaluations": -1}, "evaluations must be a whole number from 1"),
        ("budget", {"evaluations": 10**30}, "it is a number of many digits"),
        ("inherited", {"run": "../x", "elites": []}, "must be a folder's name, it is '../x'"),
        ("inherited", {"run": "x\nls", "elites": []}, r"it is 'x\\nls'"),
        ("inherited", {"run": "x", "elites": [[{}, {}]]}, "law: must hold root"),
        ("lanes", [{"index": 0, "status": "ok"}], "must have 'difference'"),
        ("errors by group", groups(n_held=-1), "n_held must be a whole number from 0"),
        ("errors by group", groups(error="1"), "error must be a number, it is '1'"),
        ("errors by group", groups(worse=True), "cannot have 'worse'"),
        ("forecast", {"n_entries": 1, "basis": {}}, "must have 'format'"),
    ],
)
def test_a_note_that_is_something_else_is_named(
    key: str, value: Any, words: str, store: Store
) -> None:
    store.set_note(key, value)
    with pytest.raises(StoreError, match=f"run.sqlite: damaged: note '{key}': .*{words}"):
        store.note(key)


def test_parents_are_older_than_their_children(store: Store) -> None:
    for parents in ((BATCH,), (BATCH + 1,), (-1,)):
        store.append([entry(len(store), parents=parents)])
        with pytest.raises(StoreError, match=r"damaged: entry \d: parents must be older"):
            store.entry(len(store) - 1)
        store._connection.execute("DELETE FROM entries WHERE position = ?", (BATCH,))


def test_settings_that_no_run_can_have_are_named(tmp_path: Path) -> None:
    task = {"name": "t", "fingerprint": "0" * 16, "folder": "tasks/t"}
    given = {"settings": {"seed": 1, "sead": 2}, "task": task, "versions": {}}
    with (
        Store.create(tmp_path / "a", **given) as store,
        pytest.raises(StoreError, match=r"no setting 'sead' \(did you mean 'seed'\?\)"),
    ):
        settings_of(store)
    given["settings"] = {"seed": -1}
    with pytest.raises(StoreError, match="settings: seed must be a whole number from 0"):
        Store.create(tmp_path / "b", **given)
