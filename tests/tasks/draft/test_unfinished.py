"""Runs that have crashed or still run are told, with the condition that leaves them out."""

from __future__ import annotations

import shlex

import pytest

from tests.tasks.draft.test_warnings import D, N, drafted, notes_of

STATES = [*["finished"] * 25, *["crashed"] * 3, *["running"] * 2]


def told_of(states: list[str], name: str = "State", **asked: object) -> str:
    return notes_of(drafted({"params": [*N], "tokens": [*D], name: [*states]}, **asked))


@pytest.mark.parametrize("name", ["State", "run status"])
def test_runs_that_are_not_finished_are_told_with_what_leaves_them_out(name: str) -> None:
    told = told_of(STATES, name)
    assert f"5 rows are of runs that are not finished, by column {name}" in told
    assert "(crashed 3, running 2)" in told
    assert "constants of its own" not in told
    (line,) = [line for line in told.splitlines() if "not finished" in line]
    words = shlex.split(line)
    condition = words[words.index("--where") + 1]
    assert "not finished" not in told_of(STATES, name, where=condition)
    draft = drafted({"params": [*N], "tokens": [*D], name: [*STATES]}, where=condition)
    assert len(draft.train) == 25


def test_states_are_told_as_their_trackers_write_them() -> None:
    told = told_of(["COMPLETE"] * 29 + ["PRUNED"], "state")
    assert "1 row is of a run that is not finished, by column state (pruned 1)" in told
    assert """--where 'state != "PRUNED"'""" in told


def test_states_are_counted_in_whatever_letters_and_what_was_left_out_before_stays_out() -> None:
    states = ["Finished"] * 28 + ["crashed", "Crashed"]
    before = "params > 2e8 or tokens > 1e9"
    told = told_of(states, where=before)
    assert "by column State (crashed 2)" in told
    asked = f'({before}) and State != "crashed" and State != "Crashed"'
    assert f"--where {shlex.quote(asked)}" in told


@pytest.mark.parametrize("states", [["finished"] * 30, ["running"] * 30])
def test_nothing_is_said_where_all_runs_are_alike(states: list[str]) -> None:
    assert "not finished" not in told_of(states)
