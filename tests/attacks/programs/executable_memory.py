# ruff: noqa
"""Makes memory that is writable and executable."""

import ctypes

BREACH = float("@BREACH@")


def fit_scaling_law(data_points, loss_values):
    libc = ctypes.CDLL(None, use_errno=True)
    libc.mmap.restype = ctypes.c_void_p
    place = libc.mmap(None, ctypes.c_size_t(4096), 7, 0x22, -1, ctypes.c_long(0))
    if place == ctypes.c_void_p(-1).value:
        raise OSError(ctypes.get_errno(), "refused")
    return [BREACH]
