"""A row inside every range may still be unlike every training row, and is named so."""

from __future__ import annotations

import numpy as np
import pytest

from evolve.errors import EvolveError
from evolve.forecast.departures import departures, require_whole
from evolve.tasks.task import Task
from tests.small_tasks import task_of

SHARES = np.random.default_rng(1).dirichlet((1.0, 1.0, 1.0), 20)
LINEAR = [{"name": name, "scale": "linear"} for name in ("web", "code", "books")]


def blend(whole: float = 1.0) -> Task:
    return task_of(whole * SHARES, SHARES[:, 0] + 2.0, features=LINEAR)


@pytest.mark.parametrize("whole", [1.0, 100.0])
def test_a_point_that_is_no_whole_is_refused_where_it_must_be_one(whole: float) -> None:
    point = {"web": 0.2 * whole, "code": 0.3 * whole, "books": 0.5 * whole}
    require_whole(blend(whole), point, "narrow")
    with pytest.raises(EvolveError, match=r"^narrow: web \+ code \+ books is"):
        require_whole(blend(whole), point | {"web": 0.0}, "narrow")


def on_a_line(factors: tuple[float, ...] = (20.0,)) -> Task:
    """Rows whose second feature is a number of times the first, in each group another."""
    params = np.tile(10.0 ** np.linspace(8, 10, 8), len(factors))
    group = np.repeat(np.arange(len(factors)), 8)
    x = np.column_stack([params, params * np.array(factors)[group]])
    y = 2.0 + (params / 1e8) ** -0.3
    names = [{"name": "params"}, {"name": "tokens"}]
    groups = None if len(factors) == 1 else group.tolist()
    return task_of(x, y, groups, features=names)


@pytest.mark.parametrize("whole", [1.0, 100.0])
def test_shares_that_do_not_sum_to_the_whole_are_named(whole: float) -> None:
    task = blend(whole)
    rows = whole * np.array([[0.2, 0.3, 0.5], [0.9, 0.9, 0.9], [0.333, 0.333, 0.333]])
    good, bad, rounded = departures(task, "all", rows)
    assert good == rounded == []
    assert bad == [f"web + code + books is {2.7 * whole:g}, in every training row {whole:g}"]


def test_a_row_off_the_line_of_features_that_move_together_is_named() -> None:
    on, off = departures(on_a_line(), "all", np.array([[1e9, 2e10], [1e9, 9e11]]))
    assert on == []
    (words,) = off
    assert words.startswith("tokens is 45 times what it is in every training row")
    assert "tokens is 20 * params" in words


def test_the_line_is_the_one_of_the_group() -> None:
    task = on_a_line((20.0, 5.0))
    by_factor = {
        float(
            np.median(
                task.train.X[task.train.group == g, 1] / task.train.X[task.train.group == g, 0]
            )
        ): name
        for g, name in enumerate(task.group_names)
    }
    row = np.array([[1e9, 5e9]])
    slow, fast = (by_factor[min(by_factor, key=lambda f: abs(f - w))] for w in (5.0, 20.0))
    assert departures(task, slow, row) == [[]]
    assert len(departures(task, fast, row)[0]) == 1
