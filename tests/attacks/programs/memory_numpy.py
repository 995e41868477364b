# ruff: noqa
"""800 MiB of zeros, which the kernel gives at once."""

import numpy as np

BREACH = float("@BREACH@")


def fit_scaling_law(data_points, loss_values):
    return [BREACH + np.zeros(100 << 20)[-1]]
