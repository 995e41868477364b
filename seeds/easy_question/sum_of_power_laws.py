"""Power law of compute: c + A FLOPs^-b.

A generic law: x is log10(FLOPs / 1e21), so that a power of FLOPs is an exponential of x.
"""

import numpy as np

from evolve.fitting import fit_law


# EVOLVE-BLOCK-START
def scaling_law_func(data_points, params):
    X = np.atleast_2d(np.asarray(data_points, dtype=float))
    x = X[:, 0]
    c, a, b = np.moveaxis(np.asarray(params, dtype=float)[..., None], -2, 0)
    return c + a * np.exp(b * x)


def fit_scaling_law(data_points, loss_values):
    return fit_law(
        scaling_law_func,
        data_points,
        loss_values,
        n_constants=3,
        target_scale="linear",
        loss="l2",
    )


# EVOLVE-BLOCK-END
