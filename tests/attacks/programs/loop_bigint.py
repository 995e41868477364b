# ruff: noqa
"""Minutes inside one multiplication of whole numbers."""

import sys

sys.set_int_max_str_digits(0)


def fit_scaling_law(data_points, loss_values):
    x = 3 ** (10**7)
    return [float(len(str(x * x)))]
