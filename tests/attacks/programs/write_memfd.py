# ruff: noqa
"""Makes a file that has no name."""

import os


def fit_scaling_law(data_points, loss_values):
    file = os.memfd_create("x")
    os.write(file, b"x")
    return [float("@BREACH@")]
