"""What a program may import, and what it may use of the engine: `fit_law` alone."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from typing import Final

PACKAGE, FITTING, FIT_LAW = "evolve", "fitting", "fit_law"
OWN: Final = f"{PACKAGE}.{FITTING}"
# Modules that a program may import; which of their names it may use, the sandbox's gate says.
MODULES: Final = frozenset(
    {
        *("numpy", "numpy.fft", "numpy.linalg", "numpy.polynomial", "numpy.polynomial.polynomial"),
        *("numpy.random", "numpy.typing", "scipy", "scipy.integrate", "scipy.interpolate"),
        *("scipy.linalg", "scipy.optimize", "scipy.special", "scipy.stats", "math"),
        *(OWN, "__future__", "collections", "collections.abc"),
        *("functools", "itertools", "typing", "warnings"),
    }
)
ONLY_FIT_LAW: Final = f"of {OWN} a program may use {FIT_LAW} alone"


def imported_modules(node: ast.AST) -> list[str]:
    """Dotted names of the modules that a statement imports, or imports from."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        module = "." * node.level + (node.module or "")
        if module == PACKAGE:  # `from evolve import fitting`
            return [f"{PACKAGE}.{alias.name}" for alias in node.names]
        return [module]
    return []


def beyond_fit_law(tree: ast.AST) -> list[tuple[int, str]]:
    """List what a program takes of the engine's fitter besides `fit_law`.

    Submodules, other names, and the module itself used as a value, through which anything could
    be reached. Names are followed from the import on and not through assignments.

    Returns:
        Line and text of each use, in the order of the text.
    """
    nodes = [node for node in ast.walk(tree) if isinstance(node, ast.stmt | ast.expr)]
    uses = [(node.lineno, name) for node in nodes for name in _imported_beyond(node)]
    packages, fitters = _bound(nodes)
    parents = {
        id(node.value): node
        for node in nodes
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load)
    }
    for node in nodes:
        expected = _expected(node, packages, fitters)
        parent = parents.get(id(node))
        if expected is not None and (parent is None or parent.attr != expected):
            uses.append((node.lineno, ast.unparse(parent or node)))
    return sorted(uses)


def _imported_beyond(node: ast.AST) -> Iterator[str]:
    """Names that an import statement takes from the fitter besides `fit_law`."""
    if isinstance(node, ast.ImportFrom) and node.level == 0 and node.module == OWN:
        yield from (alias.name for alias in node.names if alias.name != FIT_LAW)
    yield from (name for name in imported_modules(node) if name.startswith(f"{OWN}."))


def _bound(nodes: Sequence[ast.AST]) -> tuple[set[str], set[str]]:
    """Names that imports bind to the package and to its fitter."""
    packages, fitters = set(), set()
    for node in nodes:
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name == OWN and alias.asname:
                    fitters.add(alias.asname)
                elif alias.name.partition(".")[0] == PACKAGE and not alias.asname:
                    packages.add(PACKAGE)
        elif isinstance(node, ast.ImportFrom) and node.module == PACKAGE and node.level == 0:
            fitters |= {a.asname or a.name for a in node.names if a.name == FITTING}
    return packages, fitters


def _expected(node: ast.AST, packages: set[str], fitters: set[str]) -> str | None:
    """The only attribute that may be taken of an expression; `None` where any other rule holds."""
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
        if node.id in fitters:
            return FIT_LAW
        return FITTING if node.id in packages else None
    if isinstance(node, ast.Attribute) and node.attr == FITTING:
        owner = node.value
        return FIT_LAW if isinstance(owner, ast.Name) and owner.id in packages else None
    return None
