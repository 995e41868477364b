# ruff: noqa
"""Leaves a block of shared memory behind."""

from multiprocessing import shared_memory


def fit_scaling_law(data_points, loss_values):
    shared_memory.SharedMemory("evolve-attack", create=True, size=64)
    return [float("@BREACH@")]
