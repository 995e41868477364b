# ruff: noqa
"""A billion constants."""

import numpy as np


def fit_scaling_law(data_points, loss_values):
    return np.zeros(10**9)
