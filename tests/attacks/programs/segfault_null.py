# ruff: noqa
"""Reads address zero."""

import ctypes


def fit_scaling_law(data_points, loss_values):
    ctypes.string_at(0)
