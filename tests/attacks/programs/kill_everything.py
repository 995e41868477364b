# ruff: noqa
"""Signals every process it may."""

import os

BREACH = float("@BREACH@")


def fit_scaling_law(data_points, loss_values):
    os.kill(-1, 0)
    return [BREACH]
