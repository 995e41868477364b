"""Quantiles of Student's t are those of a library that takes longer to load."""

from __future__ import annotations

import math

import pytest
from scipy.special import stdtrit

from evolve.scoring.student import t_quantile


@pytest.mark.parametrize("freedom", [1.0, 1.5, 2.0, 5.0, 37.25, 400.0, 1e5, 9e5, 2e6, math.inf])
@pytest.mark.parametrize("p", [0.5, 0.6, 0.95, 0.995, 0.9999])
def test_a_quantile_is_that_of_scipy(freedom: float, p: float) -> None:
    assert t_quantile(freedom, p) == pytest.approx(stdtrit(freedom, p), rel=3e-6, abs=1e-12)
