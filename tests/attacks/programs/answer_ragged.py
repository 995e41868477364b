# ruff: noqa
"""Lists of different lengths."""


def fit_scaling_law(data_points, loss_values):
    return [[1.0], [1.0, 2.0]]
