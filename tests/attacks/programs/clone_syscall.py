# ruff: noqa
"""Forks by the bare system call."""

import ctypes
import os
import platform

BREACH = float("@BREACH@")


def fit_scaling_law(data_points, loss_values):
    libc = ctypes.CDLL(None, use_errno=True)
    pid = libc.syscall(56 if platform.machine() == "x86_64" else 220, 17, 0, 0, 0, 0)
    if pid == 0:
        os._exit(0)
    if pid < 0:
        raise OSError(ctypes.get_errno(), "refused")
    return [BREACH]
