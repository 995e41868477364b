# ruff: noqa
"""Recursion without end, below Python's own limit, in C."""

import sys


def fit_scaling_law(data_points, loss_values):
    sys.setrecursionlimit(10**9)
    x = []
    for _ in range(10**6):
        x = [x]
    return [float(len(repr(x)))]
