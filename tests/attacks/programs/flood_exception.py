# ruff: noqa
"""Raises an exception of 50 MB."""


def fit_scaling_law(data_points, loss_values):
    raise ValueError("x" * 50_000_000)
