# ruff: noqa
"""An answer whose conversion never ends."""


class Endless:
    def __array__(self, dtype=None, copy=None):
        while True:
            pass


def fit_scaling_law(data_points, loss_values):
    return Endless()
