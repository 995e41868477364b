# ruff: noqa
"""Aborts."""

import os


def fit_scaling_law(data_points, loss_values):
    os.abort()
