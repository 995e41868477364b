"""Kaplan et al. 2020: ((N_c/N)^(alpha_N/alpha_D) + D_c/D)^alpha_D.

Kaplan et al. 2020, Scaling Laws for Neural Language Models, arXiv 2001.08361, equation 1.5;
N parameters, D tokens. In the code: ratio = alpha_N / alpha_D.
"""

import numpy as np

from evolve.fitting import fit_law


# EVOLVE-BLOCK-START
def scaling_law_func(data_points, params):
    X = np.atleast_2d(np.asarray(data_points, dtype=float))
    D, N = X[:, 2] / 1e10, X[:, 3] / 1e9
    log_N_c, log_D_c, ratio, alpha_D = np.moveaxis(
        np.asarray(params, dtype=float)[..., None], -2, 0
    )
    return np.exp(alpha_D * np.logaddexp(ratio * (log_N_c - np.log(N)), log_D_c - np.log(D)))


def fit_scaling_law(data_points, loss_values):
    return fit_law(
        scaling_law_func,
        data_points,
        loss_values,
        n_constants=4,
        target_scale="log",
        loss="huber",
        f_scale=0.01,
    )


# EVOLVE-BLOCK-END
