# ruff: noqa
"""Signals the engine."""

import os

BREACH = float("@BREACH@")


def fit_scaling_law(data_points, loss_values):
    os.kill(int("@ENGINE_PID@"), 0)
    return [BREACH]
