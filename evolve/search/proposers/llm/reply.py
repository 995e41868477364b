"""The program in a model's reply: out of its fence or diff, markers put where they belong.

Nothing of a reply is run here; it is cut and parsed.
"""

from __future__ import annotations

import ast
import hashlib
import re
import warnings

from evolve.errors import ProgramError
from evolve.law.imports import FIT_LAW, OWN
from evolve.law.program import END, MAX_BYTES, START, Program, parse_program
from evolve.sandbox.gate import check_program_text

FUNCTIONS = ("scaling_law_func", "fit_scaling_law")
LAW = "law"
NO_PROGRAM = "reply: holds no program (no function scaling_law_func)"
_FENCE = re.compile(
    r"^[ \t]*(?:```|~~~)[^\n]*\n(.*?)(?:^[ \t]*(?:```|~~~)[ \t]*$|\Z)", re.M | re.S
)
_THOUGHT = re.compile(r"<think(?:ing)?>.*?(?:</think(?:ing)?>|\Z)", re.S)
_EDIT = re.compile(
    r"^<{5,9} ?SEARCH[^\n]*\n(.*?)^={5,9}[ \t]*\n(.*?)^>{5,9} ?REPLACE", re.M | re.S
)
_MARKER = re.compile(rf"^[ \t]*(?:{re.escape(START)}|{re.escape(END)})[ \t]*$\n?", re.M)
# Stands in for a fit that a reply leaves out: the law is traced and fitted by the engine.
NO_FIT = """

def fit_scaling_law(data_points, loss_values):
    raise NotImplementedError("the reply holds no fit")
"""


def program_of(reply: str, parent: str = "") -> Program:
    """The program in a reply, checked against the contract and the gate.

    Args:
        reply: What the model wrote.
        parent: Text of the program that a diff changes; empty for none.

    Raises:
        ProgramError: It holds no program, or one that may not run; the message says the rule.
    """
    code = cut_out(reply, parent)
    if len(code.encode("utf-8", "replace")) > MAX_BYTES:
        raise ProgramError(f"reply: its program must have at most {MAX_BYTES} bytes")
    text = with_markers(code)
    check_program_text(text, "reply")
    return parse_program(text, "reply")


def cut_out(reply: str, parent: str = "") -> str:
    """The code in a reply: an edited parent, the last fence with a law in it, or all of it.

    Raises:
        ProgramError: There is none.
    """
    text = _THOUGHT.sub("", reply.replace("\r\n", "\n"))
    edits = _EDIT.findall(text) if parent else []
    if edits:
        return edited(parent, edits)
    fenced = [code for code in _FENCE.findall(text) if _defines_law(code)]
    if fenced:
        return str(fenced[-1])
    if _defines_law(text):
        return text[_first_line_of_code(text) :]
    raise ProgramError(NO_PROGRAM)


def edited(parent: str, edits: list[tuple[str, str]]) -> str:
    """A program with each text found in it once and replaced.

    Raises:
        ProgramError: A text does not stand in it exactly once.
    """
    for old, new in edits:
        count = parent.count(old) if old.strip() else 0
        if count != 1:
            first = old.strip().partition("\n")[0][:80]
            rule = "lines to search for must stand in the program once"
            raise ProgramError(f"reply: {rule}, {first!r} stands {count} times")
        parent = parent.replace(old, new)
    return parent


def with_markers(code: str) -> str:
    """Code with one block between markers around its functions, and with the imports it needs.

    Raises:
        ProgramError: It is no Python.
    """
    code = _MARKER.sub("", code).strip("\n") + "\n"
    tree = _parsed(code)
    names = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    if FUNCTIONS[0] not in names and LAW not in names:
        raise ProgramError(NO_PROGRAM)
    if FUNCTIONS[0] in names and FUNCTIONS[1] not in names:
        code = code.rstrip("\n") + "\n" + NO_FIT
        tree = _parsed(code)
    first = _start_of_block(tree)
    lines = code.split("\n")
    head, body = "\n".join(lines[:first]).strip("\n"), "\n".join(lines[first:]).strip("\n")
    parts = [head, _missing_imports(tree)]
    above = "\n".join(part for part in parts if part)
    return f"{above}\n\n\n{START}\n{body}\n\n\n{END}\n".lstrip("\n")


def same_text(program: Program) -> str:
    """A short name of a program, the same for other comments, docstrings and spacing."""
    tree = ast.parse(program.text)
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.FunctionDef) and ast.get_docstring(node) is not None:
            node.body = node.body[1:] or [ast.Pass()]
    return hashlib.sha256(ast.dump(tree).encode()).hexdigest()[:16]


def _parsed(code: str) -> ast.Module:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(code)
    except SyntaxError as error:
        raise ProgramError(f"reply: must be Python ({error.msg}), line {error.lineno}") from None
    except (ValueError, RecursionError, MemoryError) as error:
        raise ProgramError(f"reply: must be Python ({type(error).__name__})") from None


def _defines_law(text: str) -> bool:
    return re.search(rf"^[ \t]*def (?:{FUNCTIONS[0]}|{LAW})\b", text, re.M) is not None


def _first_line_of_code(text: str) -> int:
    """Where code begins in a text without a fence: its first import or definition."""
    match = re.search(r"^(?:import |from \w|def |@|# EVOLVE-BLOCK|\"\"\")", text, re.M)
    return match.start() if match else 0


def _start_of_block(tree: ast.Module) -> int:
    """Number of lines above the first statement that is no import and no docstring."""
    for position, node in enumerate(tree.body):
        is_doc = position == 0 and isinstance(node, ast.Expr)
        if not is_doc and not isinstance(node, ast.Import | ast.ImportFrom):
            decorators = getattr(node, "decorator_list", [])
            return min(node.lineno, *(int(d.lineno) for d in [node, *decorators])) - 1
    return 0


def _missing_imports(tree: ast.Module) -> str:
    """Imports that the code relies on and does not have."""
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    bound = {
        (alias.asname or alias.name).partition(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    lines = []
    if "np" in used - bound:
        lines.append("import numpy as np")
    if FIT_LAW in used - bound:
        lines.append(f"from {OWN} import {FIT_LAW}")
    return "\n".join(lines)
