"""Write a tree as one line of numpy code or as a formula, with no spare brackets."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from evolve.law.graph import Node

ADD, MUL, NEG, POW, ATOM = range(1, 6)
LEAST_DIGITS = 4  # of fitted values
_BINARY = {"add": ADD, "sub": ADD, "mul": MUL, "div": MUL}


@dataclass(frozen=True, slots=True)
class Style:
    """How operations are spelt; loose text need not give the very same tree again."""

    signs: Mapping[str, str]
    functions: Mapping[str, str]
    is_loose: bool = False


CODE = Style(
    {"add": " + ", "sub": " - ", "mul": " * ", "div": " / ", "pow": "**"},
    {
        "max": "np.maximum",
        "min": "np.minimum",
        **{name: f"np.{name}" for name in ("exp", "log", "sqrt", "tanh", "abs", "square")},
        **{name: f"np.{name}" for name in ("log1p", "expm1", "logaddexp")},
        **{name: f"np.{name}" for name in ("sin", "cos", "arctan")},
    },
)
FORMULA = Style({"add": " + ", "sub": " - ", "mul": "*", "div": "/", "pow": "^"}, {}, True)
_BASES = {math.log(10.0): "log10", math.log(2.0): "log2"}


@lru_cache(maxsize=4096)
def literal(value: float) -> str:
    """Shortest text of a number that reads back as the same number.

    Raises:
        ValueError: the number is not finite.
    """
    if not math.isfinite(value):
        raise ValueError(f"printer: a law cannot hold the literal {value!r}")
    if value == int(value) and abs(value) < 1e4:
        return str(int(value))
    short = f"{value:.15e}"
    mantissa, exponent = short.split("e")
    compact = f"{mantissa.rstrip('0').rstrip('.')}e{int(exponent)}"
    same = [text for text in (compact, repr(float(value))) if float(text) == value]
    return min(same, key=len)


def write(node: Node, names: Mapping[Node, str], style: Style) -> str:
    """Text of a tree; nodes in `names` are written by their name."""
    return _write(node, names, style)[0]


def write_terms(node: Node, names: Mapping[Node, str], style: Style) -> list[str]:
    """Text of a sum, one signed term each; adding them up gives the same tree again."""
    lines: list[str] = []
    while node.op in ("add", "sub") and node not in names:
        left, right = node.args
        text = _bracket(_write(right, names, style), MUL)
        text = f"({text})" if text.startswith("-") else text
        lines.insert(0, f"{style.signs[node.op].strip()} {text}")
        node = left
    return [write(node, names, style), *lines]


def in_its_base(node: Node) -> Node:
    """A quotient for the eye: ``a * log(x) / log(10)`` as ``a * log10(x)``, as it was typed."""
    above, below = node.args
    name = _BASES.get(below.value) if below.op == "num" else None
    *before, last = above.args if above.op == "mul" else (above,)
    if name is None or last.op != "log":
        return node
    shown = Node(name, last.args)
    return Node("mul", (*before, shown)) if before else shown


def _write(node: Node, names: Mapping[Node, str], style: Style) -> tuple[str, int]:
    name = names.get(node)
    if name is not None:
        return name, NEG if node.op == "num" and name.startswith("-") else ATOM
    if node.op == "num":
        text = literal(node.value)
        return text, NEG if text.startswith("-") else ATOM
    node = in_its_base(node) if style.is_loose and node.op == "div" else node
    level = _BINARY.get(node.op)
    if level is not None:
        first, second = node.args
        is_loose = style.is_loose and node.op in ("add", "mul")
        left = _bracket(_write(first, names, style), level)
        right = _bracket(_write(second, names, style), level if is_loose else level + 1)
        right = f"({right})" if right.startswith("-") else right
        return f"{left}{style.signs[node.op]}{right}", level
    parts = [_write(a, names, style) for a in node.args]
    if node.op == "neg":
        return "-" + _bracket(parts[0], POW), NEG
    if node.op == "pow":
        exponent = parts[1][0]
        if parts[1][1] != ATOM and not _is_signed_atom(node.args[1], parts[1]):
            exponent = f"({exponent})"
        return _bracket(parts[0], ATOM) + style.signs["pow"] + exponent, POW
    inner = ", ".join([text for text, _ in parts])
    return f"{style.functions.get(node.op, node.op)}({inner})", ATOM


def _is_signed_atom(node: Node, part: tuple[str, int]) -> bool:
    return part[1] == NEG and (node.op == "num" or node.args[0].op in ("const", "num", "feat"))


def _bracket(part: tuple[str, int], level: int) -> str:
    text, own = part
    return f"({text})" if own < level else text
