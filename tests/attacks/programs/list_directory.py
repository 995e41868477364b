# ruff: noqa
"""Lists a directory."""

import os


def fit_scaling_law(data_points, loss_values):
    os.listdir("/")
    return [float("@BREACH@")]
