"""Power law of the target's own share: c + a p_i^b.

A generic law: one power and a constant for each target; shares may be 0, so the exponent is
positive. In the code: b = log of the exponent.
"""

import numpy as np

from evolve.fitting import fit_law


# EVOLVE-BLOCK-START
def scaling_law_func(data_points, params):
    X = np.atleast_2d(np.asarray(data_points, dtype=float))
    columns = []
    for t, constants in enumerate(np.atleast_2d(np.asarray(params, dtype=float))):
        c, a, b = constants
        columns.append(c + a * X[:, t] ** np.exp(b))
    return np.stack(columns, axis=1)


def fit_scaling_law(data_points, loss_values):
    return fit_law(
        scaling_law_func,
        data_points,
        loss_values,
        n_constants=3,
        target_scale="linear",
        loss="l2",
    )


# EVOLVE-BLOCK-END
