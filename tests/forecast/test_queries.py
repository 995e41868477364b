"""What is asked for is read as it was meant, and no group that was not fitted is forecast."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from evolve.errors import EvolveError
from evolve.forecast.queries import from_cells, from_words, read_words
from evolve.tasks.raw import RawTable
from evolve.tasks.spec import TaskSpec
from evolve.tasks.task import Table, Task


def task_of(*group_names: str) -> Task:
    """A task of features with odd names, and of some groups by `arch`."""
    spec = TaskSpec.model_validate(
        {
            "title": "t",
            "source": "",
            "licence": "",
            "groups": ["arch"] if group_names else [],
            "features": [
                {"name": "width=base"},
                {"name": "clean_%", "scale": "linear"},
                {"name": "share", "scale": "linear"},
            ],
            "targets": [{"name": "loss"}],
        }
    )
    x = np.array([[1e6, 10.0, 0.1], [1e7, 50.0, 0.5], [1e8, 100.0, 1.0]])
    group = np.arange(3) % max(len(group_names), 1)
    return Task("t", Path(), spec, group_names or ("all",), Table(x, np.ones((3, 1)), group))


def cells(**columns: object) -> RawTable:
    given = {"width=base": ["1B"], "clean_%": ["50"], "share": ["0.5"], **columns}
    return RawTable(Path("rows.csv"), given, 1)  # type: ignore[arg-type]


def test_values_may_stand_in_words_and_names_may_hold_signs() -> None:
    given = read_words(task_of(), ["width=base=1.3B", "clean_%=50%", "share=25%"])
    assert given == {"width=base": 1.3e9, "clean_%": 50.0, "share": 0.25}


def test_words_in_the_cells_of_a_table_are_read_as_those_of_one_run() -> None:
    words = {"width=base": ["1.3B"], "clean_%": ["50%"], "share": ["25%"]}
    (query,) = from_cells(task_of(), cells(**words), None)
    assert query.x.tolist() == [[1.3e9, 50.0, 0.25]]
    (query,) = from_cells(task_of(), cells(**{"clean_%": [50]}), None)
    assert query.x.tolist() == [[1e9, 50.0, 0.5]]


@pytest.mark.parametrize(
    ("word", "rule"),
    [
        ("width=base=big", "width=base: must be a number, it is 'big'"),
        ("width=base=inf", "width=base: must be finite"),
        ("width=1e9", r"no feature 'width'"),
        ("loss=2", r"at: loss is a target, not a feature; plan finds what reaches .*, by reach"),
        ("share", "must be like feature=value"),
    ],
)
def test_a_value_that_cannot_be_is_refused(word: str, rule: str) -> None:
    with pytest.raises(EvolveError, match=rule):
        read_words(task_of(), [word])


def test_a_group_that_was_not_fitted_is_refused_where_only_one_was() -> None:
    task = task_of("alpha")
    assert from_cells(task, cells(arch=["alpha"]), None)[0].group == "alpha"
    assert from_cells(task, cells(), None)[0].group == "alpha"
    with pytest.raises(EvolveError, match="no group 'beta'"):
        from_cells(task, cells(arch=["beta"]), None)
    with pytest.raises(EvolveError, match="no group 'beta'"):
        from_words(task, ["width=base=1", "clean_%=1", "share=1"], "beta")


def test_a_missing_label_of_a_row_is_no_group() -> None:
    with pytest.raises(EvolveError, match="'arch' must name a group, row 1 holds nothing"):
        from_cells(task_of("alpha", "nan"), cells(arch=[float("nan")]), None)


def test_a_label_is_known_in_another_spelling() -> None:
    task = task_of("12", "24")
    assert from_cells(task, cells(arch=[12.0]), None)[0].group == "12"
    words = ["width=base=1", "clean_%=1", "share=1"]
    assert [query.group for query in from_words(task, words, "24.0")] == ["24"]


def test_a_group_among_the_features_is_said_to_be_one_and_how_it_is_named() -> None:
    with pytest.raises(EvolveError, match="at: arch is no feature.* named by group, one of a, b"):
        read_words(task_of("a", "b"), ["width=base=1e7", "arch=a"])
