# ruff: noqa
"""800 MiB straight from the kernel."""

import ctypes

BREACH = float("@BREACH@")


def fit_scaling_law(data_points, loss_values):
    libc = ctypes.CDLL(None, use_errno=True)
    libc.mmap.restype = ctypes.c_void_p
    size = ctypes.c_size_t(800 << 20)
    place = libc.mmap(None, size, 3, 0x22, -1, ctypes.c_long(0))
    if place == ctypes.c_void_p(-1).value:
        raise OSError(ctypes.get_errno(), "refused")
    ctypes.memset(place + (799 << 20), 1, 4096)
    return [BREACH]
