"""Stand-ins for numpy, math, `float` and `import` in the namespace of a traced law."""

from __future__ import annotations

import builtins
import math
import types
from collections.abc import Callable
from typing import Any

import numpy as np

from evolve.law.tracer import FUNCTIONS, Tracer, TracerArray, as_array, marked
from evolve.law.untraceable import refuse

_MATH = {
    **{name: FUNCTIONS[name] for name in ("exp", "log2", "log10", "log1p", "expm1")},
    **{name: FUNCTIONS[name] for name in ("sqrt", "tanh", "fabs", "pow", "exp2", "cbrt")},
}


class _FloatType(type):
    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, float)

    def __call__(cls, value: Any = 0.0) -> Any:
        if isinstance(value, TracerArray) and value.size == 1:
            return value.item()
        return value if isinstance(value, Tracer) else float(value)


class Float(metaclass=_FloatType):
    """Stands for `float`: leaves tracers as they are."""


def _plain_type(value: Any) -> Any:
    return float if value is Float else value


def _holds_tracers(value: Any) -> bool:
    if isinstance(value, (Tracer, TracerArray)):
        return True
    return isinstance(value, (list, tuple)) and any(map(_holds_tracers, value))


def _array(value: Any, dtype: Any = None, *, ndmin: int = 0, **kwargs: Any) -> Any:
    if not _holds_tracers(value):
        return np.array(value, dtype=_plain_type(dtype), ndmin=ndmin)
    array = as_array(value)
    array = array.copy() if kwargs.get("copy", True) else array
    return array.reshape((1,) * max(0, ndmin - array.ndim) + array.shape)


def _asarray(value: Any, dtype: Any = None, *_: Any, **__: Any) -> Any:
    return _array(value, dtype, copy=False)


def _is_float(dtype: Any) -> bool:
    return dtype is None or np.dtype(_plain_type(dtype)).kind in "fO"


def _full(shape: Any, fill: Any, dtype: Any = None, **_: Any) -> Any:
    if not _is_float(dtype):
        return np.full(shape, fill, dtype=dtype)
    array = np.empty(shape, dtype=object).view(TracerArray)
    array[...] = as_array(fill) if _holds_tracers(fill) else fill
    return array


def _filled(fill: float) -> Callable[..., Any]:
    return lambda shape, dtype=None, **_: _full(shape, fill, dtype)


def _filled_like(fill: float) -> Callable[..., Any]:
    return lambda a, dtype=None, **_: _full(np.shape(a), fill, dtype)


def _clip(a: Any, *bounds: Any, **kwargs: Any) -> Any:
    kwargs.pop("out", None)
    if not _holds_tracers([a, *bounds, *kwargs.values()]):
        return np.clip(a, *bounds, **kwargs)
    value = as_array(a).clip(*bounds, **kwargs)
    return value if np.ndim(value) else value[()]


def _where(*_: Any, **__: Any) -> Any:
    refuse("the law chooses by a condition (np.where)")


_ARRAYS: dict[str, Callable[..., Any]] = {
    "array": _array,
    "asarray": _asarray,
    "asanyarray": _asarray,
    "ascontiguousarray": _asarray,
    "asarray_chkfinite": _asarray,
    "full": _full,
    "full_like": lambda a, fill, dtype=None, **_: _full(np.shape(a), fill, dtype),
    "zeros": _filled(0.0),
    "ones": _filled(1.0),
    "empty": _filled(0.0),
    "zeros_like": _filled_like(0.0),
    "ones_like": _filled_like(1.0),
    "empty_like": _filled_like(0.0),
    "clip": _clip,
    "where": _where,
    "select": _where,
    "piecewise": _where,
    "float64": Float,
}


def _marking(function: Callable[..., Any]) -> Callable[..., Any]:
    """A numpy function whose arguments may be stand-ins and whose results are marked."""

    def wrapper(*args: Any, **kwargs: Any) -> Any:
        positional = [_plain_type(_listed(a)) for a in args]
        named = {k: _plain_type(_listed(v)) for k, v in kwargs.items()}
        return marked(function(*positional, **named))

    return wrapper


def _listed(value: Any) -> Any:
    return as_array(value) if isinstance(value, Tracer) else value


class _Numpy(types.ModuleType):
    """Stands for the numpy module."""

    def __getattr__(self, name: str) -> Any:
        if name in _ARRAYS:
            return _ARRAYS[name]
        real = getattr(np, name)
        is_plain = isinstance(real, (np.ufunc, type, types.ModuleType)) or not callable(real)
        return real if is_plain else _marking(real)


class _Math(types.ModuleType):
    """Stands for the math module."""

    def __getattr__(self, name: str) -> Any:
        real = getattr(math, name)
        return _math_function(name, real) if callable(real) else real


def _math_function(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
    def function(*args: Any) -> Any:
        values = [a.item() if isinstance(a, TracerArray) and a.size == 1 else a for a in args]
        if not any(map(_holds_tracers, values)):
            return real(*args)
        if name == "log":
            value, *base = values
            log = FUNCTIONS["log"](value)
            return FUNCTIONS["divide"](log, FUNCTIONS["log"](base[0])) if base else log
        if name not in _MATH:
            refuse(f"a law cannot hold the function math.{name}")
        return _MATH[name](*values)

    return function


NUMPY = _Numpy("numpy")
MATH = _Math("math")


def _no_fit(*_: Any, **__: Any) -> Any:
    refuse("the law fits itself")


_FITTING = types.ModuleType("evolve.fitting")
_FITTING.__dict__["fit_law"] = _no_fit
_PACKAGE = types.ModuleType("evolve")
_PACKAGE.__dict__["fitting"] = _FITTING
_MODULES: dict[str, types.ModuleType] = {
    "numpy": NUMPY,
    "math": MATH,
    "evolve.fitting": _FITTING,
    "evolve": _PACKAGE,
}


def builtins_for(names: dict[str, Any]) -> dict[str, Any]:
    """Builtins for traced code: its own, with stand-ins for `float` and `__import__`."""
    load = names.get("__import__", builtins.__import__)

    def import_name(name: str, *rest: Any, **named: Any) -> Any:
        fromlist = rest[2] if len(rest) > 2 else named.get("fromlist", ())
        if name in _MODULES:
            return _MODULES[name if fromlist else name.partition(".")[0]]
        return load(name, *rest, **named)

    return {**names, "float": Float, "__import__": import_name}


def stand_in(value: Any) -> Any:
    """The stand-in for a global value of traced code, or the value itself."""
    if value is np:
        return NUMPY
    if value is math:
        return MATH
    name = getattr(value, "__name__", None)
    if isinstance(value, np.ufunc) or not callable(value) or not isinstance(name, str):
        return value
    if getattr(np, name, None) is value:
        return getattr(NUMPY, name)
    if getattr(math, name, None) is value:
        return getattr(MATH, name)
    return value
