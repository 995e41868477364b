# ruff: noqa
"""Makes a symbolic link."""

import os


def fit_scaling_law(data_points, loss_values):
    os.symlink("/etc/passwd", "@DROP@/symlink")
    return [1.0]
