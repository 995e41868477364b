# ruff: noqa
"""Moves a file."""

import os


def fit_scaling_law(data_points, loss_values):
    os.rename("@VICTIM_FILE@", "@DROP@/moved")
    return [1.0]
