# ruff: noqa
"""Runs bytecode that was never compiled."""

import types


def fit_scaling_law(data_points, loss_values):
    code = fit_scaling_law.__code__.replace(co_code=bytes([100, 255] * 64), co_consts=())
    return types.FunctionType(code, {})(1, 2)
