# ruff: noqa
"""A regular expression that never ends, in C."""

import re


def fit_scaling_law(data_points, loss_values):
    return [1.0] if re.match(r"(a+)+$", "a" * 60 + "b") else [0.0]
