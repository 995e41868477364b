"""Rows that no law could follow are left out by name; what several rows say together is kept."""

from __future__ import annotations

import numpy as np
import pytest

from evolve.tasks.draft import Draft, Wishes, propose
from evolve.tasks.readers import raw_of
from evolve.typing import Array

N, D = (a.ravel() for a in np.meshgrid(np.geomspace(1e7, 1e9, 6), np.geomspace(1e9, 3e10, 5)))
LOSS = 1.7 + 410 * N**-0.34 + 420 * D**-0.28
NOISE = np.exp(0.004 * np.random.default_rng(1).normal(size=LOSS.size))
LARGEST = int(np.argmax(N * D))


def draft_of(loss: Array, *, keep_outliers: bool = False, **more: Array) -> Draft:
    wishes = Wishes(("loss",), ("params", "tokens"), keep_outliers=keep_outliers)
    return propose(raw_of({"params": N, "tokens": D, "loss": loss, **more}), "runs", wishes)


def left_out(draft: Draft) -> list[str]:
    return [d.why for d in draft.decisions if d.what == "rows"]


@pytest.mark.parametrize("row", [0, 8, 17, LARGEST])
@pytest.mark.parametrize("factor", [0.7, 1.4, 1e4])
def test_a_run_that_went_wrong_is_left_out_and_named(row: int, factor: float) -> None:
    loss = LOSS * NOISE
    loss[row] *= factor
    draft = draft_of(loss)
    (why,) = left_out(draft)
    assert f"row {row + 1} with loss {loss[row]:.5g}" in why
    assert draft.raw.n_rows == len(loss) - 1
    assert "keep_outliers takes every row" in draft.notes[0]
    assert why in draft.spec.note


def test_all_rows_are_taken_where_the_user_says_so() -> None:
    loss = LOSS * NOISE
    loss[8] *= 2
    assert draft_of(loss, keep_outliers=True).raw.n_rows == len(loss)


def test_three_runs_that_went_wrong_hide_none_of_each_other() -> None:
    loss = LOSS * NOISE
    loss[[3, 12, 25]] *= 5
    (why,) = left_out(draft_of(loss))
    assert all(f"row {row + 1} with" in why for row in (3, 12, 25))


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("noise", [0.0, 0.001, 0.01, 0.05])
def test_runs_that_scatter_around_a_law_are_all_kept(seed: int, noise: float) -> None:
    drawn = np.random.default_rng(seed).normal(size=LOSS.size)
    assert left_out(draft_of(LOSS * np.exp(noise * drawn))) == []


BENDING = {
    "a break": lambda x: x**-0.1 * (1 + (x / 10) ** 4) ** -0.2,
    "a threshold": lambda x: 0.1 + 0.8 / (1 + (x / 40) ** -4),
    "chance, and one run above it": lambda x: np.where(x < x.max(), 0.25, 0.6),
    "a rise at the last size": lambda x: np.where(x < x.max(), x**-0.1, x**-0.1 + 0.05),
}


@pytest.mark.parametrize("name", BENDING)
def test_what_a_law_bends_to_is_no_outlier(name: str) -> None:
    x = np.geomspace(1, 100, 18)
    y = BENDING[name](x) + 0.002 * np.random.default_rng(3).normal(size=18)
    y = np.round(y, 3) if "chance" not in name else BENDING[name](x)
    wishes = Wishes(("accuracy",), ("params",))
    draft = propose(raw_of({"params": 1e6 * x, "accuracy": y}), "runs", wishes)
    assert left_out(draft) == []


def test_the_first_run_above_chance_is_kept() -> None:
    sizes = [2e7, 4e7, 7e7, 2e8, 2.5e8, 3.2e8, 7e8, 5.5e9]
    accuracies = [0.252, 0.255, 0.251, 0.243, 0.252, 0.253, 0.251, 0.915]
    table = raw_of({"params": sizes, "acc": accuracies})
    assert left_out(propose(table, "runs", Wishes(("acc",), ("params",)))) == []
    accuracies[3], accuracies[7] = 0.915, 0.258  # in their midst it is an accident
    table = raw_of({"params": sizes, "acc": accuracies})
    assert len(left_out(propose(table, "runs", Wishes(("acc",), ("params",))))) == 1


def test_one_figure_of_a_group_that_is_a_million_times_too_large_is_left_out() -> None:
    x = np.tile(np.geomspace(1e6, 1e9, 8), 3)
    group = np.repeat(["a", "b", "c"], 8)
    loss = 2 + 30 * x**-0.2 + np.repeat([0.0, 0.3, 0.6], 8)
    loss *= np.exp(0.003 * np.random.default_rng(0).normal(size=24))
    loss[12] = 1e6
    wishes = Wishes(("loss",), ("params",), ("corpus",))
    draft = propose(raw_of({"params": x, "corpus": group, "loss": loss}), "runs", wishes)
    assert "row 13 with loss 1e+06" in left_out(draft)[0]
    assert draft.raw.n_rows == 23


