"""Power law: E + A D^-a.

A generic law: one power of the number of examples and a floor (Hestness et al. 2017,
arXiv 1712.00409, section 2).
"""

import numpy as np

from evolve.fitting import fit_law


# EVOLVE-BLOCK-START
def scaling_law_func(data_points, params):
    X = np.atleast_2d(np.asarray(data_points, dtype=float))
    D = X[:, 0] / 1e4
    E, a, b = np.moveaxis(np.asarray(params, dtype=float)[..., None], -2, 0)
    return E + np.exp(a - b * np.log(D))


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
