"""Turns a candidate (law and recipe) into another: the grammar's mutations, by registry."""

from evolve.law.candidate import Candidate
from evolve.search.operators import constants, links, recipes, structure
from evolve.search.operators.registry import OPERATORS, Operator, Space, operator

__all__ = [
    "OPERATORS",
    "Candidate",
    "Operator",
    "Space",
    "constants",
    "links",
    "operator",
    "recipes",
    "structure",
]
