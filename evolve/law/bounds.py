"""How large a law may be, and laws as JSON values to laws within these bounds.

A stored law may be anybody's, so its tree is measured before anything walks it by recursion.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

from evolve.errors import nearest
from evolve.law.graph import BINARY, LEAVES, OWN_FIRST, ROLLED, UNARY, Node
from evolve.law.recipe import FIRST_NAMES, RENAMED, recipe_from_data

MOST_DEPTH: Final = 200  # nested operations; printers and canonical forms go down by recursion
MOST_FEATURES: Final = 10_000
MOST_STARTS: Final = 1000  # of a fit that a search makes again and again
_ARITY: Final = dict.fromkeys(LEAVES, 1) | dict.fromkeys(UNARY, 1) | dict.fromkeys(BINARY, 2)
_WORDS: Final = ("target_scale", "loss", "tied")  # fields of a recipe that are texts
_KEYS: Final = {"root", "n_constants"}


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a law may refer to and how large it may be.

    Attributes:
        n_features: Number of features.
        n_constants: Most constants.
        n_nodes: Most nodes of its tree.
    """

    n_features: int
    n_constants: int
    n_nodes: int


def depth(root: Node) -> int:
    """Number of operations that are nested in each other."""
    levels, nodes = 0, [root]
    while nodes:
        levels += 1
        nodes = [arg for node in set(nodes) for arg in node.args]
    return levels - 1


def check_law(law: Any, bounds: Bounds) -> None:
    """Require that a JSON value is a law within bounds.

    Raises:
        ValueError: It is none.
    """
    own = {OWN_FIRST} if isinstance(law, dict) and OWN_FIRST in law else {ROLLED}
    if not isinstance(law, dict) or set(law) != _KEYS | own:
        raise ValueError(f"law: must hold root, n_constants and {OWN_FIRST}, and nothing else")
    if not all(isinstance(law[name], bool) for name in own):
        raise ValueError(f"law: {OWN_FIRST} must be true or false")
    n_constants = law["n_constants"]
    if type(n_constants) is not int or not 0 <= n_constants <= bounds.n_constants:
        raise ValueError(
            f"law: n_constants must be 0 to {bounds.n_constants}, it is {shortened(n_constants)}"
        )
    _check_tree(law["root"], {"const": n_constants, "feat": bounds.n_features}, bounds.n_nodes)


def _check_tree(root: Any, numbers: dict[str, int], most: int) -> None:
    """Require that nested lists are a tree; level by level, so that none is too deep to walk."""
    level, n_nodes, levels = [root], 0, 0
    while level:
        n_nodes += len(level)
        if n_nodes > most:
            raise ValueError(f"law: must have at most {most} operations, it has more")
        if levels > MOST_DEPTH:
            raise ValueError(f"law: must nest at most {MOST_DEPTH} operations, it nests more")
        level = [arg for node in level for arg in _arguments(node, numbers)]
        levels += 1


def _arguments(node: Any, numbers: dict[str, int]) -> list[Any]:
    """The arguments of a node of nested lists; none of a leaf."""
    if not isinstance(node, list) or not node or not isinstance(node[0], str):
        raise ValueError(f"law: must be lists that begin with an operation, not {shortened(node)}")
    op: str = node[0]
    if op not in _ARITY:
        hint = nearest(op, _ARITY) if len(op) < 40 else ""
        raise ValueError(f"law: no operation {shortened(op)}{hint}")
    arity = _ARITY[op]
    if len(node) != arity + 1:
        raise ValueError(f"law: {op} must have {arity} arguments, it has {len(node) - 1}")
    if op not in LEAVES:
        return list(node[1:])
    value = node[1]
    if op == "num":
        if isinstance(value, bool) or not isinstance(value, int | float) or not _is_finite(value):
            raise ValueError(f"law: a number must be finite, it is {shortened(value)}")
    elif type(value) is not int or not 0 <= value < numbers[op]:
        raise ValueError(f"law: {op} must be 0 to {numbers[op] - 1}, it is {shortened(value)}")
    return []


def _is_finite(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:  # a whole number beyond all floats
        return False


def check_recipe(recipe: Any) -> None:
    """Require that a JSON value is a recipe.

    Raises:
        ValueError: It is none.
    """
    if not isinstance(recipe, dict) or len(recipe) > 2 * len(FIRST_NAMES):
        raise ValueError(f"recipe: must hold the fields of a recipe, it is {shortened(recipe)}")
    for given, value in recipe.items():
        name = str(RENAMED.get(given, given))
        kinds: Any = str if name in _WORDS else int if name == "n_starts" else int | float
        if isinstance(value, bool) or not isinstance(value, kinds):
            raise ValueError(f"recipe: {name[:40]} cannot be {shortened(value)}")
        if not isinstance(value, str) and not _is_finite(value):
            raise ValueError(f"recipe: {name[:40]} must be finite, it is {shortened(value)}")
    if recipe_from_data(recipe).n_starts > MOST_STARTS:
        raise ValueError(f"recipe: n_starts must be at most {MOST_STARTS}, it is more")


def shortened(value: Any) -> str:
    """A value in a few characters, however large it is."""
    if isinstance(value, list | dict):
        return f"a {type(value).__name__}"
    if isinstance(value, int) and value.bit_length() > 64:
        return "a number of many digits"
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:40]}…"
