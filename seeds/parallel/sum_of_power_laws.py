"""Power law: E + A N^-a P^-b.

A generic law: one product of powers and a floor; a power of its own for each feature would
need a fifth constant.
"""

import numpy as np

from evolve.fitting import fit_law


# EVOLVE-BLOCK-START
def scaling_law_func(data_points, params):
    X = np.atleast_2d(np.asarray(data_points, dtype=float))
    N, P = X[:, 0] / 1e9, X[:, 1]
    E, a, n, p = np.moveaxis(np.asarray(params, dtype=float)[..., None], -2, 0)
    return E + np.exp(a - n * np.log(N) - p * np.log(P))


def fit_scaling_law(data_points, loss_values):
    return fit_law(
        scaling_law_func,
        data_points,
        loss_values,
        n_constants=4,
        target_scale="linear",
        loss="l2",
    )


# EVOLVE-BLOCK-END
