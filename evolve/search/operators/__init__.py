"""The grammar's mutations, from a candidate (law and recipe) to another, by registry."""

from evolve.law.candidate import Candidate
from evolve.search.operators import constants, links, recipes, structure
from evolve.search.operators.registry import (
    CROSSOVERS,
    OPERATORS,
    Operator,
    SearchSpace,
    crossover,
    operator,
)

__all__ = [
    "CROSSOVERS",
    "OPERATORS",
    "Candidate",
    "Operator",
    "SearchSpace",
    "constants",
    "crossover",
    "links",
    "operator",
    "recipes",
    "structure",
]
