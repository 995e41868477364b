# ruff: noqa
"""Makes a hard link."""

import os


def fit_scaling_law(data_points, loss_values):
    os.link("@VICTIM_FILE@", "@DROP@/link")
    return [1.0]
