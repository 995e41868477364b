"""Sum of power laws: C + A l^-a + B b^-b + E D^-d + F N^-n.

A generic law: one power a feature and a floor; each exponent may take either sign.
l learning rate, b batch size, D tokens, N parameters.
"""

import numpy as np

from evolve.fitting import fit_law


# EVOLVE-BLOCK-START
def scaling_law_func(data_points, params):
    X = np.atleast_2d(np.asarray(data_points, dtype=float))
    lr, bsz, D, N = X[:, 0] / 1e-3, X[:, 1] / 100.0, X[:, 2] / 1e10, X[:, 3] / 1e9
    C, p, a, q, b, r, d, s, n = np.moveaxis(np.asarray(params, dtype=float)[..., None], -2, 0)
    first = np.exp(p - a * np.log(lr)) + np.exp(q - b * np.log(bsz))
    return C + first + np.exp(r - d * np.log(D)) + np.exp(s - n * np.log(N))


def fit_scaling_law(data_points, loss_values):
    return fit_law(
        scaling_law_func,
        data_points,
        loss_values,
        n_constants=9,
        target_scale="linear",
        loss="l2",
    )


# EVOLVE-BLOCK-END
