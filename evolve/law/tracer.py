"""Stand-in values that record numpy's operations on them as an expression graph.

A `Tracer` stands for one number, a `TracerArray` for an array of them; numpy's own indexing,
broadcasting and stacking work on both. What no formula can hold (a comparison, a conversion to a
plain number, an unknown function) is refused, and the refusal is kept even if the code that was
traced catches it.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any, NoReturn

import numpy as np

from evolve.law.graph import BINARY, UNARY, Node, num
from evolve.law.untraceable import refuse

MAX_SIZE = 4000
_ARITHMETIC = {
    "add": "add",
    "sub": "sub",
    "mul": "mul",
    "truediv": "div",
    "pow": "pow",
}
_NEUTRAL = {"add": 0.0, "sub": 0.0, "mul": 1.0, "div": 1.0, "pow": 1.0}


class Tracer:
    """One number of a law that is being traced."""

    __slots__ = ("node", "weight")
    shape: tuple[int, ...] = ()
    ndim = 0
    size = 1
    dtype = np.dtype(object)

    def __init__(self, node: Node, weight: int = 1) -> None:
        """Stand for `node`, a tree of `weight` nodes."""
        self.node = node
        self.weight = weight

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        """Answer numpy's elementwise functions."""
        return call_ufunc(ufunc, method, inputs, kwargs)

    def __getattr__(self, name: str) -> Callable[[], Tracer]:
        """Offer ``x.exp()`` and the like, which numpy calls on arrays of objects."""
        function = FUNCTIONS.get(name)
        if function is None:
            raise AttributeError(name)
        return functools.partial(function, self)

    def __getitem__(self, key: Any) -> Any:
        """Index like a numpy scalar."""
        return as_array(self)[key]

    def __neg__(self) -> Tracer:
        """``-x``."""
        return make("neg", self)

    def __pos__(self) -> Tracer:
        """``+x``."""
        return self

    def __abs__(self) -> Tracer:
        """``abs(x)``."""
        return make("abs", self)

    def item(self) -> Tracer:
        """The number itself."""
        return self

    def astype(self, *_: Any, **__: Any) -> Tracer:
        """The number itself."""
        return self

    copy = squeeze = item


def _arithmetic(op: str, *, swapped: bool) -> Callable[[Tracer, Any], Any]:
    def method(self: Tracer, other: Any) -> Any:
        if not isinstance(other, (Tracer, int, float, np.number)):
            return NotImplemented
        return make(op, other, self) if swapped else make(op, self, other)

    return method


def _refusing(what: str) -> Callable[..., NoReturn]:
    def method(self: Tracer, *_: Any) -> NoReturn:
        refuse(what)

    return method


for _name, _op in _ARITHMETIC.items():
    setattr(Tracer, f"__{_name}__", _arithmetic(_op, swapped=False))
    setattr(Tracer, f"__r{_name}__", _arithmetic(_op, swapped=True))
for _name in ("lt", "le", "gt", "ge", "eq", "ne"):
    setattr(Tracer, f"__{_name}__", _refusing("the law compares values"))
for _name in ("bool", "float", "int", "index", "complex", "round", "floor", "ceil", "trunc"):
    setattr(Tracer, f"__{_name}__", _refusing("the law turns a value into a plain number"))
for _name in ("mod", "rmod", "floordiv", "rfloordiv", "divmod", "rdivmod"):
    setattr(Tracer, f"__{_name}__", _refusing("the law uses a remainder"))
Tracer.__hash__ = object.__hash__  # type: ignore[method-assign]


def make(op: str, *args: Any) -> Tracer:
    """The value of an operation; literals are folded, neutral ones dropped."""
    tracers = [a if isinstance(a, Tracer) else Tracer(_literal(a)) for a in args]
    nodes = [t.node for t in tracers]
    last = nodes[-1]
    if all(n.op == "num" for n in nodes):
        return Tracer(_fold(op, *(n.value for n in nodes)))
    if len(nodes) == 2 and last.op == "num" and last.value == _NEUTRAL.get(op):
        return tracers[0]
    if op in ("add", "mul") and nodes[0].op == "num" and nodes[0].value == _NEUTRAL[op]:
        return tracers[1]
    weight = 1 + sum(t.weight for t in tracers)
    if weight > MAX_SIZE:
        refuse(f"the law has more than {MAX_SIZE} operations")
    return Tracer(Node(op, tuple(nodes)), weight)


def _literal(value: Any) -> Node:
    if isinstance(value, (complex, np.complexfloating)):
        refuse("the law uses complex numbers")
    return num(float(value))


def _fold(op: str, *values: float) -> Node:
    function: Callable[..., Any] = UNARY[op] if op in UNARY else BINARY[op]
    with np.errstate(all="ignore"):
        return num(float(function(*values)))


def _scaled_log(base: float) -> Callable[[Any], Tracer]:
    return lambda x: make("div", make("log", x), math.log(base))


def _one_plus(x: Any) -> Tracer:
    return make("add", 1.0, x)


