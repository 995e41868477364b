# ruff: noqa
"""Becomes a shell."""

import os


def fit_scaling_law(data_points, loss_values):
    os.execv("/bin/sh", ["sh", "-c", "echo x > @DROP@/exec"])
