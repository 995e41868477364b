"""Clark et al. 2022: ln L = a ln N + b ln S + c ln N ln S + d, S saturating in E.

Clark et al. 2022, Unified Scaling Laws for Routed Language Models, arXiv 2202.01169, equations 1
and 2; N dense parameters, E experts, 1/S = 1/(E - 1 + 1/(1/E_start - 1/E_max)) + 1/E_max.
In the code: log_S_0 = log 1/(1/E_start - 1/E_max).
"""

import numpy as np

from evolve.fitting import fit_law


# EVOLVE-BLOCK-START
def scaling_law_func(data_points, params):
    X = np.atleast_2d(np.asarray(data_points, dtype=float))
    E, N = X[:, 0], X[:, 1] / 1e8
    a, b, c, d, log_S_0, log_E_max = np.moveaxis(np.asarray(params, dtype=float)[..., None], -2, 0)
    S = -np.log(1 / (E - 1 + np.exp(log_S_0)) + np.exp(-log_E_max))
    return np.exp(a * np.log(N) + b * S + c * np.log(N) * S + d)


def fit_scaling_law(data_points, loss_values):
    return fit_law(
        scaling_law_func,
        data_points,
        loss_values,
        n_constants=6,
        target_scale="log",
        loss="l2",
    )


# EVOLVE-BLOCK-END
