"""A formula as people and models write it, ``E + A*params^-a``: text to a law, and a law to text.

Names that are no features are constants, and so are numbers that say something.
"""

from __future__ import annotations

import ast
import keyword
import re
from collections.abc import Callable, Mapping, Sequence
from string import ascii_lowercase, ascii_uppercase

from evolve.errors import EvolveError, ProgramError, nearest
from evolve.law.bounds import MOST_DEPTH, depth
from evolve.law.canonical import is_plain
from evolve.law.faults import because
from evolve.law.graph import BINARY, UNARY, Law, Node, call, const, features_of, num
from evolve.law.naming import identifiers, words_seen
from evolve.law.printer import formula
from evolve.law.syntax import expression_of
from evolve.law.tracer import FUNCTIONS, Tracer

MOST_CHARACTERS = 2000
MOST_CONSTANTS = 64
LARGEST = 1e300  # of numbers
_OPERATIONS = {ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.Div: "div", ast.Pow: "pow"}
_SIGNS = str.maketrans({"^": "**", "·": "*", "×": "*", "÷": "/", "\N{MINUS SIGN}": "-"})
_OTHER_NAMES = {
    "ln": "log",
    "power": "pow",
    "maximum": "max",
    "minimum": "min",
    "sigmoid": "expit",
}
_MADE_OF_OTHERS = ("log10", "log2", "exp2", "cbrt", "expit")  # functions of one argument
_MODULES = frozenset({"np", "numpy", "math"})
_CONSTANT = re.compile(r"\bc(\d+)\b")


class FormulaReader:
    """Reads a formula's syntax tree, numbering constants as they come.

    Attributes:
        constants: Leaf of each constant by name.

    Args:
        variables: Tree of each feature by name, in order.
        error: Makes the error of a rule that the formula breaks.
    """

    def __init__(self, variables: Mapping[str, Node], error: Callable[[str], EvolveError]) -> None:
        """Begin without a constant."""
        self.variables, self.error = variables, error
        self.constants: dict[str, Node] = {}

    def read(self, node: ast.expr) -> Node:
        """The tree of an expression.

        Raises:
            EvolveError: It holds what no formula can.
        """
        match node:
            case ast.BinOp() if type(node.op) in _OPERATIONS:
                return call(
                    _OPERATIONS[type(node.op)], self.read(node.left), self.read(node.right)
                )
            case ast.UnaryOp(op=ast.USub()):
                inner = self.read(node.operand)
                return num(-inner.value) if inner.op == "num" else call("neg", inner)
            case ast.Constant(value=int() | float() as value) if abs(value) < LARGEST:
                return num(float(value))
            case ast.Name():
                return self.name(node.id)
            case ast.Call(func=ast.Name(id=name)) if not node.keywords:
                return self.call(name, node.args)
            case ast.Constant(value=int() | float()):
                raise self.error(f"must have numbers below {LARGEST:g}")
        raise self.error(f"cannot hold {ast.unparse(node)!r}")

    def name(self, name: str) -> Node:
        """The feature of a name, or the constant."""
        return self.variables[name] if name in self.variables else self.constant(name)

    def constant(self, name: str) -> Node:
        """The constant of a name."""
        return self.constants.setdefault(name, const(len(self.constants)))

    def call(self, name: str, args: Sequence[ast.expr]) -> Node:
        """The tree of a function's call."""
        known = _OTHER_NAMES.get(name, name)
        arity = 1 if known in (*UNARY, *_MADE_OF_OTHERS) else 2 if known in BINARY else 0
        if arity != len(args) or not arity:
            names = [*UNARY, *BINARY, *_MADE_OF_OTHERS, *_OTHER_NAMES]
            hint = f", it takes {arity}" if arity else nearest(name, names)
            raise self.error(f"has no function {name!r} of {len(args)}{hint}")
        read = [self.read(arg) for arg in args]
        if known in _MADE_OF_OTHERS:
            made: Tracer = FUNCTIONS[known](Tracer(read[0]))
            return made.node
        return call(known, *read)


