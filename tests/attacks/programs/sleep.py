# ruff: noqa
"""Sleeps for an hour."""

import time


def fit_scaling_law(data_points, loss_values):
    time.sleep(3600)
