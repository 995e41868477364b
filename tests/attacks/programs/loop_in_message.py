# ruff: noqa
"""An exception whose text never ends."""


class Endless(Exception):
    def __str__(self):
        while True:
            pass


def fit_scaling_law(data_points, loss_values):
    raise Endless
