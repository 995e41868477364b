"""Sum of power laws: E + A U^-a + B N^-b + C D^-c.

A generic law: one power a feature and a floor; each exponent may take either sign.
U unique tokens, N parameters, D tokens seen.
"""

import numpy as np

from evolve.fitting import fit_law


# EVOLVE-BLOCK-START
def scaling_law_func(data_points, params):
    X = np.atleast_2d(np.asarray(data_points, dtype=float))
    U, N, D = X[:, 0] / 1e9, X[:, 1] / 1e9, X[:, 2] / 1e10
    E, u, a, n, b, d, c = np.moveaxis(np.asarray(params, dtype=float)[..., None], -2, 0)
    powers = np.exp(u - a * np.log(U)) + np.exp(n - b * np.log(N))
    return E + powers + np.exp(d - c * np.log(D))


def fit_scaling_law(data_points, loss_values):
    return fit_law(
        scaling_law_func,
        data_points,
        loss_values,
        n_constants=7,
        target_scale="linear",
        loss="l2",
    )


# EVOLVE-BLOCK-END
