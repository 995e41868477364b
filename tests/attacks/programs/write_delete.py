# ruff: noqa
"""Deletes a file."""

import os


def fit_scaling_law(data_points, loss_values):
    os.unlink("@VICTIM_FILE@")
    return [1.0]
