"""Lin et al. 2024 (rectified scaling law): B / (D_0 + D^beta) + E.

Lin et al. 2024, Selecting Large Language Model to Fine-tune via Rectified Scaling Law,
arXiv 2402.02314, equation 4; D examples, D_0 what pre-training has learnt already.
"""

import numpy as np

from evolve.fitting import fit_law


# EVOLVE-BLOCK-START
def scaling_law_func(data_points, params):
    X = np.atleast_2d(np.asarray(data_points, dtype=float))
    D = X[:, 0] / 1e4
    B, log_D_0, beta, E = np.moveaxis(np.asarray(params, dtype=float)[..., None], -2, 0)
    return B / (np.exp(log_D_0) + np.exp(beta * np.log(D))) + E


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
