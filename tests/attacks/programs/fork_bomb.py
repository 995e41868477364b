# ruff: noqa
"""Forks fifty sleepers."""

import os
import time

BREACH = float("@BREACH@")


def fit_scaling_law(data_points, loss_values):
    n_forked = 0
    for _ in range(50):
        if os.fork() == 0:
            time.sleep(2)
            os._exit(0)
        n_forked += 1
    return [BREACH]
