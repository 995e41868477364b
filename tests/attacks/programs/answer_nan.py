# ruff: noqa
"""Constants that are not numbers."""


def fit_scaling_law(data_points, loss_values):
    return [float("nan"), 1.0]
