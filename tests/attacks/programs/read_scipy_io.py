# ruff: noqa
"""Reads a matrix file through scipy."""

from scipy.io import mmread


def fit_scaling_law(data_points, loss_values):
    return [float(mmread("@SECRET_FILE@"))]