def families(moved: dict[int, float]) -> Draft:
    x = np.tile(np.geomspace(1e8, 1e10, 4), 8)
    loss = 1.5 + 60 * x**-0.25 + np.repeat(np.linspace(0.0, 0.7, 8), 4)
    loss *= np.exp(0.003 * np.random.default_rng(0).normal(size=32))
    for row, factor in moved.items():
        loss[row] *= factor
    table = raw_of({"params": x, "family": np.repeat(list("abcdefgh"), 4), "loss": loss})
    return propose(table, "runs", Wishes(("loss",), ("params",), ("family",)))


@pytest.mark.parametrize("row", [0, 13, 26, 31])
def test_a_run_that_went_wrong_is_found_in_one_of_several_small_groups(row: int) -> None:
    (why,) = left_out(families({row: 3.0}))
    assert f"row {row + 1} with" in why
    assert "; row" not in why


def test_two_rows_of_one_small_group_that_are_off_alike_are_kept() -> None:
    assert left_out(families({})) == []
    assert left_out(families({12: 1.5, 13: 1.5})) == []


def beside(last: list[tuple[float, float]], n_groups: int = 5, n_rows: int = 6) -> Draft:
    """Groups of exact rows of one slope, and a last one that is given."""
    x = np.tile(np.geomspace(1e7, 3e9, n_rows), n_groups)
    loss = np.repeat(1.5 + 0.1 * np.arange(n_groups), n_rows) + 5.0 * x**-0.2
    names = [*np.repeat([f"g{i}" for i in range(n_groups)], n_rows), *["last"] * len(last)]
    table = raw_of(
        {
            "params": np.concatenate([x, [size for size, _ in last]]),
            "kind": np.array(names),
            "loss": np.concatenate([np.round(loss, 3), [value for _, value in last]]),
        }
    )
    return propose(table, "runs", Wishes(("loss",), ("params",), ("kind",)))


@pytest.mark.parametrize(
    "last",
    [
        [(1e8, 2.6), (1e9, 2.2)],
        [(1e8, 2.6), (1e8, 2.6), (1e9, 2.2)],
        [(1e8, 2.6), (3e8, 2.4), (1e9, 2.2)],
        [(1e8, 2.6), (1e8, 2.6), (1e8, 2.6), (1e9, 2.2)],
        [(1e8, 2.6), (1e8, 2.6), (3e8, 2.594), (3e8, 2.594), (1e9, 2.2)],
    ],
)
def test_a_group_whose_slope_may_be_another_keeps_every_row(
    last: list[tuple[float, float]],
) -> None:
    assert left_out(beside(last)) == []


def test_no_group_loses_a_row_without_which_it_cannot_be_fitted() -> None:
    four = [(1e7, 1.699), (1e8, 1.626), (1e9, 5.0), (3e9, 1.564)]
    assert left_out(beside(four, n_groups=1)) == []
    assert "with loss 5," in left_out(beside(four))[0]


def test_rows_whose_weights_are_given_are_all_kept() -> None:
    loss = LOSS * NOISE
    loss[8] *= 2
    table = raw_of({"params": N, "tokens": D, "loss": loss, "w": np.ones_like(N)})
    wishes = Wishes(("loss",), ("params", "tokens"), weights="w")
    assert propose(table, "runs", wishes).raw.n_rows == len(loss)


def test_the_order_of_rows_and_units_decide_nothing() -> None:
    loss = LOSS * NOISE
    loss[[8, 20]] *= 1.5
    order = np.random.default_rng(2).permutation(len(loss))
    table = raw_of({"params": N[order] / 1e6, "tokens": D[order], "loss": loss[order] * 1e3})
    draft = propose(table, "runs", Wishes(("loss",), ("params", "tokens")))
    (why,) = left_out(draft)
    assert {f"row {int(np.flatnonzero(order == row)[0]) + 1} with" in why for row in (8, 20)} == {
        True
    }


def test_of_more_features_than_a_polynomial_may_have_terms_all_rows_are_kept() -> None:
    rng = np.random.default_rng(0)
    columns = {f"f{j}": rng.uniform(1.0, 2.0, 60) for j in range(45)}
    loss = 2.0 + 0.01 * rng.normal(size=60)
    loss[7] = 50.0
    draft = propose(raw_of({**columns, "loss": loss}), "runs", Wishes(("loss",), tuple(columns)))
    assert left_out(draft) == []
