"""The text of a compute expression to a function of features, by an allow-list; never `eval`."""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from evolve.errors import Argument, EvolveError
from evolve.law.faults import because, in_backticks, unquoted
from evolve.law.syntax import expression_of
from evolve.tasks.roles import nearest_column
from evolve.typing import Array

MAX_CHARACTERS = 500
_TICKS = re.compile(r"`([^`]*)`")
_NAMES = re.compile(r"`([^`]*)`|(?<![\w.])([^\W\d]\w*)(?![\w.]*\s*\()")
_BINARY: dict[type[ast.operator], Callable[[Array, Array], Array]] = {
    ast.Add: np.add,
    ast.Sub: np.subtract,
    ast.Mult: np.multiply,
    ast.Div: np.divide,
    ast.Pow: np.power,
}
_UNARY: dict[type[ast.unaryop], Callable[[Array], Array]] = {
    ast.USub: np.negative,
    ast.UAdd: np.positive,
}


@dataclass(frozen=True, slots=True)
class Cost:
    """What a run costs.

    Attributes:
        text: The expression as given.
        features: Numbers of the features in it, ascending.
        of: `(n, f)` raw features to `(n,)` costs.
        columns: Names of the features in the order in which `features` and `of` count them.
    """

    text: str
    features: tuple[int, ...]
    of: Callable[[Array], Array]
    columns: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the features in it."""
        return tuple(self.columns[j] for j in self.features)

    def of_named(self, values: Mapping[str, Array]) -> Array:
        """`(n,)` costs of `(n,)` values of each feature, whatever order they stand in."""
        return self.of(np.stack([values[name] for name in self.columns], axis=1))

    @property
    def shown(self) -> str:
        """The expression as a reader has it: without the backticks around plain words."""
        return _TICKS.sub(lambda m: m[1] if m[1].isidentifier() else m[0], self.text)


def names_in(text: str) -> tuple[str, ...]:
    """The names in an expression, each once, in order; whether it is one is not looked at.

    What stands before a bracket is no name of a number: functions are refused by `parse_cost`.
    """
    found = (match[1] or match[2] or "" for match in _NAMES.finditer(text))
    return tuple(dict.fromkeys(name.strip() for name in found if name.strip()))


def parse_cost(text: str, feature_names: Sequence[str]) -> Cost:
    """Read an expression of numbers, features, ``+ - * / **`` and brackets.

    A feature whose name is no plain word stands between backticks.

    Raises:
        EvolveError: It holds anything else, or no feature.
    """
    if len(text) > MAX_CHARACTERS:
        raise EvolveError(Argument("compute"), f": must have at most {MAX_CHARACTERS} characters")
    words = {name: f"_feature_{i}_" for i, name in enumerate(feature_names)}
    plain = _TICKS.sub(lambda match: words.get(match[1].strip(), match[0]), text.strip())
    try:
        tree = _named(expression_of(plain.replace("^", "**")), words)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        rule = ": must be an expression such as 6*params*tokens, it is "
        told = unquoted(text, feature_names) or because(text) + in_backticks(feature_names)
        raise EvolveError(Argument("compute"), rule, repr(text), told) from None
    for node in ast.walk(tree):
        _require_allowed(node, feature_names)
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    if not used:
        raise EvolveError(
            Argument("compute"), f": must name a feature ({', '.join(feature_names)})"
        )
    numbers = tuple(i for i, name in enumerate(feature_names) if name in used)
    index = {name: i for i, name in enumerate(feature_names)}
    return Cost(text, numbers, _Expression(tree, index), tuple(feature_names))


@dataclass(frozen=True, slots=True)
class _Expression:
    """An expression that has been read, as a function that can be pickled."""

    tree: ast.expr
    index: dict[str, int]

    def __call__(self, x: Array) -> Array:
        with np.errstate(all="ignore"):
            return np.broadcast_to(_value(self.tree, x, self.index), (len(x),)).astype(float)


def _named(tree: ast.expr, words: dict[str, str]) -> ast.expr:
    """A tree with the features' names in place of the words that stood for them."""
    names = {word: name for name, word in words.items()}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            node.id = names.get(node.id, node.id)
    return tree


def _require_allowed(node: ast.AST, feature_names: Sequence[str]) -> None:
    if isinstance(node, ast.Name):
        if node.id not in feature_names:
            valid = ", ".join(feature_names)
            raise EvolveError(
                Argument("compute"),
                f": no feature {node.id!r}{nearest_column(node.id, feature_names)}; there are "
                f"{valid}{in_backticks(feature_names)}",
            )
    elif isinstance(node, ast.Constant):
        if type(node.value) not in (int, float) or not _is_finite(node.value):
            raise EvolveError(Argument("compute"), f": may hold numbers, it holds {node.value!r}")
    elif not isinstance(node, (ast.BinOp, ast.UnaryOp, ast.Load, *_BINARY, *_UNARY)):
        is_part = isinstance(node, ast.expr)
        what = repr(ast.unparse(node)) if is_part else f"a {type(node).__name__.lower()}"
        raise EvolveError(
            Argument("compute"), f": may hold numbers, features and + - * / **, not {what}"
        )


def _is_finite(value: object) -> bool:
    try:
        return math.isfinite(float(value))  # type: ignore[arg-type]
    except OverflowError:
        return False


def _value(node: ast.expr, x: Array, index: dict[str, int]) -> Array:
    if isinstance(node, ast.Name):
        return x[:, index[node.id]]
    if isinstance(node, ast.Constant):
        return np.asarray(float(node.value))  # type: ignore[arg-type]
    if isinstance(node, ast.UnaryOp):
        return _UNARY[type(node.op)](_value(node.operand, x, index))
    if isinstance(node, ast.BinOp):
        left, right = _value(node.left, x, index), _value(node.right, x, index)
        return _BINARY[type(node.op)](left, right)
    raise EvolveError(Argument("compute"), f": cannot hold {ast.dump(node)}")
