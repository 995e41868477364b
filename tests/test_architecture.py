"""The page about the house names what is there, and the glossary the words in use."""

from __future__ import annotations

import ast
import re
from importlib import import_module
from pathlib import Path

import pytest

from tests.test_layers import ROWS, SEEN_BY_SANDBOX, TOP

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "evolve"
PAGE = (ROOT / "docs" / "architecture.md").read_text()
GLOSSARY = (ROOT / "docs" / "glossary.md").read_text()
SPAN = re.compile(r"`([^`\n]+)`")
ROOM = re.compile(r"^\| (\d+) \| `(\w+)` \| (.+) \|$", re.MULTILINE)
NAMED_IN = re.compile(r"`(evolve/[\w/]+\.py)`((?:(?: and)? `\w+`)+)")
REFERRED = re.compile(r"^::: ([\w.]+)\.(\w+)$", re.MULTILINE)
TERM = re.compile(r"^\| ([a-z][\w ,-]*) \| (.+) \|$", re.MULTILINE)
SUFFIXES = (".py", ".md", ".toml")


def paths(text: str) -> list[str]:
    """The spans of a text that look like a path."""
    return [s for s in SPAN.findall(text) if "/" in s or s.endswith(SUFFIXES)]


def definitions(path: Path) -> set[str]:
    """Names of the functions and classes at the top of a file."""
    kinds = (ast.FunctionDef, ast.ClassDef)
    return {node.name for node in ast.parse(path.read_text()).body if isinstance(node, kinds)}


def test_every_room_stands_on_the_page_once_with_its_row() -> None:
    rooms = [(name, int(row)) for row, name, _ in ROOM.findall(PAGE)]
    assert sorted(rooms) == sorted((n, row) for row, names in enumerate(ROWS) for n in names)
    there = {
        p.stem for p in PACKAGE.iterdir() if p.suffix == ".py" or (p / "__init__.py").exists()
    }
    assert {name for name, _ in rooms} == there - set(TOP)


def test_every_room_says_what_it_does_in_one_sentence() -> None:
    for _, name, text in ROOM.findall(PAGE):
        assert text.endswith("."), name
        assert ". " not in text, name


def test_the_page_names_what_the_sandbox_reaches() -> None:
    sentence = PAGE.partition("inside the sandbox reaches nothing but ")[2].partition(", so")[0]
    assert set(SPAN.findall(sentence)) == SEEN_BY_SANDBOX


@pytest.mark.parametrize("path", sorted(set(paths(PAGE))))
def test_a_path_on_the_page_is_there(path: str) -> None:
    found = [*ROOT.glob(path), *ROOT.glob(f"tasks/*/{path}")]
    assert found, path


@pytest.mark.parametrize(("path", "names"), sorted(NAMED_IN.findall(PAGE)))
def test_a_name_on_the_page_is_defined_in_the_file_before_it(path: str, names: str) -> None:
    assert set(SPAN.findall(names)) <= definitions(ROOT / path)


def test_the_page_names_definitions_all_along_the_three_ways() -> None:
    ways = re.split(r"^## The way of ", PAGE, flags=re.MULTILINE)[1:]
    assert [way.partition("\n")[0] for way in ways] == ["a row", "a program", "a setting"]
    assert all(len(NAMED_IN.findall(way)) >= 5 for way in ways)


@pytest.mark.parametrize("page", ["reference", "reference-extending"])
def test_a_reference_page_lists_names_that_are_there(page: str) -> None:
    listed = REFERRED.findall((ROOT / "docs" / f"{page}.md").read_text())
    assert listed
    for module, name in listed:
        assert hasattr(import_module(module), name), f"docs/{page}.md: {module}.{name}"


# the size of files and functions

MOST_LINES, MOST_IN_FILE = 40, 300


def n_body(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of a function without its arguments, where a verb declares options, and docstring."""
    first = function.body[1 if ast.get_docstring(function) is not None else 0 :]
    return (function.end_lineno or 0) - first[0].lineno + 1 if first else 0


def test_no_function_is_longer_than_40_lines() -> None:
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    functions = {
        f"{path.relative_to(ROOT)}: {node.name}": n_body(node)
        for path in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, kinds)
    }
    assert len(functions) > 1000
    assert {name: n for name, n in functions.items() if n > MOST_LINES} == {}


def test_no_file_is_longer_than_300_lines() -> None:
    files = [p for top in ("evolve", "benchmarks", "seeds") for p in (ROOT / top).rglob("*.py")]
    lengths = {str(p.relative_to(ROOT)): p.read_text().count("\n") for p in files}
    assert len(lengths) > 200
    assert {name: n for name, n in lengths.items() if n > MOST_IN_FILE} == {}


# the glossary


def corpus() -> str:
    """What a user may meet: pages, help, messages and docstrings."""
    pages = [p for p in (ROOT / "docs").glob("*.md") if p.name != "glossary.md"]
    files = [ROOT / "README.md", *pages, *PACKAGE.rglob("*.py")]
    return "\n".join(path.read_text() for path in files).lower()


TERMS = [term for term, _ in TERM.findall(GLOSSARY.partition("|---|---|")[2])]


def test_the_glossary_has_each_term_once_in_order() -> None:
    assert len(TERMS) > 20
    assert sorted(TERMS, key=str.casefold) == TERMS
    assert len(set(TERMS)) == len(TERMS)


def test_every_term_of_the_glossary_is_used() -> None:
    text = corpus()
    words = [word for term in TERMS for word in term.split(", ")]
    assert [w for w in words if not re.search(rf"\b{re.escape(w)}(s|es)?\b", text)] == []
