# ruff: noqa
"""Sends escape codes to the terminal."""


def fit_scaling_law(data_points, loss_values):
    print("\x1b]0;owned\x07\x1b[2J")
    raise ValueError("\x1b[31m\x00\u202e")
