# ruff: noqa
"""Connects to a unix socket with a path."""

import socket


def fit_scaling_law(data_points, loss_values):
    s = socket.socket(socket.AF_UNIX)
    s.connect("@UNIX_PATH@")
    s.sendall(b"stolen")
    return [1.0]
