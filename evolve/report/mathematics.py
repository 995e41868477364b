"""Write a law as lines of mathematics for a page: the law, its repeated parts, its variables.

A feature in its unit becomes one letter, a part that is written more than once becomes another, so
that the law itself stays short enough to read; sums are given term by term, so that a narrow page
can break them.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from evolve.law.algebra import is_unit_scaled
from evolve.law.graph import Law, Node, feat, size, walk
from evolve.law.latex import latex
from evolve.law.lowering import for_the_eye
from evolve.law.writing import LEAST_DIGITS
from evolve.tasks.roles import guess_role
from evolve.tasks.symbols import OF_ROLE
from evolve.typing import Array

_PART_LETTERS = "uvwzqrsghk"
_FIRST_PLACEHOLDER = 0x4E00  # letters that no LaTeX of a law holds
_LEAST_PART = 5
_LEAST_CHOICE = 3
_LONG_INNER = 9


@dataclass(frozen=True, slots=True)
class MathLine:
    """One equation.

    Attributes:
        left: LaTeX of the left-hand side.
        terms: Signs (``""``, ``+``, ``-``) and LaTeX of the terms of the right-hand side.
    """

    left: str
    terms: tuple[tuple[str, str], ...]

    @property
    def latex(self) -> str:
        """The whole equation."""
        right = " ".join(f"{sign} {text}".strip() for sign, text in self.terms)
        return f"{self.left} = {right}"


@dataclass(frozen=True)
class LawEquations:
    """A law as equations.

    Attributes:
        law: The law and its repeated parts, constants as letters.
        valued: The same with values in place of constants; empty without them.
        variables: Equations of the letters that stand for features.
    """

    law: tuple[MathLine, ...]
    valued: tuple[MathLine, ...]
    variables: tuple[MathLine, ...]


@dataclass
class _Letters:
    """Leaves that stand for something longer, and the LaTeX they are printed as."""

    n_features: int
    symbols: list[str] = field(default_factory=list)

    def new(self, symbol: str) -> Node:
        self.symbols.append(symbol)
        return feat(self.n_features + len(self.symbols) - 1)

    def symbol(self, leaf: Node) -> str:
        return self.symbols[leaf.index - self.n_features]


def show_law(
    law: Law,
    feature_names: Sequence[str],
    target: str,
    constants: Array | None = None,
    digits: int = LEAST_DIGITS,
) -> LawEquations:
    """Write a law as equations.

    Args:
        law: The law, as target 0 sees it where each target has a feature of its own.
        feature_names: Names of the features as that target sees them.
        target: Name of the left-hand side.
        constants: `(p,)` values to show in a second version.
        digits: Of these.
    """
    root, letters = for_the_eye(law), _Letters(len(feature_names))
    root, variables = _name_features(root, feature_names, letters, set(law.names))
    pieces = _name_parts(root, letters)
    head = rf"\mathrm{{{_escaped(target)}}}"

    def lines(values: Array | None) -> tuple[MathLine, ...]:
        return tuple(
            MathLine(
                head if leaf is None else letters.symbol(leaf),
                _terms(replace(law, root=part), letters, values, digits),
            )
            for leaf, part in pieces
        )

    return LawEquations(lines(None), () if constants is None else lines(constants), variables)


def _name_features(
    root: Node, names: Sequence[str], letters: _Letters, taken: set[str]
) -> tuple[Node, tuple[MathLine, ...]]:
    """Put a letter that is not taken in place of every feature, over its unit where it has one."""
    quantities = dict.fromkeys(_quantities(root))
    symbols: dict[int, str] = {}
    lines, mapping = [], {}
    for node in sorted(quantities, key=lambda n: (_feature(n), n.op)):
        index = _feature(node)
        earlier = symbols.get(index)
        in_use = {*symbols.values(), *taken}
        symbol = _letter(names[index], in_use) if earlier is None else earlier
        symbol = symbol if earlier is None else rf"\tilde{{{earlier}}}"
        symbols[index] = symbol
        mapping[node] = letters.new(symbol)
        word = rf"\mathrm{{{_escaped(names[index])}}}"
        if node.op == "div":
            word += rf" \;/\; {_power_of_ten(node.args[1].value)}"
        lines.append(MathLine(symbol, (("", word),)))
    return _exchanged(root, mapping), tuple(lines)


def _quantities(node: Node) -> Iterator[Node]:
    """Features of a tree, over their units where they are written so."""
    if is_unit_scaled(node) or node.op == "feat":
        yield node
        return
    for arg in node.args:
        yield from _quantities(arg)


def _feature(node: Node) -> int:
    return node.index if node.op == "feat" else node.args[0].index


def _letter(name: str, in_use: set[str]) -> str:
    """The letter of the feature's role, else a capital of its name; ``X_n`` if none is free."""
    if numbered := re.fullmatch(r"(?:other|x)_?(\d+)", name):
        return f"x_{{{numbered[1]}}}"
    if name == "own":
        return "x_{0}"
    usual = OF_ROLE.get(guess_role(name), "")
    if len(usual) == 1 and usual not in in_use:
        return usual
    # Initials of the words first; C and E would be read as a constant and as e.
    words = [w for w in re.split(r"[^A-Za-z]+", name) if w]
    order = [w[0] for w in words] + list("".join(words))
    free = [c.upper() for c in order if c.upper() not in in_use | {"E", "C"}]
    return free[0] if free else f"X_{{{len(in_use)}}}"


