# ruff: noqa
"""Minutes inside one call of LAPACK."""

import numpy as np


def fit_scaling_law(data_points, loss_values):
    return np.linalg.eigvals(np.random.default_rng(0).normal(size=(1500, 1500))).real
