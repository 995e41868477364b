# ruff: noqa
"""Changes a file's rights."""

import os


def fit_scaling_law(data_points, loss_values):
    os.chmod("@VICTIM_FILE@", 0o600)
    return [1.0]
