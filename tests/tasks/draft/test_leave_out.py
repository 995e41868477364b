"""Every condition that leaves rows out stands as a shell takes it, with the one that was given."""

from __future__ import annotations

import shlex

import numpy as np
import pandas as pd
import pytest

from evolve.cli.app import option_of
from evolve.errors import EvolveError, Remark
from evolve.tasks.draft import Wishes, propose
from evolve.tasks.draft.leave_out import leave_out
from evolve.tasks.readers import raw_of

BEFORE = "params > 1.1e7 or params < 1"
GROUP, SIZE, LOSS = "it's", "run's size (M)", "val's loss"
ROWS = np.arange(40)
COLUMNS = {
    GROUP: np.where(ROWS % 2, "web", "code"),
    "params": np.geomspace(1e7, 3e9, 40),
    SIZE: 10.0 ** (((37 * ROWS) % 40) / 10),
    LOSS: 3.0 - ROWS / 40 + 0.01 * (ROWS % 7),
}
ASKED = {
    "a stand-in": ({LOSS: {3: -999.0, 9: -999.0}}, f"`{LOSS}` != -999"),
    "a value far off": ({LOSS: {3: 4e6}}, f"`{LOSS}` != 4000000.0"),
    "zeros of a size": ({SIZE: {3: 0.0}}, f"`{SIZE}` > 0"),
    "a row without a group": ({GROUP: {3: ""}}, f'`{GROUP}` != ""'),
}


def asked_of(change: dict[str, dict[int, object]], where: str) -> list[str]:
    """The conditions that are told of the table with some cells changed."""
    frame = pd.DataFrame(COLUMNS)
    for name, cells in change.items():
        frame.loc[[*cells], name] = [*cells.values()]
    wishes = Wishes((LOSS,), groups=(GROUP,), where=where, keep_outliers=True)
    try:
        told = propose(raw_of(frame), "t", wishes).notes
    except EvolveError as error:
        told = (Remark(*error.args),)
    lines = [note.spelled(option_of) for note in told if isinstance(note, Remark)]
    return [shlex.split(line.partition("--where ")[2])[0] for line in lines if "--where " in line]


@pytest.mark.parametrize(("change", "condition"), ASKED.values(), ids=ASKED)
def test_whoever_follows_the_advice_has_left_out_all_that_was_left_out_before(
    change: dict[str, dict[int, object]], condition: str
) -> None:
    asked = asked_of(change, BEFORE)
    assert f"({BEFORE}) and {condition}" in asked
    assert asked_of(change, f"({BEFORE}) and {condition}") == []


def test_conditions_stand_alone_where_none_was_given() -> None:
    assert leave_out(["a > 0", 'b != "x"'], None)[1] == """ 'a > 0 and b != "x"'"""
