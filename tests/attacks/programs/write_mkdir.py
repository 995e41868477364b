# ruff: noqa
"""Makes a folder."""

import os


def fit_scaling_law(data_points, loss_values):
    os.mkdir("@DROP@/folder")
    return [1.0]
