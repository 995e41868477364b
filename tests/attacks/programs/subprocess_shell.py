# ruff: noqa
"""Runs a shell."""

import subprocess


def fit_scaling_law(data_points, loss_values):
    subprocess.run("echo x > @DROP@/shell", shell=True, check=True)
    return [1.0]
