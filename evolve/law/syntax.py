"""Python text to syntax trees, one text at a time.

Threads read replies of models while the search parses texts of its own. CPython 3.11.7 was seen to
end one of several threads that parsed at once with "SystemError: AST constructor recursion depth
mismatch"; and warnings are silenced for all threads together.
"""

from __future__ import annotations

import ast
import threading
import warnings
from typing import Any

_ONE_AT_A_TIME = threading.Lock()


def syntax_of(text: str) -> ast.Module:
    """The tree of a program's text.

    Raises:
        SyntaxError: It is no Python.
        ValueError: It holds what no Python text may.
        RecursionError: It is nested too deep; so may a MemoryError be.
    """
    tree: ast.Module = _parsed(text, "exec")
    return tree


def expression_of(text: str) -> ast.expr:
    """The tree of one expression; raises as `syntax_of` does."""
    tree: ast.expr = _parsed(text, "eval").body
    return tree


def _parsed(text: str, mode: str) -> Any:
    with _ONE_AT_A_TIME, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(text, mode=mode)
