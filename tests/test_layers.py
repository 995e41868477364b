"""Imports of the package point one way: a module uses only rows above its own, or its own row."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "evolve"

# Modules and folders of evolve/, by row; within a row imports may not go round in a circle.
ROWS: tuple[tuple[str, ...], ...] = (
    ("errors", "files"),
    (
        *(
            "spec",
            "cells",
            "tables",
            "task",
            "fold",
            "far_ends",
            "splits",
            "beyond",
            "program",
            "law",
        ),
        *("scoring", "record", "frames", "selection"),
    ),
    (
        *("fitting", "pooling", "operators"),
        *("archive", "store", "database", "lock", "migrations"),
    ),
    ("sandbox", "proposers", "fit_server"),
    ("evaluate",),
    ("search", "champion", "dissent", "agreement"),
    (
        *(
            "start",
            "lanes",
            "blackbox",
            "run",
            "summary",
            "score",
            "export",
            "report",
        ),
        *("forecast", "plan", "query", "verify", "new_task"),
        *("session", "stopping", "watch"),
    ),
    (
        *("cli", "display", "data", "bench"),
        *("notebook", "api", "discovery", "estimator"),
    ),
)
ROW_OF = {name: row for row, names in enumerate(ROWS) for name in names}

# Modules that may use only these.
ONLY = {
    "fitting": {"errors", "law", "pooling"},
    "operators": {"errors", "law", "program"},
}

# What runs inside the sandbox, and what it may not reach by any path.
SANDBOXED = ("sandbox", "fit_server", "fitting")
HIDDEN_FROM_SANDBOX = {"spec", "cells", "tables", "task", "far_ends", "splits", "data", "store"}

# Where the test rows may be opened.
MAY_LOAD_TEST = {"task", "cli", "bench", "report"}


def key_of(path: Path) -> str:
    """Return the row entry of a file: its folder in evolve/, or its own name."""
    return path.relative_to(PACKAGE).with_suffix("").parts[0]


def sources() -> list[Path]:
    top = {PACKAGE / "__init__.py", PACKAGE / "__main__.py"}
    return [path for path in sorted(PACKAGE.rglob("*.py")) if path not in top]


def is_for_types(node: ast.AST) -> bool:
    """Tell whether a statement is `if TYPE_CHECKING:`, whose imports never run."""
    return isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")


def imported_names(path: Path, *, at_run_time: bool = False) -> Iterator[str]:
    """Yield the dotted names that a file imports, wherever in it the statement stands."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    hints = {id(leaf) for node in ast.walk(tree) if is_for_types(node) for leaf in ast.walk(node)}
    for node in ast.walk(tree):
        if at_run_time and id(node) in hints:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno} imports relatively"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def import_graph(*, at_run_time: bool = False) -> dict[str, set[str]]:
    """Return, for every row entry, the other entries that it imports."""
    graph: dict[str, set[str]] = {}
    for path in sources():
        used = graph.setdefault(key_of(path), set())
        for name in imported_names(path, at_run_time=at_run_time):
            parts = name.split(".")
            if parts[0] == "evolve" and len(parts) > 1 and parts[1] != key_of(path):
                used.add(parts[1])
    return graph


GRAPH = import_graph()
RUN_TIME_GRAPH = import_graph(at_run_time=True)


def reachable(start: str) -> set[str]:
    """Return every row entry that importing one of them may import."""
    seen: set[str] = set()
    waiting = [start]
    while waiting:
        for name in RUN_TIME_GRAPH.get(waiting.pop(), set()) - seen:
            seen.add(name)
            waiting.append(name)
    return seen


def test_every_module_has_a_row() -> None:
    assert set(GRAPH) <= set(ROW_OF)


@pytest.mark.parametrize("name", sorted(set(GRAPH) & set(ROW_OF)))
def test_a_module_imports_no_row_below_its_own(name: str) -> None:
    known = {used for used in GRAPH[name] if used in ROW_OF}
    assert {used for used in known if ROW_OF[used] > ROW_OF[name]} == set()


def test_imports_do_not_go_round_in_a_circle() -> None:
    list(TopologicalSorter(GRAPH).static_order())


@pytest.mark.parametrize("name", sorted(set(ONLY) & set(GRAPH)))
def test_a_confined_module_uses_only_what_it_may(name: str) -> None:
    assert GRAPH[name] <= ONLY[name]


@pytest.mark.parametrize("name", sorted(set(SANDBOXED) & set(GRAPH)))
def test_sandboxed_code_cannot_reach_a_task_or_a_store(name: str) -> None:
    assert reachable(name) & HIDDEN_FROM_SANDBOX == set()


def test_the_test_rows_are_opened_by_scoring_verbs_alone() -> None:
    users = {
        key_of(path) for path in sources() if "evolve.task.load_test" in set(imported_names(path))
    }
    assert users <= MAY_LOAD_TEST
