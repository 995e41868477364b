"""Robust losses of single rows are those of fits."""

from __future__ import annotations

import numpy as np
import pytest

from evolve.fitting.loss import _slopes_loops
from evolve.fitting.robust import CAUCHY, HUBER, L2, losses_each, weights_each

R = np.array([-3.0, -0.4, 0.0, 0.2, 0.7, 40.0])
W, BEND = np.linspace(0.5, 2.0, 6), np.full(6, 0.5)


@pytest.mark.parametrize("loss", [L2, HUBER, CAUCHY])
def test_losses_and_weights_of_rows_are_those_of_fits(loss: int) -> None:
    psi, curvature = np.empty((2, 6))
    _slopes_loops(R, W, loss, BEND, psi, curvature)
    irls, curved = weights_each(R, loss, BEND)
    np.testing.assert_allclose(psi, W * irls * R)
    np.testing.assert_allclose(curvature, W * irls * curved)
    up, down = (losses_each(R + step, W, loss, BEND) for step in (1e-6, -1e-6))
    np.testing.assert_allclose((up - down) / 2e-6, psi, atol=1e-8)
