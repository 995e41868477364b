"""A value far from all others of its group is told, with the condition that leaves it out."""

from __future__ import annotations

import shlex

import numpy as np
import pandas as pd
import pytest

from evolve.tasks.draft import Wishes, propose
from evolve.tasks.readers import raw_of


def notes(frame: pd.DataFrame, **wishes: object) -> list[str]:
    draft = propose(
        raw_of(frame), "table", Wishes(targets=("loss",), keep_outliers=True, **wishes)
    )
    return [note for note in draft.notes if "far from all others" in note]


@pytest.fixture
def frame() -> pd.DataFrame:
    params = np.tile(np.geomspace(1e7, 3e9, 12), 3)
    corpus = np.repeat(["web", "code", "math"], 12)
    floor = np.repeat([1.7, 1.2, 1e6], 12)
    return pd.DataFrame({"corpus": corpus, "params": params, "loss": floor + 400.0 / params**0.3})


def test_an_outlier_is_told_by_its_group_though_another_group_has_such_values(
    frame: pd.DataFrame,
) -> None:
    groups = {"groups": ("corpus",), "features": ("params",)}
    assert notes(frame, **groups) == []
    frame.loc[17, "loss"] = 1e6
    (note,) = notes(frame, **groups)
    assert note.startswith("loss is 1e+06 in a row of group 'code', far from all others")
    condition = note.partition("where '")[2].rstrip("'")
    assert condition == "loss != 1000000.0"
    assert notes(frame, **groups, where=condition) == []


def test_the_condition_stands_as_a_shell_takes_it_and_joins_one_that_was_given(
    frame: pd.DataFrame,
) -> None:
    frame.loc[17, "loss"] = 1e6
    frame = frame[frame.corpus == "code"].drop(columns="corpus").reset_index(drop=True)
    name = "val's loss"
    rows = raw_of(frame.rename(columns={"loss": name}))

    def told(where: str) -> list[str]:
        wishes = Wishes(targets=(name,), where=where, keep_outliers=True)
        return [note for note in propose(rows, "t", wishes).notes if "far from all" in note]

    (note,) = told("params > 1e7")
    condition = shlex.split(note.partition(" where ")[2])[0]
    assert condition == f"(params > 1e7) and `{name}` != 1000000.0"
    assert told(condition) == []


@pytest.mark.parametrize(
    ("column", "factor", "is_told"),
    [("loss", 1e4, True), ("loss", 1e-4, True), ("loss", 1.5, False), ("params", 1e12, True)],
)
def test_targets_and_sizes_are_told_high_or_low_and_not_where_they_lie_a_little_off(
    column: str, factor: float, is_told: bool, frame: pd.DataFrame
) -> None:
    alone = frame[frame.corpus == "web"].drop(columns="corpus").reset_index(drop=True)
    alone.loc[3, column] *= factor
    assert len(notes(alone)) == is_told


def test_results_below_0_are_compared_as_they_are() -> None:
    x = np.geomspace(1.0, 1e3, 20)
    frame = pd.DataFrame({"x": x, "loss": np.sin(x)})
    assert notes(frame) == []
    frame.loc[5, "loss"] = -40.0
    assert notes(frame)[0].startswith("loss is -40 in a row, far")


def test_of_many_outliers_the_first_are_told_and_how_many_others_there_are() -> None:
    rng = np.random.default_rng(0)
    group = np.repeat(list("abcdef"), 10)
    params = np.tile(np.geomspace(1e7, 1e9, 10), 6)
    frame = pd.DataFrame({"g": group, "params": params, "loss": rng.uniform(2.0, 3.0, 60)})
    frame.loc[[5, 15, 25, 35, 45], "loss"] = [1e6, 2e6, 3e6, 4e6, 5e6]
    draft = propose(
        raw_of(frame), "table", Wishes(targets=("loss",), groups=("g",), keep_outliers=True)
    )
    told = [note for note in draft.notes if "far from" in note or "as far" in note]
    assert len(told) == 4
    assert told[-1] == "2 more values lie as far from others"
