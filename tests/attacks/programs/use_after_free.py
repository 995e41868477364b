# ruff: noqa
"""Keeps a view of memory that was given back."""

import numpy as np


def fit_scaling_law(data_points, loss_values):
    x = np.ones(1 << 16)
    view = x[::2]
    x.resize(1, refcheck=False)
    return [float(view[1 << 14])]


def scaling_law_func(data_points, params):
    return params[0] + data_points[:, 0]
