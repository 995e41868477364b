"""Program text to a verdict before any process: an allow-list on the syntax tree.

A courtesy, not the wall: it tells a proposer early, with line and reason, what cannot work in the
sandbox, and keeps the attempts out of the logs. What it misses, the process walls contain.
"""

from __future__ import annotations

import ast
import builtins
import string
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any, Final

from evolve.errors import ProgramError, nearest
from evolve.law.imports import MODULES, ONLY_FIT_LAW, OWN, beyond_fit_law, imported_modules
from evolve.law.program import MAX_BYTES
from evolve.law.syntax import syntax_of
from evolve.sandbox.gate_names import NAMES
from evolve.sandbox.outcome import Limits, Outcome, printable

_BUILTINS: Final = """
    abs all any bool callable complex dict divmod enumerate filter float frozenset hasattr int
    isinstance issubclass iter len list map max min next object pow print range repr reversed
    round set slice sorted str sum tuple zip NotImplemented Ellipsis
    ArithmeticError AssertionError AttributeError BaseException Exception FloatingPointError
    ImportError IndexError KeyError LookupError MemoryError ModuleNotFoundError NameError
    NotImplementedError OverflowError RecursionError RuntimeError StopIteration TypeError
    ValueError ZeroDivisionError
    DeprecationWarning FutureWarning RuntimeWarning UserWarning Warning
"""
BUILTINS: Final = frozenset(_BUILTINS.split())
_REFUSED: Final = frozenset(dir(builtins)) - BUILTINS - {"__name__", "getattr"}
_STATEMENTS: Final = {
    ast.ClassDef: "classes",
    ast.AsyncFunctionDef: "async functions",
    ast.AsyncFor: "async loops",
    ast.AsyncWith: "async blocks",
    ast.Await: "await",
    ast.Match: "match",
    ast.Yield: "yield",
    ast.YieldFrom: "yield",
}


def check_program_text(text: str, where: str = "program") -> None:
    """Check that a text uses only what a program may use.

    Args:
        text: The program.
        where: Name of the text in errors, such as its path.

    Raises:
        ProgramError: A rule is broken; the message is `where: rule, line, value`.
    """
    problem = _first_problem(text)
    if problem is not None:
        raise ProgramError(f"{where}: {problem}")


def refusal(text: str, limits: Limits, *, rules: bool = True) -> Outcome | None:
    """How a call ends before any process, None where it may go on.

    Args:
        text: The program.
        limits: How long it may be, and the message.
        rules: Whether to refuse text that breaks the rules, too.
    """
    size = len(text.encode("utf-8", "replace"))
    if size > limits.program_bytes:
        return Outcome("rejected", f"program: {size} bytes, at most {limits.program_bytes}")
    if rules:
        try:
            check_program_text(text)
        except ProgramError as error:
            return Outcome("rejected", printable(str(error), limits.message_chars))
    return None


@lru_cache(maxsize=512)
def _first_problem(text: str) -> str | None:
    n_bytes = len(text.encode("utf-8", "replace"))
    if n_bytes > MAX_BYTES:
        return f"must have at most {MAX_BYTES} bytes, it has {n_bytes}"
    try:
        tree = syntax_of(text)
    except SyntaxError as error:
        return f"must be Python ({error.msg}), line {error.lineno}"
    except (ValueError, RecursionError, MemoryError) as error:
        return f"must be Python ({str(error) or 'nested too deep'})"
    nodes = list(ast.walk(tree))
    problems = [(getattr(node, "lineno", 0), *p) for node in nodes for p in _problems(node)]
    problems += _loose_getattr(nodes)
    problems += [(line, ONLY_FIT_LAW, value) for line, value in beyond_fit_law(tree)]
    if not problems:
        return None
    line, rule, value = min(problems)
    hint = nearest(value, NAMES | MODULES) if rule != ONLY_FIT_LAW else ""
    return f"{rule}, line {line} holds {value!r}{hint}"


Problem = tuple[str, str]  # the rule and what breaks it


def _problems(node: ast.AST) -> Iterator[Problem]:
    check = _CHECKS.get(type(node))
    if check is not None:
        yield from check(node)
    for name in _bound_names(node):
        if name.startswith("__"):
            yield "names may not begin with two underscores", name
    if type(node) in _STATEMENTS:
        yield "may not use this kind of statement", _STATEMENTS[type(node)]


def _bound_names(node: ast.AST) -> list[str]:
    """Return the names that a node binds otherwise than by `ast.Name`."""
    fields = (getattr(node, field, None) for field in ("name", "arg", "asname"))
    several = getattr(node, "names", [])
    return [name for name in (*fields, *several) if isinstance(name, str)]


def _loose_getattr(nodes: list[ast.AST]) -> list[tuple[int, str, str]]:
    """Return where `getattr` is anything but called with a literal name that is allowed."""
    fine = {
        id(node.func)
        for node in nodes
        if isinstance(node, ast.Call)
        and len(node.args) > 1
        and isinstance(node.args[1], ast.Constant)
        and node.args[1].value in NAMES
    }
    return [
        (node.lineno, "getattr needs a literal name that is allowed", "getattr")
        for node in nodes
        if isinstance(node, ast.Name) and node.id == "getattr" and id(node) not in fine
    ]


def _check_import(node: ast.Import | ast.ImportFrom) -> Iterator[Problem]:
    modules = imported_modules(node)
    for module in modules:
        if module not in MODULES and not module.startswith(f"{OWN}."):
            yield "may not import this module", module
    if isinstance(node, ast.ImportFrom) and modules[0] in MODULES - {"__future__", OWN}:
        for alias in node.names:
            if alias.name not in NAMES and f"{node.module}.{alias.name}" not in MODULES:
                yield f"may not import this name from {node.module}", alias.name


def _check_attribute(node: ast.Attribute) -> Iterator[Problem]:
    if not isinstance(node.ctx, ast.Load):
        yield "may not change attributes", node.attr
    elif node.attr == "format":
        if not _is_plain_format(node.value):
            yield ".format needs a literal without field access", node.attr
    elif node.attr not in NAMES:
        yield "may not use this attribute", node.attr


def _is_plain_format(value: ast.expr) -> bool:
    """Whether an expression is a literal whose format fields reach no attribute or item."""
    if not isinstance(value, ast.Constant) or not isinstance(value.value, str):
        return False
    try:
        fields = list(string.Formatter().parse(value.value))
    except ValueError:
        return False
    return all(
        (not field or field.isidentifier() or field.isdigit()) and "{" not in (spec or "")
        for _, field, spec, _ in fields
    )


def _check_name(node: ast.Name) -> Iterator[Problem]:
    if node.id in _REFUSED or (node.id.startswith("__") and node.id != "__name__"):
        yield "may not use this name", node.id


_CHECKS: Final[dict[type[ast.AST], Callable[[Any], Iterator[Problem]]]] = {
    ast.Import: _check_import,
    ast.ImportFrom: _check_import,
    ast.Attribute: _check_attribute,
    ast.Name: _check_name,
}
