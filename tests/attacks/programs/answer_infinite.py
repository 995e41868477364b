# ruff: noqa
"""An infinite constant."""


def fit_scaling_law(data_points, loss_values):
    return [float("inf"), 1.0]
