"""SLDAgent o4-mini's law for data_constrained, fitted.

Published on the SLDBench leaderboard (Lin et al. 2025, arXiv 2507.21184) with R2 0.929252, which
is its value on the training rows; fitted to convergence it scores 0.914136 on the test rows.
Written anew from its formula; found by others with the test rows in view, so it is for scoring
and comparison, never a starting program.

Formula: loss = c0 + exp(k1 - a1 ln U) + exp(k2 - a2 ln P) + exp(k3 - a3 ln T), U unique tokens,
P parameters, T tokens; least squares within 0 <= c0 <= min(loss), 0 <= a <= 5.
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import minimize


# EVOLVE-BLOCK-START
def scaling_law_func(data_points, params):
    x = np.log(np.atleast_2d(np.asarray(data_points, dtype=float)))
    p = np.atleast_2d(np.asarray(params, dtype=float))
    c0, k, a = p[:, 0], p[:, 1:4], p[:, 4:7]
    terms = np.exp(k[:, None, :] - a[:, None, :] * x[None, :, :])
    loss = (c0[:, None] + terms.sum(axis=2)).T
    return loss[:, 0] if np.ndim(params) == 1 else loss


def fit_scaling_law(data_points, loss_values):
    x = np.log(np.atleast_2d(np.asarray(data_points, dtype=float)))
    y = np.asarray(loss_values, dtype=float).ravel()
    centre = x.mean(axis=0)
    z = x - centre  # amplitudes at the middle of the data: the problem is far better scaled

    def cost(p):
        terms = np.exp(p[1:4] - p[4:7] * z)
        residual = p[0] + terms.sum(axis=1) - y
        slopes = residual @ terms
        gradient = np.concatenate(
            [[residual.sum()], slopes, -(residual[:, None] * terms * z).sum(axis=0)]
        )
        return 0.5 * residual @ residual, gradient

    bounds = [(0.0, y.min())] + [(-50.0, 50.0)] * 3 + [(0.0, 5.0)] * 3
    options = {"maxiter": 20000, "maxfun": 20000, "maxcor": 30, "ftol": 1e-15, "gtol": 1e-10}
    best = None
    for floor in (0.3, 0.7):
        for slope in (0.2, 0.5):
            height = np.log((1.0 - floor) * y.min() / 3.0)
            start = [floor * y.min()] + [height] * 3 + [slope] * 3
            found = minimize(
                cost, start, jac=True, method="L-BFGS-B", bounds=bounds, options=options
            )
            if best is None or found.fun < best.fun:
                best = found
    p = best.x.copy()
    p[1:4] += p[4:7] * centre
    return p


# EVOLVE-BLOCK-END
