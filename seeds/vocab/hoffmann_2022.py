"""Hoffmann et al. 2022: E + A N^-alpha + B D^-beta.

Hoffmann et al. 2022, Training Compute-Optimal Large Language Models (Chinchilla),
arXiv 2203.15556, equation 2; N parameters without vocabulary, D characters. The target is
negative, so residuals are linear.
"""

import numpy as np

from evolve.fitting import fit_law


# EVOLVE-BLOCK-START
def scaling_law_func(data_points, params):
    X = np.atleast_2d(np.asarray(data_points, dtype=float))
    N, D = X[:, 0] / 1e8, X[:, 2] / 1e10
    E, log_A, alpha, log_B, beta = np.moveaxis(np.asarray(params, dtype=float)[..., None], -2, 0)
    return E + np.exp(log_A - alpha * np.log(N)) + np.exp(log_B - beta * np.log(D))


def fit_scaling_law(data_points, loss_values):
    return fit_law(
        scaling_law_func,
        data_points,
        loss_values,
        n_constants=5,
        target_scale="linear",
        loss="huber",
        f_scale=0.01,
    )


# EVOLVE-BLOCK-END
