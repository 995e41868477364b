"""Imports of the package point one way: a file uses its own package, or rows above its own."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "evolve"

# Packages and modules of evolve/, by row. A file may import files of its own package and of the
# rows above it, not of another package in its own row.
ROWS: tuple[tuple[str, ...], ...] = (
    ("errors",),
    ("arguments", "files", "printable", "threads", "typing"),
    ("law", "jsontext"),
    ("scoring", "sandbox"),
    ("fitting", "tasks"),
    ("evaluation",),
    ("search",),
    ("forecast",),
    ("runs",),
    ("export", "report", "bench"),
    ("api", "dashboard"),
    ("cli",),
)
ROW_OF = {name: row for row, names in enumerate(ROWS) for name in names}
MOST_UNITS = 24  # packages and modules directly under evolve/

# Folders that may use only these, beside their own files.
ONLY = {
    "fitting": {"arguments", "errors", "law", "scoring", "typing"},
    "search/operators": {"errors", "law", "typing"},
}

# What runs inside the sandbox, and all that it may reach by any path.
SANDBOXED = ("sandbox", "fitting")
SEEN_BY_SANDBOX = {
    "arguments",
    "errors",
    "files",
    "printable",
    "threads",
    "typing",
    "law",
    "scoring",
    "sandbox",
    "fitting",
}

# Where the test rows may be opened: for a run, which records it, and where there is no run.
MAY_REVEAL_TEST = {"api/answers", "cli/score", "report/__init__"}
MAY_LOAD_TEST = {"runs/reveal", "cli/score", "cli/coverage", "bench/tasks"}


def name_of(path: Path) -> str:
    """Return the path of a file below evolve/, without its ending."""
    return path.relative_to(PACKAGE).with_suffix("").as_posix()


def unit_of(file: str) -> str:
    """Return the entry of a file in `ROWS`: its folder in evolve/, or its own name."""
    return file.partition("/")[0]


# Every file below evolve/ but the two at the top, which load what they name when it is asked for.
FILES = {name_of(p): p for p in sorted(PACKAGE.rglob("*.py"))}
TOP = ("__init__", "__main__")
SOURCES = {name: path for name, path in FILES.items() if name not in TOP}


def is_for_types(node: ast.AST) -> bool:
    """Tell whether a statement is `if TYPE_CHECKING:`, whose imports never run."""
    return isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")


@cache
def imports_of(path: Path) -> tuple[tuple[str, bool], ...]:
    """The dotted names that a file imports, each with whether it is for types alone."""
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    hints = {id(leaf) for node in nodes if is_for_types(node) for leaf in ast.walk(node)}
    found = []
    for node in nodes:
        if isinstance(node, ast.Import):
            found += [(alias.name, id(node) in hints) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno} imports relatively"
            names = (f"{node.module}.{alias.name}" for alias in node.names)
            found += [(name, id(node) in hints) for name in names]
    return tuple(found)


def imported_names(path: Path, *, at_run_time: bool = False) -> Iterator[str]:
    """Yield the dotted names that a file imports, wherever in it the statement stands."""
    return (name for name, for_types in imports_of(path) if not (at_run_time and for_types))


def file_of(dotted: str) -> str | None:
    """Return the file that holds an imported name; None outside the package."""
    parts = dotted.split(".")
    if parts[0] != PACKAGE.name:
        return None
    for n in range(len(parts), 1, -1):
        place = "/".join(parts[1:n])
        for name in (place, f"{place}/__init__"):
            if name in SOURCES:
                return name
    return "__init__"


def import_graph(*, at_run_time: bool = False) -> dict[str, set[str]]:
    """Return, for every file, the other files that it names in imports."""
    graph = {}
    for name, path in SOURCES.items():
        used = {file_of(dotted) for dotted in imported_names(path, at_run_time=at_run_time)}
        graph[name] = {file for file in used if file in SOURCES} - {name}
    return graph


GRAPH = import_graph()
RUN_TIME_GRAPH = import_graph(at_run_time=True)


def loaded_with(file: str) -> Iterator[str]:
    """Yield a file and the `__init__` of every folder that holds it, which Python runs first."""
    yield file
    parts = file.split("/")
    for n in range(1, len(parts)):
        name = "/".join([*parts[:n], "__init__"])
        if name in SOURCES:
            yield name


def reachable(files: list[str]) -> set[str]:
    """Return every file that importing some files may run."""
    seen: set[str] = set()
    waiting = [name for file in files for name in loaded_with(file)]
    while waiting:
        file = waiting.pop()
        if file not in seen:
            seen.add(file)
            waiting += [name for used in RUN_TIME_GRAPH[file] for name in loaded_with(used)]
    return seen


def test_every_unit_has_a_row_and_there_are_not_too_many() -> None:
    units = {unit_of(name) for name in FILES}
    assert units - set(TOP) == set(ROW_OF)
    assert len(units) <= MOST_UNITS


@pytest.mark.parametrize("file", sorted(GRAPH))
def test_a_file_imports_only_its_own_package_and_rows_above_it(file: str) -> None:
    unit = unit_of(file)
    others = {used for used in GRAPH[file] if unit_of(used) != unit}
    assert {used for used in others if ROW_OF[unit_of(used)] >= ROW_OF[unit]} == set()


def test_no_file_imports_itself_by_way_of_others() -> None:
    list(TopologicalSorter(GRAPH).static_order())  # raises CycleError, which names the files


@pytest.mark.parametrize("folder", sorted(ONLY))
def test_a_confined_folder_uses_only_what_it_may(folder: str) -> None:
    own = [name for name in GRAPH if name.startswith(f"{folder}/")]
    used = {file for name in own for file in GRAPH[name] if not file.startswith(f"{folder}/")}
    assert own
    assert {unit_of(file) for file in used} <= ONLY[folder]


@pytest.mark.parametrize("unit", SANDBOXED)
def test_sandboxed_code_cannot_reach_a_task_or_a_store(unit: str) -> None:
    found = reachable([name for name in SOURCES if unit_of(name) == unit])
    assert {unit_of(file) for file in found} <= SEEN_BY_SANDBOX


def test_the_test_rows_are_opened_by_scoring_verbs_alone() -> None:
    users = {
        name: {file for file, path in SOURCES.items() if name in set(imported_names(path))}
        for name in ("evolve.tasks.task.load_test", "evolve.runs.reveal.reveal_test")
    }
    assert list(users.values()) == [MAY_LOAD_TEST, MAY_REVEAL_TEST]
