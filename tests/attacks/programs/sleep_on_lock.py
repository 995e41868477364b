# ruff: noqa
"""Waits for ever without computing."""

import threading


def fit_scaling_law(data_points, loss_values):
    lock = threading.Lock()
    lock.acquire()
    lock.acquire()
