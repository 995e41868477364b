"""Linear constants and amplitudes are solved for by compiled loops as by numpy's rows."""

from __future__ import annotations

import numpy as np
import pytest

from evolve.fitting.projection import project, project_rows
from evolve.fitting.tape import LINEAR, LOG_SCALE, NONLINEAR
from evolve.typing import Array


def tables(p: int, seed: int) -> tuple[Array, Array]:
    """Normal matrices `(2, 9, p, p)` and gradients of some starts, a few of them hopeless."""
    rng = np.random.default_rng([p, seed])
    rows = np.abs(rng.normal(size=(2, 9, 12, p))) * rng.lognormal(size=p)
    gradient = 10.0 * rng.normal(size=(2, 9, p))
    rows[0, 0], gradient[0, 1, 0], rows[1, 2, :, 0] = 0.0, np.inf, np.nan
    return rows.transpose(0, 1, 3, 2) @ rows, gradient


@pytest.mark.parametrize("p", [1, 2, 3, 5, 8, 9, 13])
@pytest.mark.parametrize("seed", range(5))
def test_loops_and_rows_come_to_the_same_numbers(p: int, seed: int) -> None:
    normal, gradient = tables(p, seed)
    kind = np.random.default_rng(seed).integers(0, 3, p)
    pools = np.where(kind == NONLINEAR, 0.5, np.zeros((2, 2, 9, p)))
    with np.errstate(all="ignore"):
        by_loops = project(kind, normal, gradient, pools[0])
        by_rows = project_rows(kind, normal, gradient, pools[1])
    np.testing.assert_array_equal(by_loops, by_rows)
    np.testing.assert_array_equal(*pools)


def test_a_linear_constant_is_the_one_of_least_squares() -> None:
    x, y = np.linspace(1.0, 2.0, 7), np.linspace(3.0, 5.0, 7) ** 2
    pool = np.zeros((1, 1, 1))
    gains = project(np.array([LINEAR]), np.array([[[[x @ x]]]]), np.array([[[-(x @ y)]]]), pool)
    assert pool[0, 0, 0] == pytest.approx(x @ y / (x @ x))
    assert gains[0, 0] == pytest.approx(-0.5 * (x @ y) ** 2 / (x @ x))


def test_an_amplitude_that_would_be_negative_is_next_to_nothing() -> None:
    kind, normal = np.array([LOG_SCALE, LINEAR]), np.array([[[[4.0, 1.0], [1.0, 4.0]]]])
    pool = np.zeros((1, 1, 2))
    project(kind, normal, np.array([[[4.0 + 8.0, 8.0]]]), pool)  # at amplitudes of 1
    assert pool[0, 0, 0] < np.log(0.01)
    assert pool[0, 0, 1] < 0.0