def _name_parts(root: Node, letters: _Letters) -> list[tuple[Node | None, Node]]:
    """The tree and the parts that got a letter, each without the parts named after it."""
    pieces: dict[Node | None, Node] = {None: root}
    for _ in _PART_LETTERS:
        part = _worth_a_letter(list(pieces.values()))
        if part is None:
            break
        leaf = letters.new("")
        pieces = {name: _exchanged(tree, {part: leaf}) for name, tree in pieces.items()}
        pieces[leaf] = part
    order: list[Node | None] = [None]
    for name in order:
        inside = [n for n in walk(pieces[name]) if n in pieces and n not in order]
        order += dict.fromkeys(inside)
    for name, symbol in zip(order[1:], _PART_LETTERS, strict=False):
        if name is not None:
            letters.symbols[name.index - letters.n_features] = symbol
    return [(name, pieces[name]) for name in order]


def _worth_a_letter(trees: Sequence[Node]) -> Node | None:
    """The largest part that is written twice, else the long inside of an outer function."""
    counts = Counter(node for tree in trees for node in walk(tree))
    repeated = [
        node
        for node, n in counts.items()
        if n > 1
        and any(leaf.op == "feat" for leaf in walk(node))
        and size(node) >= (_LEAST_CHOICE if node.op in ("min", "max") else _LEAST_PART)
    ]
    if repeated:
        return max(repeated, key=lambda n: (size(n), repr(n)))
    inner = [
        node.args[0]
        for tree in trees
        for node in walk(tree)
        if node.op in ("exp", "log", "tanh") and size(node.args[0]) >= _LONG_INNER
    ]
    return max(inner, key=size, default=None)


def _exchanged(node: Node, mapping: dict[Node, Node]) -> Node:
    """The tree with every part that `mapping` names exchanged, outermost first."""
    if node in mapping:
        return mapping[node]
    if not node.args:
        return node
    return Node(node.op, tuple(_exchanged(a, mapping) for a in node.args), node.value)


def _terms(
    law: Law, letters: _Letters, constants: Array | None, digits: int
) -> tuple[tuple[str, str], ...]:
    """Signs and LaTeX of the terms of a sum."""
    names = ["X"] * letters.n_features
    names += [chr(_FIRST_PLACEHOLDER + i) for i in range(len(letters.symbols))]
    out: list[tuple[str, str]] = []
    for sign, term in _summands(law.root, 1):
        values = None if constants is None else np.asarray(constants, dtype=float)
        text = latex(replace(law, root=term), names, values, digits=digits)
        for i, symbol in enumerate(letters.symbols):
            text = text.replace(chr(_FIRST_PLACEHOLDER + i), f"{symbol}")
        if text.startswith("-"):
            sign, text = -sign, text[1:].strip()
        text = _tidy(text)
        shown_sign = "-" if sign < 0 else "+" if out else ""
        out.append((shown_sign, text))
    return tuple(out)


def _tidy(text: str) -> str:
    """No brackets around a single letter, under a power or behind a logarithm."""
    symbol = r"\\left\(((?:\\tilde\{[A-Za-z]\}|[A-Za-z])(?:_\{\d+\})?)\\right\)"
    text = re.sub(rf"\\ln{symbol}\^(\{{\d+\}})", r"\\ln^\2 \1", text)
    text = re.sub(rf"(?<![a-z]){symbol}\^", r"\1^", text)
    return re.sub(rf"\\(ln|tanh){symbol}(?!\^)", r"\\\1 \2", text)


def _summands(node: Node, sign: int) -> Iterator[tuple[int, Node]]:
    if node.op in ("add", "sub"):
        yield from _summands(node.args[0], sign)
        yield from _summands(node.args[1], sign if node.op == "add" else -sign)
    elif node.op == "neg" and node.args[0].op in ("add", "sub"):
        yield from _summands(node.args[0], -sign)
    else:
        yield sign, node


def _power_of_ten(value: float) -> str:
    exponent = round(math.log10(value))
    if value == float(f"1e{exponent}") and not 0 <= exponent <= 2:
        return f"10^{{{exponent}}}"
    mantissa, _, power = f"{value:.6g}".partition("e")
    return rf"{mantissa}\times 10^{{{int(power)}}}" if power else mantissa


def _escaped(name: str) -> str:
    return re.sub(r"([_%$#&{} ])", r"\\\1", name.replace("\\", "/").replace("^", " "))
