# ruff: noqa
"""Sends a whole valid answer and then hangs."""

import os
import struct
import sys
import time


def fit_scaling_law(data_points, loss_values):
    frame = sys._getframe()
    while "nonce" not in frame.f_locals:
        frame = frame.f_back
    nonce = frame.f_locals["nonce"]
    header = b'{"meta":{"status":"ok"},"shapes":[[1]]}'
    os.write(3, struct.pack("<4s16sIQ", b"EVO1", nonce, len(header), 8) + header + bytes(8))
    time.sleep(3600)
