# ruff: noqa
"""Predictions that use the order of the rows."""

import numpy as np


def fit_scaling_law(data_points, loss_values):
    return [1.0, 2.0]


def scaling_law_func(data_points, params):
    return np.arange(len(data_points)) * 1.0
