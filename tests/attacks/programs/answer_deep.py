# ruff: noqa
"""Too many dimensions."""

import numpy as np


def fit_scaling_law(data_points, loss_values):
    return np.zeros((1,) * 20)
