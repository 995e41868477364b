# ruff: noqa
"""800 MiB of ones."""

import numpy as np

BREACH = float("@BREACH@")


def fit_scaling_law(data_points, loss_values):
    return [BREACH * np.ones(100 << 20)[-1]]
