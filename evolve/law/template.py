"""A law with one free part: ``E + A*params^-a + @(tokens)`` as a tree with a hole.

What the template fixes stays as it is written; the free part is any law of the features that its
brackets name. Names that are no features are constants, fitted with those of the free part.
"""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from evolve.errors import Argument, EvolveError, nearest
from evolve.law.faults import because
from evolve.law.formula import MOST_CHARACTERS, FormulaReader, parse_formula
from evolve.law.graph import (
    COMMUTATIVE,
    Node,
    call,
    const,
    constants_of,
    feat,
    features_of,
    num,
    replace_leaves,
)
from evolve.law.own_units import meant

FREE = "free_part_"
_CLAUSE = re.compile(r"(\w+)\s*(?:in\s*\[([^,\]]+),([^,\]]+)\]|=\s*(\S+))")


@dataclass(frozen=True, slots=True)
class Template:
    """A tree with a hole.

    Attributes:
        root: The tree; the feature of number `hole` stands for the free part.
        hole: That number, one above those of the features.
        features: Features that the free part may use, by number.
        n_constants: Constants that the template itself has, numbered from 0.
    """

    root: Node
    hole: int
    features: tuple[int, ...]
    n_constants: int

    def fill(self, part: Node) -> Node:
        """The whole law.

        Args:
            part: Tree of the free part, whose feature k is `features[k]` and whose constants are
                numbered from 0.
        """
        moved: dict[Node, Node] = {feat(k): feat(j) for k, j in enumerate(self.features)}
        moved |= {const(k): const(k + self.n_constants) for k in constants_of(part)}
        return replace_leaves(self.root, {feat(self.hole): replace_leaves(part, moved)})

    def free_part(self, root: Node) -> Node | None:
        """The free part of a whole law, as `fill` takes it; None if it has another form.

        Sums and products may stand in another order, constants may have other numbers.
        """
        for bound in _matches(self.root, root, {}, feat(self.hole)):
            part = bound.pop(feat(self.hole))
            fixed = set(bound.values())
            own = [const(k) for k in sorted(constants_of(part))]
            if features_of(part) <= set(self.features) and not fixed & set(own):
                moved: dict[Node, Node] = {feat(j): feat(k) for k, j in enumerate(self.features)}
                moved |= {leaf: const(k) for k, leaf in enumerate(own)}
                return replace_leaves(part, moved)
        return None


def _matches(
    pattern: Node, node: Node, bound: dict[Node, Node], hole: Node
) -> list[dict[Node, Node]]:
    """Every way in which a tree has the form of a pattern: its hole and constants to subtrees."""
    if pattern == hole or pattern.op == "const":
        if pattern.op == "const" and (node.op != "const" or node in bound.values()):
            return [bound] if bound.get(pattern) == node else []
        return [{**bound, pattern: node}] if bound.get(pattern, node) == node else []
    if pattern.op != node.op or len(pattern.args) != len(node.args):
        return []
    if not pattern.args:
        return [bound] if pattern == node else []
    orders = [node.args] if node.op not in COMMUTATIVE else list(itertools.permutations(node.args))
    matches = []
    for order in orders:
        ways = [bound]
        for inner, part in zip(pattern.args, order, strict=True):
            ways = [way for old in ways for way in _matches(inner, part, old, hole)]
        matches += ways
    return matches


def parse_template(text: str, variables: Mapping[str, Node]) -> Template:
    """Read a template.

    Args:
        text: A formula with one free part, ``@(tokens, batch)`` or ``@()`` for any feature, and
            what is said of constants after a semicolon: ``a = 0.5``, ``b in [0.2, 0.8]``.
        variables: Tree of each feature by name, in order, over its unit: it stays so where the
            constants of the template make up for the unit.

    Raises:
        EvolveError: The text is no such formula.
    """
    formula, *clauses = text.split(";")
    if len(text) > MOST_CHARACTERS or formula.count("@(") != 1 or "@" in formula.replace("@(", ""):
        raise _error(text, "must have one free part, such as @(tokens)")
    given = dict(_clause(text, c.strip()) for clause in clauses for c in _split(clause))
    tree = parse_formula(formula.replace("@(", f"{FREE}("))
    if tree is None:
        raise _error(text, f"must be a formula{because(formula.replace('@(', ' ('))}")
    reader = _Reader(text, variables, given)
    whole = reader.read(tree)
    free = {leaf.index for name, leaf in reader.constants.items() if name not in given}
    root = meant(whole, free)
    if unused := set(given) - set(reader.named):
        raise _error(text, f"has no constant {sorted(unused)[0]!r}")
    return Template(root, len(variables), reader.free, len(reader.constants))


def _split(clause: str) -> list[str]:
    """Clauses parted by commas that stand outside square brackets."""
    return [part for part in re.split(r",(?![^\[]*\])", clause) if part.strip()]


def _clause(text: str, clause: str) -> tuple[str, tuple[float, ...]]:
    match = _CLAUSE.fullmatch(clause)
    try:
        if match is None:
            raise ValueError
        name, *values = match.groups()
        numbers = tuple(float(value) for value in values if value is not None)
    except ValueError:
        raise _error(text, f"'a = 0.5' or 'a in [0.2, 0.8]' is expected, not {clause!r}") from None
    if len(numbers) == 2 and not -1e300 < numbers[0] < numbers[1] < 1e300:
        raise _error(text, f"bounds must be finite, the lower first, not {clause!r}")
    return name, numbers


class _Reader(FormulaReader):
    """Reads a template: constants may have values or bounds, and there is a free part."""

    def __init__(
        self, text: str, variables: Mapping[str, Node], given: Mapping[str, tuple[float, ...]]
    ) -> None:
        super().__init__(variables, lambda rule: _error(text, rule))
        self.given = given
        self.named: set[str] = set()
        self.free: tuple[int, ...] = ()

    def constant(self, name: str) -> Node:
        self.named.add(name)
        match self.given.get(name):
            case (value,):
                return num(value)
            case (low, high):  # a smooth step keeps the constant between its bounds
                step = call("tanh", super().constant(name))
                half = (high - low) / 2.0
                return call("add", num(low + half), call("mul", num(half), step))
        return super().constant(name)

    def call(self, name: str, args: Sequence[ast.expr]) -> Node:
        if name != FREE:
            return super().call(name, args)
        names = [ast.unparse(arg) for arg in args] or list(self.variables)
        for feature in names:
            if feature not in self.variables:
                hint = nearest(feature, self.variables)
                raise self.error(f"@(…) names no feature {feature!r}{hint}")
        order = list(self.variables)
        self.free = tuple(sorted({order.index(feature) for feature in names}))
        return feat(len(order))


def _error(text: str, rule: str) -> EvolveError:
    return EvolveError(Argument("template"), f": {rule}, in {text!r}")
