"""Features that sum to one whole in every row are shares of a mixture."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from evolve.forecast.queries import from_cells, read_words
from evolve.tasks.draft import Wishes, propose
from evolve.tasks.mixture import Mixture, mixture
from evolve.tasks.table import build_table
from evolve.tasks.task import Task
from tests.forecast.test_departures import LINEAR, SHARES, blend
from tests.own_tables import table_of
from tests.small_tasks import task_of


@pytest.mark.parametrize("whole", [1.0, 100.0])
def test_shares_are_known_by_their_sum(whole: float) -> None:
    shares = mixture(blend(whole))
    assert shares == Mixture((0, 1, 2), ("web", "code", "books"), whole)
    assert shares.keeps(whole * np.array([[0.2, 0.3, 0.5], [0.9, 0.9, 0.9]])).tolist() == [
        True,
        False,
    ]


@pytest.mark.parametrize("whole", [1.0, 100.0])
def test_rounded_shares_that_miss_the_whole_by_one_hundredth_keep_to_it(whole: float) -> None:
    shares = mixture(blend(whole))
    rows = np.array([[33, 33, 33], [34, 34, 33], [7, 29, 63], [58, 17, 26]]) * (0.01 * whole)
    assert shares.keeps(rows).all()
    assert not any(shares.broken(rows))
    assert not shares.keeps(rows * 1.01)[1]


def test_a_share_below_0_is_none_whatever_the_sum() -> None:
    shares = mixture(blend(1.0))
    rows = np.array([[0.0, 0.0, 1.0], [-1.0, 1.0, 1.0], [-1e-12, 0.5, 0.5]])
    assert shares.keeps(rows).tolist() == [True, False, True]
    assert shares.broken(rows) == [[], ["web is -1, a share is 0 or more"], []]


def test_columns_between_0_and_1_that_sum_to_nothing_in_particular_are_no_mixture() -> None:
    rng = np.random.default_rng(2)
    task = task_of(rng.uniform(0, 1, (20, 3)), rng.uniform(2, 3, 20), features=LINEAR)
    assert mixture(task) == Mixture()
    assert mixture(task).keeps(np.full((1, 3), 0.9)).all()


def test_a_zero_of_a_mixture_is_no_row_to_take_out() -> None:
    rows = np.vstack([SHARES, [[0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.001, 0.002, 0.997]]]).round(4)
    rows[:, 2] = 1.0 - rows[:, 0] - rows[:, 1]
    lines = [f"{a:.4f},{b:.4f},{c:.4f},{2 + a * b + c:.4f}" for a, b, c in rows]
    text = "\n".join(["web,code,books,loss", *lines]) + "\n"
    notes = propose(table_of(text), "x", Wishes(("loss",))).notes
    said = "web + code + books is 1 in every training row: shares of a mixture"
    assert len([note for note in notes if note.startswith(said)]) == 1
    assert not any("take them out" in note for note in notes)
    spoilt = propose(table_of(text.replace("0.5", "0.6")), "x", Wishes(("loss",))).notes
    assert any("web spans a factor" in note and "take them out" in note for note in spoilt)


def test_a_table_of_percents_is_drafted_as_one_of_shares() -> None:
    cells = (100 * SHARES).round(1)
    rows = [f"{a},{b},{c},{2 + k / 50}" for k, (a, b, c) in enumerate(cells.tolist())]
    draft = propose(
        table_of("\n".join(["web %,code %,books %,loss", *rows])), "x", Wishes(("loss",))
    )
    assert [feature.scale for feature in draft.spec.features] == ["linear"] * 3
    assert draft.reasons["web %"] == "is a share: with others it sums to 100"


def test_a_share_that_is_nowhere_above_1_percent_counts_in_percent_as_the_others() -> None:
    rng = np.random.default_rng(1)
    web, maths = rng.uniform(20, 80, 40).round(1), rng.uniform(0, 1, 40).round(2)
    cells = np.column_stack([web, (100 - web - maths).round(2), maths])
    rows = [f"{a},{b},{c},{2 + k / 50}" for k, (a, b, c) in enumerate(cells.tolist())]
    raw = table_of("\n".join(["web,code,math,loss", *rows]))
    draft = propose(raw, "x", Wishes(("loss",)))
    assert [feature.scale for feature in draft.spec.features] == ["linear"] * 3
    assert draft.reasons["math"] == "is a share: with others it sums to 100"
    table, groups = build_table(raw, draft.spec)
    task = Task("x", Path(), draft.spec, groups, table)
    assert mixture(task).names == ("web", "code", "math")
    given = read_words(task, ["web=50%", "code=49.5%", "math=.5%"])
    assert given == pytest.approx({"web": 50.0, "code": 49.5, "math": 0.5})
    (query,) = from_cells(task, table_of("web,code,math\n50%,49.5%,.5%"), None)
    assert query.x[0].tolist() == pytest.approx([50.0, 49.5, 0.5])
