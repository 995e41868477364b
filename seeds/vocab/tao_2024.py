"""Tao et al. 2024: A N^-alpha + B V^-beta + C D^-gamma + E.

Tao et al. 2024, Scaling Laws with Vocabulary: Larger Models Deserve Larger Vocabularies,
arXiv 2407.13623, equation 7; N parameters without vocabulary, V entries of the vocabulary,
D characters. Also the generic sum of power laws of this task.
"""

import numpy as np

from evolve.fitting import fit_law


# EVOLVE-BLOCK-START
def scaling_law_func(data_points, params):
    X = np.atleast_2d(np.asarray(data_points, dtype=float))
    N, V, D = X[:, 0] / 1e8, X[:, 1] / 1e4, X[:, 2] / 1e10
    E, log_A, alpha, log_B, beta, log_C, gamma = np.moveaxis(
        np.asarray(params, dtype=float)[..., None], -2, 0
    )
    powers = np.exp(log_A - alpha * np.log(N)) + np.exp(log_B - beta * np.log(V))
    return E + powers + np.exp(log_C - gamma * np.log(D))


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
