"""Sum of power laws: C + A E^-a + B N^-b.

A generic law: one power a feature and a floor; each exponent may take either sign.
E experts, N dense parameters.
"""

import numpy as np

from evolve.fitting import fit_law


# EVOLVE-BLOCK-START
def scaling_law_func(data_points, params):
    X = np.atleast_2d(np.asarray(data_points, dtype=float))
    E, N = X[:, 0], X[:, 1] / 1e8
    C, p, a, q, b = np.moveaxis(np.asarray(params, dtype=float)[..., None], -2, 0)
    return C + np.exp(p - a * np.log(E)) + np.exp(q - b * np.log(N))


def fit_scaling_law(data_points, loss_values):
    return fit_law(
        scaling_law_func,
        data_points,
        loss_values,
        n_constants=5,
        target_scale="linear",
        loss="l2",
    )


# EVOLVE-BLOCK-END
