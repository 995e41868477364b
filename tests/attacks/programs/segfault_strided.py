# ruff: noqa
"""Reads far outside an array."""

import numpy as np
from numpy.lib.stride_tricks import as_strided


def fit_scaling_law(data_points, loss_values):
    return as_strided(np.ones(1), (1 << 40,), (4096,))[:: 1 << 20].sum()
