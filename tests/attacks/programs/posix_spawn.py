# ruff: noqa
"""Spawns a shell without forking."""

import os
import time


def fit_scaling_law(data_points, loss_values):
    os.posix_spawn("/bin/sh", ["sh", "-c", "echo x > @DROP@/spawn"], {})
    time.sleep(0.2)
    return [1.0]
