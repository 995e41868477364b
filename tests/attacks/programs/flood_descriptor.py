# ruff: noqa
"""Writes 20 MB to the bare descriptors."""

import os


def fit_scaling_law(data_points, loss_values):
    for _ in range(20000):
        for number in (1, 2):
            try:
                os.write(number, b"x" * 1000)
            except OSError:
                pass
    return [1.0]


def scaling_law_func(data_points, params):
    return params[0] + data_points[:, 0]
