# ruff: noqa
"""An endless loop that swallows every exception."""


def fit_scaling_law(data_points, loss_values):
    while True:
        try:
            while True:
                pass
        except BaseException:
            pass
