# ruff: noqa
"""A string of 800 MiB."""

BREACH = float("@BREACH@")


def fit_scaling_law(data_points, loss_values):
    return [BREACH * (len("ab" * (400 << 20)) > 0)]
