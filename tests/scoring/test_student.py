"""Quantiles of Student's t are those of a library that takes longer to load."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.special import stdtrit

from evolve.scoring.student import t_quantile

LEVELS = (0.5, 0.5001, 0.6, 0.84, 0.95, 0.995, 0.9995, 0.9999, 0.99995, 0.99999, 0.999999)


@pytest.mark.parametrize("p", LEVELS)
def test_a_quantile_is_that_of_scipy(p: float) -> None:
    freedoms = [*np.geomspace(1.0, 1e7, 71).tolist(), 1.01, 1.5, 1.99, 2.0, 5.0, 299.9, 300.0]
    for freedom in (*freedoms, 283_000.0, 390_000.0, math.inf):
        assert t_quantile(freedom, p) == pytest.approx(stdtrit(freedom, p), rel=1e-7, abs=1e-12)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("freedom", [1.0, 1.5, 37.25, 299.0, 1e6, math.inf])
def test_a_quantile_is_finite_however_near_1_the_share(freedom: float) -> None:
    quantiles = [t_quantile(freedom, p) for p in (0.999999, 1.0 - 1e-10, math.nextafter(1.0, 0.0))]
    assert 0.0 < quantiles[0] < quantiles[1] < quantiles[2] < math.inf
