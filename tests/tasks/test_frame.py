"""The frame of a table is the same in any unit and sign, and reckoned without overflow."""

from __future__ import annotations

import numpy as np
import pytest

from evolve.tasks.frame import _correlation
from tests.small_tasks import task_of


@pytest.mark.parametrize("unit", [1e-250, 2.0**-60, 1.0, 2.0**90, 1e290])
def test_a_correlation_is_that_of_any_other_unit(unit: float) -> None:
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 50))
    assert _correlation(a * unit, b) == pytest.approx(_correlation(a, b), rel=1e-12)
    assert _correlation(a, b) == pytest.approx(np.corrcoef(a, b)[0, 1], rel=1e-12)


def test_a_column_that_does_not_vary_goes_with_nothing() -> None:
    assert _correlation(np.zeros(3), np.arange(3.0)) == 0.0


@pytest.mark.parametrize("differing", [[23], [3, 11, 23]])
def test_a_target_that_differs_in_the_farthest_rows_alone_has_their_size_and_sign(
    differing: list[int],
) -> None:
    x = np.array([[n, d] for n in np.geomspace(1e7, 3e9, 6) for d in np.geomspace(1e9, 6e10, 4)])
    y = np.full(len(x), 3.0)
    y[differing] = 2.5

    def seen(targets: np.ndarray) -> np.ndarray:
        task = task_of(x, targets, folds={"axes": ["a", "b"]})
        return task.frame.oriented(task.train.Y)[:, 0]

    for other in (-y, 5.0 - y, 7.3 * y):
        np.testing.assert_allclose(seen(other), seen(y), rtol=1e-9)
    assert np.std(seen(y)) == pytest.approx(1.0)
