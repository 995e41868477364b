# ruff: noqa
"""Lifts its own limits."""

import resource

BREACH = float("@BREACH@")


def fit_scaling_law(data_points, loss_values):
    for which in (
        resource.RLIMIT_AS,
        resource.RLIMIT_CPU,
        resource.RLIMIT_FSIZE,
        resource.RLIMIT_NPROC,
    ):
        resource.setrlimit(which, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    return [BREACH]
