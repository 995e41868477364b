"""Texts are parsed one at a time."""

from __future__ import annotations

import ast
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from evolve.law import syntax

PACKAGE = Path(syntax.__file__).parents[1]


def test_a_text_and_an_expression_are_parsed() -> None:
    assert [type(node) for node in syntax.syntax_of("a = 1").body] == [ast.Assign]
    assert isinstance(syntax.expression_of("a + 1"), ast.BinOp)
    with pytest.raises(SyntaxError):
        syntax.expression_of("a = 1")


def test_no_two_threads_parse_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    inside, most = [], []
    parse = ast.parse

    def counted(text: str, **mode: str) -> ast.AST:
        inside.append(text)
        most.append(len(inside))
        tree = parse(text, **mode)  # type: ignore[call-overload]
        inside.pop()
        return tree  # type: ignore[no-any-return]

    monkeypatch.setattr(ast, "parse", counted)
    text = "\n".join(f"a{i} = {i} + b * c" for i in range(300))
    with ThreadPoolExecutor(8) as pool:
        assert len(list(pool.map(syntax.syntax_of, [text] * 64))) == 64
    assert max(most) == 1


def test_no_other_file_parses_by_itself() -> None:
    files = [path for path in PACKAGE.rglob("*.py") if path.name != "syntax.py"]
    assert [p.name for p in files if re.search(r"\bast\.parse\(", p.read_text())] == []
