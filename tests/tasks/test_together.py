"""Features that move together are named, with what cannot be told apart."""

from __future__ import annotations

import numpy as np

from evolve.tasks.together import alongside, relations, still_in_groups
from tests.small_tasks import power_task, task_of

SIZES = 10.0 ** np.linspace(7, 10, 12)


def of(*columns: np.ndarray, group: list[int] | None = None) -> list[str]:
    """What is said of features, of a target that does not matter."""
    x = np.column_stack(columns)
    return [r.said for r in relations(task_of(x, np.arange(len(x)) + 1.0, group))]


def test_tokens_that_are_twenty_times_the_parameters_but_for_a_batch_are_named() -> None:
    batch = 2e6
    tokens = np.round(20.0 * SIZES / batch) * batch
    assert np.ptp(tokens / SIZES) > 0.0
    (said,) = of(SIZES, tokens)
    assert said.startswith("b is 20 * a to 0.")


def test_a_product_of_powers_names_only_what_it_is_of() -> None:
    n, d = (a.ravel() for a in np.meshgrid(SIZES[:5], SIZES[3:9]))
    rng = np.random.default_rng(2)
    assert of(n, d, rng.permutation(n), 6.0 * n * d) == ["d is 6 * a * b"]
    assert of(n, d, 3.0 * n**0.5) == ["c is 3 * a^0.5"]


def test_of_columns_that_move_apart_by_more_nothing_is_said() -> None:
    off = np.where(np.arange(12) % 2, 1.02, 0.98)
    assert of(SIZES, 20.0 * SIZES * off) == []
    assert relations(power_task()) == ()


def test_a_column_that_hardly_moves_is_no_multiple_of_another() -> None:
    assert of(SIZES, 1.0 + 0.001 * np.sin(np.arange(12.0))) == []


def test_a_ratio_of_each_group_is_named_as_such() -> None:
    group = [0] * 6 + [1] * 6
    ratio = np.where(np.array(group), 20.0, 200.0)
    assert of(SIZES, ratio * SIZES, group=group) == ["b is a product of powers of a in each group"]


def test_what_cannot_be_told_apart_is_said() -> None:
    x = np.column_stack([SIZES, 20.0 * SIZES])
    (found,) = relations(task_of(x, SIZES**-0.1))
    assert found.exact
    assert "what a and b do by themselves" in found.consequence


def test_sizes_that_nearly_rise_together_are_named_with_their_ratios() -> None:
    sizes, ratios = np.repeat([6e7, 2e8, 6e8, 1.2e9], 5), np.repeat([100 / 3, 30.0, 20.0, 25.0], 5)
    rates = np.tile(np.geomspace(1e-4, 1e-2, 5), 4)
    task = task_of(np.column_stack([sizes, ratios * sizes, rates]), sizes**-0.1)
    assert relations(task) == ()
    (said,) = alongside(task, (0, 1, 2))
    assert said.startswith("b is 20 to 33.3 times a: hardly a row shows what a and b do")
    assert alongside(task, (0, 2)) == []
    flops = task_of(np.column_stack([sizes, 6.0 * ratios * sizes**2]), sizes**-0.1)
    assert alongside(flops, (0, 1))[0].startswith("b goes about as a^1.9: hardly a row")


def test_sizes_of_which_one_is_a_multiple_of_the_other_are_not_named_twice() -> None:
    task = task_of(np.column_stack([SIZES, 20.0 * SIZES]), SIZES**-0.1)
    assert len(relations(task)) == 1
    assert alongside(task, (0, 1)) == []


def test_sizes_that_rise_together_from_group_to_group_alone_are_told_apart() -> None:
    a, b = (v.ravel() for v in np.meshgrid([1.0, 2.0, 4.0], [1.0, 3.0, 9.0]))
    x = np.column_stack([np.r_[a, 1e6 * a], np.r_[b, 1e6 * b]])
    assert alongside(task_of(x, np.arange(18) + 1.0, [0] * 9 + [1] * 9), (0, 1)) == []


def test_few_rows_show_nothing() -> None:
    assert of(SIZES[:3], 20.0 * SIZES[:3]) == []


def test_a_feature_that_varies_between_groups_alone_is_still_in_each() -> None:
    x, group = np.column_stack([SIZES, np.repeat([1.0, 3.0], 6)]), [0] * 6 + [1] * 6
    assert still_in_groups(task_of(x, SIZES, group)) == [1]
    assert still_in_groups(task_of(x, SIZES, [0, 1] * 6)) == []
    assert still_in_groups(task_of(x[:, 1:], SIZES)) == []
