"""Ye et al. 2024 (data mixing law): c_i + k_i exp(sum_j t_ij p_j).

Ye et al. 2024, Data Mixing Laws: Optimizing Data Mixtures by Predicting Language Modeling
Performance, arXiv 2403.16952, equation 7; p_j share of domain j, one law for each target i.
"""

import numpy as np

from evolve.fitting import fit_law


# EVOLVE-BLOCK-START
def scaling_law_func(data_points, params):
    X = np.atleast_2d(np.asarray(data_points, dtype=float))
    columns = []
    for constants in np.atleast_2d(np.asarray(params, dtype=float)):
        c, k, t1, t2, t3, t4, t5 = constants
        mixed = t1 * X[:, 0] + t2 * X[:, 1] + t3 * X[:, 2] + t4 * X[:, 3] + t5 * X[:, 4]
        columns.append(c + k * np.exp(mixed))
    return np.stack(columns, axis=1)


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
