"""Wu & Lo 2024: polynomial of degree 5 in log FLOPs.

Wu & Lo 2024, U-shaped and Inverted-U Scaling behind Emergent Abilities of Large Language
Models, arXiv 2410.01692, section 4 (Slice-and-Sandwich); x = log10(FLOPs / 1e21).
"""

import numpy as np

from evolve.fitting import fit_law


# EVOLVE-BLOCK-START
def scaling_law_func(data_points, params):
    X = np.atleast_2d(np.asarray(data_points, dtype=float))
    x = X[:, 0]
    a, b, c, d, e, f = np.moveaxis(np.asarray(params, dtype=float)[..., None], -2, 0)
    return a + b * x + c * x**2 + d * x**3 + e * x**4 + f * x**5


def fit_scaling_law(data_points, loss_values):
    return fit_law(
        scaling_law_func,
        data_points,
        loss_values,
        n_constants=6,
        target_scale="linear",
        loss="l2",
    )


# EVOLVE-BLOCK-END
