"""Protocol of the rewriter, as a product under construction uses it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from evolve.law.graph import Node

Power = float | Node
Terms = list[tuple[float, Node]]


class Rules(Protocol):
    """The rewriting rules of one tree; `law.algebra.Rewriter` holds them.

    Attributes:
        free: Constants that occur once in the whole tree.
    """

    free: set[Node]

    def total(self, terms: Terms) -> Node:
        """The flat sum of `(literal, node)` terms."""

    def product(self, factors: Iterable[tuple[Node, Power]]) -> Node:
        """The flat product of `base ** power` factors."""

    def rewrite_log(self, arg: Node) -> Node:
        """The logarithm of a flat node."""

    def unscaled(self, node: Node) -> Node:
        """A product without its free factor."""

    def key(self, node: Node) -> tuple[int, str]:
        """Sorting key in which all free constants look alike."""

    def is_negative(self, node: Node) -> bool:
        """Whether the literal in front of a flat node is negative."""

    def is_homogeneous(self, node: Node) -> bool:
        """Whether every term of a flat node has a free factor."""

    def is_free_term(self, node: Node) -> bool:
        """Whether a term is a free constant, or has one as a factor."""
