# ruff: noqa
"""Has itself ended by an alarm."""

import signal
import time


def fit_scaling_law(data_points, loss_values):
    signal.setitimer(signal.ITIMER_REAL, 0.01)
    time.sleep(5)
