# ruff: noqa
"""40 MiB of constants."""

import numpy as np


def fit_scaling_law(data_points, loss_values):
    return np.zeros(5 << 20)
