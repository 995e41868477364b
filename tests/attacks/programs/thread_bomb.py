# ruff: noqa
"""Starts fifty threads."""

import threading
import time

BREACH = float("@BREACH@")


def fit_scaling_law(data_points, loss_values):
    for _ in range(50):
        threading.Thread(target=time.sleep, args=(2,), daemon=True).start()
    return [BREACH]
