# ruff: noqa
"""Writes a file."""


def fit_scaling_law(data_points, loss_values):
    open("@DROP@/written", "w").write("x")
    return [1.0]
