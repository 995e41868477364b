"""LaTeX of a law."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from evolve.law.algebra import is_unit_scaled
from evolve.law.graph import Law, Node, const, feat, replace_leaves
from evolve.law.lowering import for_the_eye
from evolve.law.writing import ADD, ATOM, LEAST_DIGITS, MUL, NEG, POW, in_its_base, literal
from evolve.printable import printable

_SPECIAL = {"\\": r"\backslash{}", "~": r"\sim{}", "^": r"\char94{}", "\n": r"\ ", "\t": r"\ "}
_GREEK = re.compile(
    "alpha|beta|gamma|delta|epsilon|zeta|eta|theta|iota|kappa|lambda|mu|nu|xi|pi|rho|sigma|tau|"
    "upsilon|phi|chi|psi|omega|Gamma|Delta|Theta|Lambda|Xi|Pi|Sigma|Phi|Psi|Omega"
)
_NAMED = {
    "log": r"\ln",
    **{f"log{base}": rf"\log_{{{base}}}" for base in (2, 10)},
    "arctan": r"\arctan",
    **{name: rf"\{name}" for name in ("tanh", "sin", "cos", "max", "min")},
}


class _Style(NamedTuple):
    """What leaves are called, and the digits of numbers."""

    names: Sequence[str]
    digits: int


def latex(
    law: Law,
    feature_names: Sequence[str],
    constants: npt.ArrayLike | None = None,
    *,
    digits: int = LEAST_DIGITS,
) -> str:
    r"""A law as LaTeX, without delimiters: ``c_{0} + e^{c_{1}}\,\mathrm{tokens}^{-c_{2}}``.

    Exponentials of logarithms are shown as powers, quotients as fractions.

    Args:
        law: The law, as target 0 sees it where each target has a feature of its own.
        feature_names: Names of the features.
        constants: `(p,)` values to show in place of the letters.
        digits: Of these and other numbers.
    """
    values = None if constants is None else np.asarray(constants, dtype=float)
    names = [name_in_math(n) for n in feature_names]
    letters = {const(k): feat(len(names) + k) for k in range(law.n_constants)}
    root = replace_leaves(for_the_eye(law, values), letters)
    return _write(root, _Style([*names, *map(constant_in_math, law.constant_names)], digits))[0]


def name_in_math(text: str) -> str:
    """A name as it stands in a formula: upright, with no sign that LaTeX would obey."""
    if len(text) == 1 and text.isalpha():
        return text
    signs = re.compile(r"[_%$#&{} \\~^\n\t]")
    return r"\mathrm{" + signs.sub(_escaped, printable(text)) + "}"


def constant_in_math(name: str) -> str:
    """A constant's name as it stands in a formula, what stands at its end as an index."""
    parts = re.fullmatch(r"([^\W\d_]+)_?(\d*|[^\W_]*)", name)
    if parts is None or (len(parts[1]) > 1 and not _GREEK.fullmatch(parts[1])):
        return name_in_math(name)
    letter = f"\\{parts[1]}" if len(parts[1]) > 1 else parts[1]
    index = parts[2] if len(parts[2]) < 2 or parts[2].isdigit() else name_in_math(parts[2])
    return f"{letter}_{{{index}}}" if index else letter


def _escaped(match: re.Match[str]) -> str:
    return _SPECIAL.get(match[0], "\\" + match[0])


def _number(value: float, digits: int) -> str:
    text = f"{value:.{digits}g}"
    exact = literal(value) if np.isfinite(value) else text
    text = exact if len(exact) <= 6 else text
    mantissa, _, exponent = text.partition("e")
    if not exponent:
        return text
    power = f"10^{{{int(exponent)}}}"
    return power if mantissa == "1" else rf"{mantissa}\times {power}"


def _write(node: Node, style: _Style) -> tuple[str, int]:
    node = in_its_base(node) if node.op == "div" else node
    if node.op == "feat":
        return style.names[node.index], ATOM
    if node.op == "num":
        text = _number(node.value, style.digits)
        return text, NEG if text.startswith("-") else MUL if "times" in text else ATOM
    if node.op in ("add", "sub"):
        return _sum(node, style), ADD
    if node.op == "neg":
        return "-" + _within(node.args[0], style, MUL), NEG
    if node.op == "mul":
        return _product(node, style), MUL
    if node.op == "div":
        return _fraction(node, style), ATOM
    if node.op == "pow":
        return _raised(node, style), POW
    return _function(node, style)


def _within(node: Node, style: _Style, level: int) -> str:
    text, own = _write(node, style)
    return rf"\left({text}\right)" if own < level else text


def _sum(node: Node, style: _Style) -> str:
    left = _within(node.args[0], style, ADD)
    right = _within(node.args[1], style, ADD if node.op == "add" else MUL)
    if right.startswith("-"):
        return f"{left} {'-' if node.op == 'add' else '+'} {right[1:]}"
    return f"{left} {'+' if node.op == 'add' else '-'} {right}"


def _product(node: Node, style: _Style) -> str:
    left, right = (_within(a, style, MUL) for a in node.args)
    right = rf"\left({right}\right)" if right.startswith("-") else right
    return rf"{left} \cdot {right}" if right[0].isdigit() else rf"{left}\,{right}"


def _fraction(node: Node, style: _Style) -> str:
    above, below = (_write(a, style)[0] for a in node.args)
    return rf"\frac{{{above}}}{{{below}}}"


def _raised(node: Node, style: _Style) -> str:
    base, power = node.args
    inner = _within(base, style, ATOM)
    if is_unit_scaled(base) or base.op == "div":
        inner = rf"\left({inner}\right)"
    return f"{inner}^{{{_write(power, style)[0]}}}"


def _function(node: Node, style: _Style) -> tuple[str, int]:
    inner = [_write(a, style)[0] for a in node.args]
    if node.op == "exp":
        is_short = len(inner[0]) <= 12
        text = f"e^{{{inner[0]}}}" if is_short else rf"\exp\left({inner[0]}\right)"
        return text, POW if is_short else ATOM
    if node.op == "sqrt":
        return rf"\sqrt{{{inner[0]}}}", ATOM
    if node.op == "abs":
        return rf"\left|{inner[0]}\right|", ATOM
    return rf"{_NAMED[node.op]}\left({', '.join(inner)}\right)", ATOM
