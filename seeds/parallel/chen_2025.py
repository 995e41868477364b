"""Chen et al. 2025 (ParScale): E + (A / (N (k ln P + 1)))^alpha.

Chen et al. 2025, Parallel Scaling Law for Language Models, arXiv 2505.10475, equation 5;
N parameters, P parallel streams.
"""

import numpy as np

from evolve.fitting import fit_law


# EVOLVE-BLOCK-START
def scaling_law_func(data_points, params):
    X = np.atleast_2d(np.asarray(data_points, dtype=float))
    N, P = X[:, 0] / 1e9, X[:, 1]
    E, log_A, k, alpha = np.moveaxis(np.asarray(params, dtype=float)[..., None], -2, 0)
    return E + np.exp(alpha * (log_A - np.log(N) - np.log(k * np.log(P) + 1)))


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
