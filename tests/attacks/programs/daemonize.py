# ruff: noqa
"""A grandchild in a session of its own writes a file later."""

import os
import time


def fit_scaling_law(data_points, loss_values):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            time.sleep(0.3)
            open("@DROP@/daemon", "w").close()
        os._exit(0)
    return [1.0]
