"""Exact derivatives of a tree's values by its constants, carried along with the values.

For what is asked once; the fitter takes its own from a compiled tape. Differences would need a
step, and constants differ in size by any power of ten: a rate per token may be 1e-10, and an
amplitude that is next to nothing as well.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from evolve.law.graph import BINARY, UNARY, Node, walk
from evolve.typing import Array

# Derivative of each function by its argument a, of which the value is v.
_OF_ONE: dict[str, Callable[[Array, Array], Any]] = {
    "neg": lambda a, v: -1.0,
    "exp": lambda a, v: v,
    "log": lambda a, v: 1.0 / a,
    "sqrt": lambda a, v: 0.5 / v,
    "tanh": lambda a, v: 1.0 - v * v,
    "abs": lambda a, v: np.sign(a),
    "log1p": lambda a, v: 1.0 / (1.0 + a),
    "expm1": lambda a, v: v + 1.0,
    "square": lambda a, v: 2.0 * a,
    "sin": lambda a, v: np.cos(a),
    "cos": lambda a, v: -np.sin(a),
    "arctan": lambda a, v: 1.0 / (1.0 + a * a),
}
# Derivatives of each operation by its arguments a and b.
_OF_TWO: dict[str, Callable[[Array, Array, Array], tuple[Any, Any]]] = {
    "add": lambda a, b, v: (1.0, 1.0),
    "sub": lambda a, b, v: (1.0, -1.0),
    "mul": lambda a, b, v: (b, a),
    "div": lambda a, b, v: (1.0 / b, -v / b),
    "pow": lambda a, b, v: (b * np.power(a, b - 1.0), np.where(v == 0.0, 0.0, v * np.log(a))),
    "max": lambda a, b, v: (np.where(a >= b, 1.0, 0.0), np.where(a < b, 1.0, 0.0)),
    "min": lambda a, b, v: (np.where(a <= b, 1.0, 0.0), np.where(a > b, 1.0, 0.0)),
    "logaddexp": lambda a, b, v: (np.exp(a - v), np.exp(b - v)),
}


def slopes(root: Node, x: Array, constants: Array) -> Array:
    """Derivatives of a tree's values by its constants.

    Args:
        root: The tree.
        x: `(n, f)` raw features.
        constants: `(p,)` constants, or `(n, p)`, those of each row.

    Returns:
        `(n, p)` derivatives; not finite where the law is not defined. Where a maximum, a minimum
        or a modulus turns, those of one side.
    """
    n_constants, values = constants.shape[-1], dict[Node, Array]()
    moved: dict[Node, Array] = {}  # `(n, p)` of each part that holds a constant
    with np.errstate(all="ignore"):
        for node in walk(root):
            if node in values:
                continue
            values[node] = _value(node, x, constants, values)
            if node.op == "const":
                moved[node] = np.eye(n_constants)[None, node.index]
            elif node.constants:
                moved[node] = _moved(node, values, moved)
    found = moved.get(root, np.zeros((1, n_constants)))
    return np.array(np.broadcast_to(found, (len(x), n_constants)))


def _value(node: Node, x: Array, constants: Array, values: dict[Node, Array]) -> Array:
    """`(n,)` or one value of a node whose arguments have theirs."""
    args = [values[arg] for arg in node.args]
    if len(args) == 1:
        return np.asarray(UNARY[node.op](args[0]))
    if args:
        return np.asarray(BINARY[node.op](*args))
    if node.op == "feat":
        return x[:, node.index]
    return np.asarray(constants[..., node.index] if node.op == "const" else node.value)


def _moved(node: Node, values: dict[Node, Array], moved: dict[Node, Array]) -> Array:
    """Derivatives of a node by the chain rule; a part without constants adds none."""
    args, value = [values[arg] for arg in node.args], values[node]
    outer = (
        (_OF_ONE[node.op](args[0], value),)
        if len(args) == 1
        else _OF_TWO[node.op](args[0], args[1], value)
    )
    parts = [
        _product(np.asarray(factor, dtype=float)[..., None], moved[arg])
        for arg, factor in zip(node.args, outer, strict=True)
        if arg in moved
    ]
    return parts[0] if len(parts) == 1 else np.asarray(parts[0] + parts[1])


def _product(factor: Array, moved: Array) -> Array:
    """Their product; 0 where one is, as of 1 / (1 + exp(u)) where the exponential overflows."""
    return np.where((factor == 0.0) | (moved == 0.0), 0.0, factor * moved)
