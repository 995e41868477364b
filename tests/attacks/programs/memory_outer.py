# ruff: noqa
"""An outer product of 800 MiB."""

import numpy as np

BREACH = float("@BREACH@")


def fit_scaling_law(data_points, loss_values):
    x = np.ones(10240)
    return [BREACH * np.outer(x, x)[-1, -1]]
