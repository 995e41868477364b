# ruff: noqa
"""Prints 20 MB."""


def fit_scaling_law(data_points, loss_values):
    for _ in range(20000):
        print("x" * 1000)
    return [1.0]


def scaling_law_func(data_points, params):
    return params[0] + data_points[:, 0]
