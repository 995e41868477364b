# ruff: noqa
"""An object that runs code when it is unpickled."""

import os
import numpy as np


class Evil:
    def __reduce__(self):
        return os.system, ("touch @DROP@/pickled",)


def fit_scaling_law(data_points, loss_values):
    return np.array([Evil()], dtype=object)
