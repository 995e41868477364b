# ruff: noqa
"""Asks scipy for four processes."""

from scipy import optimize

BREACH = float("@BREACH@")


def square(p):
    return float(p[0] ** 2)


def fit_scaling_law(data_points, loss_values):
    optimize.differential_evolution(square, [(-1, 1)], workers=4, maxiter=2)
    return [BREACH]
