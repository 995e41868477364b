# ruff: noqa
"""Kills its own process group."""

import os
import signal


def fit_scaling_law(data_points, loss_values):
    os.killpg(0, signal.SIGKILL)