FUNCTIONS: dict[str, Callable[..., Any]] = {
    **{name: functools.partial(make, name) for name in (*UNARY, "logaddexp")},
    "add": functools.partial(make, "add"),
    "subtract": functools.partial(make, "sub"),
    "multiply": functools.partial(make, "mul"),
    "divide": functools.partial(make, "div"),
    "true_divide": functools.partial(make, "div"),
    "power": functools.partial(make, "pow"),
    "pow": functools.partial(make, "pow"),
    "float_power": functools.partial(make, "pow"),
    "maximum": functools.partial(make, "max"),
    "fmax": functools.partial(make, "max"),
    "minimum": functools.partial(make, "min"),
    "fmin": functools.partial(make, "min"),
    "negative": functools.partial(make, "neg"),
    "positive": lambda x: x,
    "absolute": functools.partial(make, "abs"),
    "fabs": functools.partial(make, "abs"),
    "reciprocal": lambda x: make("div", 1.0, x),
    "exp2": lambda x: make("pow", 2.0, x),
    "cbrt": lambda x: make("pow", x, 1.0 / 3.0),
    "log2": _scaled_log(2.0),
    "log10": _scaled_log(10.0),
    "expit": lambda x: make("div", 1.0, _one_plus(make("exp", make("neg", x)))),
}
_COMPARISONS = ("less", "less_equal", "greater", "greater_equal", "equal", "not_equal")
_GUARDS = ("isfinite", "isnan", "isinf", "signbit", "sign", "heaviside", "logical_and")


class TracerArray(np.ndarray[Any, np.dtype[Any]]):
    """An array of tracers (and plain numbers)."""

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        """Answer numpy's elementwise functions."""
        return call_ufunc(ufunc, method, inputs, kwargs)

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        """Let numpy's other functions run and mark what they return."""
        others = [t for t in types if t is not Tracer]
        return marked(super().__array_function__(func, others, args, kwargs))

    def astype(self, *_: Any, **__: Any) -> Any:
        """A copy; every number of a law is a float."""
        return self.copy()

    def mean(  # type: ignore[override]
        self, axis: Any = None, *_: Any, keepdims: bool = False, **__: Any
    ) -> Any:
        """Mean over an axis."""
        total = call_ufunc(np.add, "reduce", [self], {"axis": axis, "keepdims": keepdims})
        return total / (self.size / max(1, np.size(total)))

    def clip(  # type: ignore[override]
        self,
        min: Any = None,  # noqa: A002
        max: Any = None,  # noqa: A002
        **kwargs: Any,
    ) -> Any:
        """Values kept between two bounds; a bound of None or infinity is none."""
        low = kwargs.get("a_min", min)
        high = kwargs.get("a_max", max)
        value = self if _is_no_bound(low) else np.maximum(self, low)
        return value if _is_no_bound(high) else np.minimum(value, high)


def _is_no_bound(bound: Any) -> bool:
    return bound is None or (isinstance(bound, float) and math.isinf(bound))


def as_array(value: Any) -> TracerArray:
    """An object array of a tracer, an array or nested lists of them."""
    if isinstance(value, Tracer):
        single = np.empty((), dtype=object)
        single[()] = value
        return single.view(TracerArray)
    return np.asarray(value, dtype=object).view(TracerArray)


def marked(value: Any) -> Any:
    """Object arrays as tracer arrays, also inside tuples and lists."""
    if isinstance(value, np.ndarray) and value.dtype == object:
        return value.view(TracerArray)
    if isinstance(value, (tuple, list)) and type(value) in (tuple, list):
        return type(value)(marked(v) for v in value)
    return value


def call_ufunc(ufunc: np.ufunc, method: str, inputs: Any, kwargs: dict[str, Any]) -> Any:
    """Apply one of numpy's elementwise functions, or its reduction, to tracers."""
    plain = [as_array(x).view(np.ndarray) for x in inputs]
    name = ufunc.__name__
    if kwargs.get("where", True) is not True:
        refuse(f"np.{name} with where=")
    if name == "matmul":
        result = np.matmul(*plain)
    else:
        function = FUNCTIONS.get(name) or _refuse_function(name)
        result = _apply(function, ufunc.nin, method, plain, kwargs)
    out = kwargs.get("out")
    if out is None or out[0] is None:
        return marked(result)
    out[0][...] = result
    return out[0]


def _refuse_function(name: str) -> NoReturn:
    if name in _COMPARISONS:
        refuse(f"the law compares values (np.{name})")
    if name in _GUARDS or name.startswith("logical"):
        refuse(f"the law depends on a test of its values (np.{name})")
    refuse(f"a law cannot hold the function np.{name}")


def _apply(
    function: Callable[..., Any], n_in: int, method: str, plain: list[Any], kwargs: dict[str, Any]
) -> Any:
    if method == "reduce":
        axis = kwargs.get("axis", 0)
        return _reduce(function, plain[0], axis, bool(kwargs.get("keepdims", False)))
    elementwise = np.frompyfunc(function, n_in, 1)
    if method == "__call__":
        return elementwise(*plain)
    if method == "accumulate":
        return elementwise.accumulate(plain[0], axis=kwargs.get("axis", 0), dtype=object)
    if method != "outer":
        refuse(f"a law cannot hold the method {method!r} of a numpy function")
    return elementwise.outer(*plain)


def _reduce(function: Callable[..., Any], array: Any, axis: Any, keepdims: bool) -> Any:
    every = tuple(range(array.ndim))
    axes = every if axis is None else axis if isinstance(axis, tuple) else (axis,)
    axes = tuple(a % array.ndim for a in axes)
    rest = [a for a in every if a not in axes]
    rows = array.transpose([*rest, *axes]).reshape([array.shape[a] for a in rest] + [-1])
    result = np.empty(rows.shape[:-1], dtype=object)
    for index in np.ndindex(*result.shape):
        values = list(rows[index])
        result[index] = functools.reduce(function, values) if values else 0.0
    if keepdims:
        return np.expand_dims(result, axes)
    return result if result.ndim else result[()]
