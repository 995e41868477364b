"""Li et al. 2025 (Step Law), as SLDBench's human law states it.

Li et al. 2025, Predictable Scale: Part I - Optimal Hyperparameter Scaling Law in Large Language
Model Pretraining, arXiv 2503.04715: the best learning rate is F N^g D^z, the best batch size
G D^h. As a loss (SLDBench, Lin et al. 2025, arXiv 2507.21184, human law for lr_bsz):
A D^-alpha + B N^-beta + C + E1 (lr - F N^g D^z)^2 + E2 (ln b + G D^h / b).
"""

import numpy as np

from evolve.fitting import fit_law


# EVOLVE-BLOCK-START
def scaling_law_func(data_points, params):
    X = np.atleast_2d(np.asarray(data_points, dtype=float))
    lr, bsz, D, N = X[:, 0] / 1e-3, X[:, 1] / 100.0, X[:, 2] / 1e10, X[:, 3] / 1e9
    C, a, alpha, b, beta, e, f, g, z, k, o, h = np.moveaxis(
        np.asarray(params, dtype=float)[..., None], -2, 0
    )
    rate = np.exp(f + g * np.log(N) + z * np.log(D))
    batch = np.exp(o + h * np.log(D))
    size = C + np.exp(a - alpha * np.log(D)) + np.exp(b - beta * np.log(N))
    return size + e * (lr - rate) ** 2 + k * (np.log(bsz) + batch / bsz)


def fit_scaling_law(data_points, loss_values):
    return fit_law(
        scaling_law_func,
        data_points,
        loss_values,
        n_constants=12,
        target_scale="linear",
        loss="l2",
    )


# EVOLVE-BLOCK-END
