"""Entries are compared while the search goes on, stored in order, and given up at its end."""

from __future__ import annotations

import threading
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from small_tasks import power_task, task_of

from evolve.evaluation.crosscheck import TOLERANCE, Agreement
from evolve.runs.crosscheck import MOST_GROUPS, MOST_LEFT, CrossCheck, disagreements
from evolve.runs.notes import COMPARISONS, LEFT
from evolve.scoring.fold import Fold
from evolve.tasks.task import Task

ENTRIES = [
    SimpleNamespace(index=i, law={}, evaluation=SimpleNamespace(score=-1.0)) for i in range(3)
]
ARCHIVE = SimpleNamespace(best_per_size=lambda: [SimpleNamespace(entry=e) for e in ENTRIES])


class Notes:
    """The notes of a store."""

    def __init__(self) -> None:
        self.kept: dict[str, Any] = {}

    def note(self, key: str) -> Any:
        return self.kept.get(key)

    def set_note(self, key: str, value: Any) -> None:
        self.kept[key] = list(value)

    def entry(self, index: int) -> Any:
        return ENTRIES[index]


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Comparisons wait until it is set."""
    gate = threading.Event()

    def wait(self: CrossCheck, entry: Any) -> Agreement:
        assert gate.wait(60.0)
        return Agreement(entry.index, "ok", 0.0)

    monkeypatch.setattr(CrossCheck, "_compare_entry", wait)
    return gate


def begin(lanes: CrossCheck) -> None:
    lanes.compare_batch(cast("Any", ARCHIVE), cast("Any", ENTRIES))


def begin_and_stop(lanes: CrossCheck) -> None:
    begin(lanes)
    raise KeyboardInterrupt


def lanes_of(store: Notes, task: Task | None = None) -> CrossCheck:
    task = task or power_task()
    problem = SimpleNamespace(task=task, folds=task.folds)
    return CrossCheck(cast("Any", store), cast("Any", problem), cast("Any", None), seed=0)


def indices(store: Notes) -> list[int]:
    return [one["index"] for one in store.note(COMPARISONS) or []]


def test_what_did_not_come_out_the_same_is_told_and_what_did_is_not() -> None:
    store = Notes()
    told = [Agreement(3, "ok", 1e-15), Agreement(5, "ok", 0.25), Agreement(7, "timeout", None)]
    store.set_note(COMPARISONS, [one.to_data() for one in told])
    lines = disagreements(cast("Any", store))
    assert lines == [
        f"entry 5: predictions differ by 2.5e-01, above {TOLERANCE:.0e}",
        "entry 7: timeout",
    ]


def test_what_is_compared_is_stored_in_order_and_no_batch_waits_for_it(
    gate: threading.Event,
) -> None:
    store = Notes()
    lanes = lanes_of(store)
    begin(lanes)
    begin(lanes)
    assert indices(store) == []
    assert store.note(LEFT) == [0, 1, 2, 0, 1, 2]
    gate.set()
    lanes.settle()
    assert indices(store) == [0, 1, 2, 0, 1, 2]
    assert store.note(LEFT) == []


def test_a_search_waits_for_comparisons_that_are_too_far_behind(gate: threading.Event) -> None:
    store = Notes()
    lanes = lanes_of(store)
    threading.Timer(0.2, gate.set).start()
    for _ in range(MOST_LEFT // 3 + 2):
        begin(lanes)
    assert gate.is_set()
    assert len(indices(store)) >= 3
    lanes.settle()


def test_what_a_session_that_was_killed_had_to_compare_is_compared_by_the_next(
    gate: threading.Event,
) -> None:
    store = Notes()
    lanes = lanes_of(store)
    begin(lanes)
    gate.set()
    with lanes_of(store):
        pass
    assert indices(store) == [0, 1, 2]
    assert store.note(LEFT) == []
    lanes.settle()


def test_what_is_being_compared_is_awaited_at_the_end_of_a_run(gate: threading.Event) -> None:
    store = Notes()
    threading.Timer(0.2, gate.set).start()
    with lanes_of(store) as lanes:
        begin(lanes)
    assert indices(store) == [0, 1, 2]


def test_what_is_not_compared_yet_is_given_up_with_the_run(gate: threading.Event) -> None:
    store = Notes()
    threading.Timer(0.2, gate.set).start()
    with pytest.raises(KeyboardInterrupt), lanes_of(store) as lanes:
        begin_and_stop(lanes)
    assert indices(store) == []


def test_a_program_has_room_to_say_every_row_of_a_champion_however_many() -> None:
    n = 50_000
    x = 10.0 ** np.random.default_rng(0).uniform(0.0, 3.0, n)
    large = lanes_of(Notes(), task_of(x[:, None], x**-0.3, folds={"axes": ["a"]}))
    usual = lanes_of(Notes())
    room = large._lane.limits.answer_bytes - usual._lane.limits.answer_bytes
    assert room >= n * np.float64().nbytes


def test_a_champion_of_many_groups_is_compared_in_some_of_them_from_first_to_last(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    n_groups, asked = 3 * MOST_GROUPS - 20, []
    group = np.repeat(np.arange(n_groups), 12)
    x = 10.0 ** np.random.default_rng(0).uniform(0.0, 3.0, len(group))
    task = task_of(x[:, None], x**-0.3, group.tolist(), folds={"axes": ["a"]})
    said = np.arange(float(len(group)))[:, None]

    def run_text(lane: object, task: Task, fold: Fold, text: str) -> np.ndarray:
        asked.append(fold.held)
        return said[fold.held]

    monkeypatch.setattr("evolve.runs.crosscheck.run_text", run_text)
    monkeypatch.setattr(CrossCheck, "_text", lambda *_: "")
    fitted = SimpleNamespace(candidate=object(), priors=None, predictions=said)
    store = Notes()
    champion = SimpleNamespace(fitted=fitted, entry=SimpleNamespace(index=7))
    lanes_of(store, task).compare_champion(cast("Any", champion))
    assert store.kept[COMPARISONS] == [Agreement(7, "ok", 0.0).to_data()]
    compared = np.unique(task.train.group[asked[0]])
    assert MOST_GROUPS // 2 < len(compared) <= MOST_GROUPS
    assert compared[-1] >= n_groups - 3
    assert len(asked[0]) == 12 * len(compared)