def parse_formula(text: str) -> ast.expr | None:
    """The syntax tree of a formula; None where it is none."""
    try:
        return expression_of(text.translate(_SIGNS).strip())
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def read_formula(text: str, variables: Mapping[str, Node]) -> Law:
    """The law of a formula; arguments and errors as `read_named_formula`."""
    return read_named_formula(text, variables)[0]


def read_named_formula(
    text: str, variables: Mapping[str, Node], *, fixed: bool = False
) -> tuple[Law, tuple[str, ...]]:
    """The law of a formula, and what its constants are called there; a number is called itself.

    Args:
        text: The formula, without what it is equal to.
        variables: Tree of each feature by name, in order.
        fixed: Whether numbers stay as they are; else those that say something are constants.

    Raises:
        ProgramError: The text is no formula of a feature.
    """
    tree = None if len(text) > MOST_CHARACTERS else parse_formula(text)
    if tree is None:
        raise _fault(f"must be a formula{because(text)}")
    reader = (_Reader if fixed else _FreeReader)(variables, _fault)
    try:
        root = reader.read(tree)
    except RecursionError:
        raise _fault("is nested too deep") from None
    if depth(root) > MOST_DEPTH:
        raise _fault(f"must nest at most {MOST_DEPTH} operations")
    if not features_of(root):
        near = (f", not {n!r}{hint}" for n in reader.constants if (hint := nearest(n, variables)))
        raise _fault(f"must have a feature ({', '.join(variables)}){next(near, '')}")
    if len(reader.constants) > MOST_CONSTANTS:
        raise _fault(f"must have at most {MOST_CONSTANTS} constants")
    return Law(root, len(reader.constants)), tuple(reader.constants)


class _Reader(FormulaReader):
    """Takes the functions of numpy and of mathematics from their modules."""

    def read(self, node: ast.expr) -> Node:
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id=module), attr=name)):
                if module in _MODULES and not node.keywords:
                    return self.call(name, node.args)
        return super().read(node)


class _FreeReader(_Reader):
    """Frees numbers, too."""

    def read(self, node: ast.expr) -> Node:
        match node:
            case ast.Constant(value=int() | float() as value) if abs(value) < LARGEST:
                if not is_plain(abs(value)):
                    return self.constant(repr(float(value)))
        return super().read(node)


def _fault(rule: str) -> ProgramError:
    return ProgramError(f"formula: {rule}")


def formula_words(names: Sequence[str], *, own_first: bool = False) -> list[str]:
    """What features are called in formulas: their names, where these are words.

    Args:
        names: Names of the features.
        own_first: Whether each target sees its own feature first: then by their places.
    """
    if own_first:
        return words_seen(names, own_first=True)
    words: list[str] = []
    for name, safe in zip(names, identifiers(names), strict=True):
        usable = name.isascii() and name.isidentifier() and not keyword.iskeyword(name)
        clashes = name in words or name in identifiers(names) or _CONSTANT.fullmatch(name)
        words.append(name if usable and not clashes or name == safe else safe)
    return words


def label_of(target_names: Sequence[str]) -> str:
    """What a formula is equal to: the target's name, where there is one and it is a word."""
    only = target_names[0] if len(target_names) == 1 else "y"
    return only if only.isascii() and only.isidentifier() else "y"


def lettered(law: Law, words: Sequence[str]) -> str:
    """The formula of a law with letters for its constants: capitals, and small ones as exponents.

    A constant that stands in an exponential alone is written as what that is, an amplitude.

    Args:
        law: The law.
        words: Names of the features in the order in which target 0 sees them.
    """
    text = formula(law, words, powers=True)
    exponents = set(re.findall(r"\^\(?-?c(\d+)\b", text))
    for number in set(_CONSTANT.findall(text)):
        amplitude = f"exp(c{number})"
        if len(re.findall(rf"\bc{number}\b", text)) == text.count(amplitude):
            text = text.replace(amplitude, f"c{number}")
    capitals = [c for c in "E" + ascii_uppercase.replace("E", "") if c not in words]
    small = [c for c in ascii_lowercase if c not in words and c != "e"]
    names: dict[str, str] = {}
    for number in _CONSTANT.findall(text):
        if number not in names:
            letters = small if number in exponents else capitals
            names[number] = letters.pop(0) if letters else f"c{number}"
    return _CONSTANT.sub(lambda match: names[match[1]], text)
