"""Laws as sympy expressions, and whether two laws are one form.

sympy is slow to load, so it is imported by the functions that need it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from evolve.law.algebra import is_unit_scaled
from evolve.law.canonical import canonical
from evolve.law.equivalence import covers, n_independent
from evolve.law.graph import (
    Law,
    Node,
    call,
    features_of,
    num,
    walk,
)


def to_sympy(
    law: Law, feature_names: Sequence[str], constants: npt.ArrayLike | None = None
) -> Any:
    """The law as a sympy expression.

    Features are symbols with their names (positive where the law takes their logarithm or a
    power of them, else real); constants are real symbols of their names, or numbers.

    Args:
        law: The law, as target 0 sees it where each target has a feature of its own.
        feature_names: Names of the features.
        constants: `(p,)` values.
    """
    import sympy

    positive = _needs_positive(law.root)
    leaves: dict[Node, Any] = {}
    for node in set(walk(law.root)):
        if node.op == "feat":
            kind = {"positive": True} if node.index in positive else {"real": True}
            leaves[node] = sympy.Symbol(feature_names[node.index], **kind)
        elif node.op == "const":
            leaves[node] = sympy.Symbol(law.constant_names[node.index], real=True)
        elif node.op == "num":
            leaves[node] = _number(node.value)
    if constants is not None:
        values = np.asarray(constants, dtype=float)
        leaves |= {n: sympy.Float(values[n.index], 17) for n in leaves if n.op == "const"}
    return _build(law.root, leaves, _sympy_functions())


def _needs_positive(root: Node) -> set[int]:
    inside = [n.args[0] for n in walk(root) if n.op in ("log", "sqrt", "pow")]
    return {i for node in inside for i in features_of(node)}


def _number(value: float) -> Any:
    import sympy

    if value == int(value) and abs(value) < 1e18:
        return sympy.Integer(int(value))
    exact = sympy.nsimplify(value, rational=True)
    is_short = exact.q <= 1000 or _is_power_of_ten(exact.q)
    return exact if is_short and float(exact) == value else sympy.Float(value, 17)


def _is_power_of_ten(value: int) -> bool:
    return bool(value == 10 ** (len(str(value)) - 1))


def _build(node: Node, leaves: dict[Node, Any], functions: dict[str, Callable[..., Any]]) -> Any:
    if not node.args:
        return leaves[node]
    return functions[node.op](*(_build(a, leaves, functions) for a in node.args))


def _sympy_functions() -> dict[str, Callable[..., Any]]:
    import sympy

    return {
        "neg": lambda a: -a,
        "exp": sympy.exp,
        "log": sympy.log,
        "sqrt": sympy.sqrt,
        "tanh": sympy.tanh,
        "sin": sympy.sin,
        "cos": sympy.cos,
        "arctan": sympy.atan,
        "abs": sympy.Abs,
        "log1p": lambda a: sympy.log(1 + a),
        "expm1": lambda a: sympy.exp(a) - 1,
        "square": lambda a: a**2,
        "add": lambda a, b: a + b,
        "sub": lambda a, b: a - b,
        "mul": lambda a, b: a * b,
        "div": lambda a, b: a / b,
        "pow": lambda a, b: a**b,
        "max": sympy.Max,
        "min": sympy.Min,
        "logaddexp": lambda a, b: sympy.log(sympy.exp(a) + sympy.exp(b)),
    }


# the same form


def same_form(left: Law, right: Law, n_features: int) -> bool:
    """Whether two laws are one family of curves, up to algebra and the meaning of constants.

    Three steps, the first that decides is taken:

    1. The canonical forms agree when features are measured in the same units and positive
       amplitudes are read as any amplitude (``A*x**-b``, ``exp(a - b*log(x/1e9))``): same.
    2. The numbers of independent constants differ (rank of the derivatives by the constants at
       random points), or the features do: not the same.
    3. Each law, with random constants, is fitted to by the other on random rows (features
       between 0.2 and 5 units; several starts): same if every fit reaches 1e-9 relative.
    """
    if left.own_feature_first != right.own_feature_first:
        return False
    units = _units(right.root) | _units(left.root)
    one, two = (_loose(law.root, units) for law in (left, right))
    if one == two:
        return True
    if features_of(one) != features_of(two):
        return False
    if n_independent(one, n_features) != n_independent(two, n_features):
        return False
    return covers(one, two, n_features) and covers(two, one, n_features)


def _loose(root: Node, units: dict[Node, float]) -> Node:
    """Canonical form in features of order 1, with amplitudes of either sign."""
    root = canonical(_in_units(root, units))[0]
    return canonical(_with_any_amplitude(root))[0]


def _units(root: Node) -> dict[Node, float]:
    return {n.args[0]: n.args[1].value for n in walk(root) if is_unit_scaled(n)}


def _in_units(node: Node, units: dict[Node, float]) -> Node:
    """The tree in features that are measured in `units`."""
    if is_unit_scaled(node):
        feature, unit = node.args
        ratio = units[feature] / unit.value
        return feature if ratio == 1.0 else call("mul", feature, num(ratio))
    if node in units:
        return call("mul", node, num(units[node]))
    return Node(node.op, tuple(_in_units(a, units) for a in node.args), node.value)


def _with_any_amplitude(node: Node) -> Node:
    """The tree with every ``exp(c + f)``, c used once, as ``c*exp(f)``."""
    uses = [n for n in walk(node) if n.op == "const"]
    free = {n for n in uses if uses.count(n) == 1}
    return _spread(node, free)


def _spread(node: Node, free: set[Node]) -> Node:
    args = tuple(_spread(a, free) for a in node.args)
    node = Node(node.op, args, node.value)
    if node.op != "exp":
        return node
    amplitude, rest = _split(args[0], free)
    if amplitude is None:
        return node
    return amplitude if rest is None else call("mul", amplitude, call("exp", rest))


def _split(node: Node, free: set[Node]) -> tuple[Node | None, Node | None]:
    """A free term of a left-leaning sum, and the sum without it."""
    if node in free:
        return node, None
    if node.op not in ("add", "sub"):
        return None, node
    left, right = node.args
    if node.op == "add" and right in free:
        return right, left
    term, rest = _split(left, free)
    if term is None:
        return None, node
    if rest is None:
        return term, right if node.op == "add" else call("neg", right)
    return term, call(node.op, rest, right)
