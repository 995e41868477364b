# ruff: noqa
"""Writes a file through numpy."""

import numpy as np


def fit_scaling_law(data_points, loss_values):
    np.ones(3).tofile("@DROP@/tofile")
    return [1.0]
