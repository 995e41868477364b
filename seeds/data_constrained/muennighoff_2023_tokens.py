"""Muennighoff et al. 2023, repeated tokens alone: E + A N^-alpha + B D'^-beta.

Muennighoff et al. 2023, Scaling Data-Constrained Language Models, arXiv 2305.16264, equations 5
to 7: D' = U + U R_D* (1 - exp(-R_D/R_D*)), U unique tokens, R_D = D/U - 1 repetitions. The
law with N' = N: excess parameters do not decay.
"""

import numpy as np

from evolve.fitting import fit_law


# EVOLVE-BLOCK-START
def scaling_law_func(data_points, params):
    X = np.atleast_2d(np.asarray(data_points, dtype=float))
    N, D = X[:, 1] / 1e9, X[:, 2] / 1e10
    U = np.minimum(X[:, 0] / 1e10, D)
    E, log_A, alpha, log_B, beta, log_R_D = np.moveaxis(
        np.asarray(params, dtype=float)[..., None], -2, 0
    )
    D_eff = U + U * np.exp(log_R_D) * (1 - np.exp(-(D / U - 1) * np.exp(-log_R_D)))
    return E + np.exp(log_A - alpha * np.log(N)) + np.exp(log_B - beta * np.log(D_eff))


def fit_scaling_law(data_points, loss_values):
    return fit_law(
        scaling_law_func,
        data_points,
        loss_values,
        n_constants=6,
        target_scale="log",
        loss="huber",
        f_scale=0.01,
    )


# EVOLVE-BLOCK-END
