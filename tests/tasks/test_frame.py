"""The order of columns is reckoned without overflow, to the same digits in any unit."""

from __future__ import annotations

import numpy as np
import pytest

from evolve.tasks.frame import _correlation


@pytest.mark.parametrize("unit", [1e-250, 2.0**-60, 1.0, 2.0**90, 1e290])
def test_a_correlation_is_that_of_any_other_unit(unit: float) -> None:
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 50))
    assert _correlation(a * unit, b) == pytest.approx(_correlation(a, b), rel=1e-12)
    assert _correlation(a, b) == pytest.approx(np.corrcoef(a, b)[0, 1], rel=1e-12)


def test_a_column_that_does_not_vary_goes_with_nothing() -> None:
    assert _correlation(np.zeros(3), np.arange(3.0)) == 0.0
