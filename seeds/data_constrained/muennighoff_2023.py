"""Muennighoff et al. 2023: E + A N'^-alpha + B D'^-beta.

Muennighoff et al. 2023, Scaling Data-Constrained Language Models, arXiv 2305.16264, equations 5
to 7: D' = U + U R_D* (1 - exp(-R_D/R_D*)), U unique tokens, R_D = D/U - 1 repetitions, and N'
likewise from U_N, the parameters that are compute-optimal for U tokens (at most N):
U_N = (alpha A / (beta B))^(1/alpha) U^(beta/alpha), by Hoffmann et al. 2022, equation 4.
In the code: exponents by their logarithms, as U_N asks for positive ones.
"""

import numpy as np

from evolve.fitting import fit_law


# EVOLVE-BLOCK-START
def scaling_law_func(data_points, params):
    X = np.atleast_2d(np.asarray(data_points, dtype=float))
    N, D = X[:, 1] / 1e9, X[:, 2] / 1e10
    U = np.minimum(X[:, 0] / 1e10, D)
    E, log_A, log_alpha, log_B, log_beta, log_R_D, log_R_N = np.moveaxis(
        np.asarray(params, dtype=float)[..., None], -2, 0
    )
    alpha, beta = np.exp(log_alpha), np.exp(log_beta)
    D_eff = U + U * np.exp(log_R_D) * (1 - np.exp(-(D / U - 1) * np.exp(-log_R_D)))
    optimal = (np.log(alpha / beta) + log_A - log_B + beta * np.log(U)) / alpha
    V = np.minimum(np.exp(optimal), N)
    N_eff = V + V * np.exp(log_R_N) * (1 - np.exp(-(N / V - 1) * np.exp(-log_R_N)))
    return E + np.exp(log_A - alpha * np.log(N_eff)) + np.exp(log_B - beta * np.log(D_eff))


def fit_scaling_law(data_points, loss_values):
    return fit_law(
        scaling_law_func,
        data_points,
        loss_values,
        n_constants=7,
        target_scale="log",
        loss="huber",
        f_scale=0.01,
    )


# EVOLVE-BLOCK-END
