# ruff: noqa
"""Has no fit at all."""


def fit_something(data_points, loss_values):
    return [1.0]
