# ruff: noqa
"""Asks to be told of refused calls in place of dying."""

import ctypes

BREACH = float("@BREACH@")


def fit_scaling_law(data_points, loss_values):
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(22, 2, ctypes.create_string_buffer(16)) != 0:
        raise OSError(ctypes.get_errno(), "refused")
    return [BREACH]
