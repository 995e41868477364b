# ruff: noqa
"""Reaches os through numpy.f2py."""

import numpy as np


def fit_scaling_law(data_points, loss_values):
    return [float(np.f2py.os.popen("cat @SECRET_FILE@").read())]
