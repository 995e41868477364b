# ruff: noqa
"""Opens a port."""

import socket

BREACH = float("@BREACH@")


def fit_scaling_law(data_points, loss_values):
    s = socket.socket()
    s.bind(("127.0.0.1", 0))
    s.listen()
    return [BREACH]
