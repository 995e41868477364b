"""The program in a model's reply: out of its fence or diff, markers put where they belong.

Nothing of a reply is run here; it is cut and parsed.
"""

from __future__ import annotations

import ast
import hashlib
import re
import warnings
from collections.abc import Mapping
from contextlib import suppress

from evolve.errors import ProgramError
from evolve.law.formula import parse_formula, read_formula
from evolve.law.graph import Law, Node
from evolve.law.imports import FIT_LAW, OWN
from evolve.law.program import END, MAX_BYTES, START, Program, parse_program, replace_block
from evolve.law.syntax import syntax_of
from evolve.sandbox.gate import check_program_text

FUNCTIONS = ("scaling_law_func", "fit_scaling_law")
LAW = "law"
MOST_LEVELS = 200  # of a syntax tree; what walks it needs three calls a level
NO_PROGRAM = "reply: holds no program (no function scaling_law_func)"
MOST_FORMULAS = 100  # lines of a reply that are tried as formulas
_FENCE = re.compile(
    r"^[ \t]*(?:```|~~~)[^\n]*\n(.*?)(?:^[ \t]*(?:```|~~~)[ \t]*$|\Z)", re.M | re.S
)
_THOUGHT = re.compile(r"<think(?:ing)?>.*?(?:</think(?:ing)?>|\Z)", re.S)
_SEARCH = re.compile(r"^<{5,9} ?SEARCH[^\n]*\n", re.M)
_HALF = re.compile(r"^={5,9}[ \t]*\n", re.M)
_REPLACE = re.compile(r"^>{5,9} ?REPLACE", re.M)
_MARKER = re.compile(rf"^[ \t]*(?:{re.escape(START)}|{re.escape(END)})[ \t]*$\n?", re.M)
# `loss = E + A*tokens^-a`, in a list, a fence or bold type; of `L(N, D) = …` the arguments go.
_EQUATION = re.compile(
    r"^[\W\d_]{0,9}([A-Za-z]\w{0,99})[ *`]{0,3}(?:\([^()=]*\))?[ *`]{0,3}=([^=].*)$", re.M
)
_BROKEN_OFF = re.compile(r" [-+] \S*$")  # the last term of a line
# Stands in for a fit that a reply leaves out: the law is traced and fitted by the engine.
NO_FIT = """

def fit_scaling_law(data_points, loss_values):
    raise NotImplementedError("the reply holds no fit")
"""


def program_of(reply: str, parent: str = "") -> Program:
    """The program in a reply, checked against the contract and the gate.

    Args:
        reply: What the model wrote.
        parent: Text of the program whose block is to be changed; empty for none.

    Raises:
        ProgramError: It holds no program, or one that may not run; the message says the rule.
    """
    text = _THOUGHT.sub("", reply.replace("\r\n", "\n"))
    outer = parse_program(parent, "reply: the program it changes") if parent else None
    edits = edits_in(text) if outer else []
    if outer and edits:
        program = replace_block(outer, edited(outer.block, edits), "reply")
    elif outer and outer.suffix:
        program = spliced(outer, cut_out(text))
    else:
        program = parse_program(with_markers(cut_out(text)), "reply")
    _parsed(program.text)
    check_program_text(program.text, "reply")
    return program


class NoProgramError(ProgramError):
    """A reply holds no program, and may hold a formula."""


def formula_of(reply: str, variables: Mapping[str, Node]) -> Law | None:
    """The law of the last line of a reply that is a formula of a feature; None for none.

    A line that predicts a value from itself is none; of one that breaks off in a term, as at the
    limit of a reply's tokens, the terms before it are read.

    Args:
        reply: What the model wrote.
        variables: Tree of each feature by name, in order.
    """
    lines = _EQUATION.findall(_THOUGHT.sub("", reply))[-MOST_FORMULAS:]
    for label, line in reversed(lines):
        with suppress(ProgramError):
            if re.search(rf"\b{label}\b", line):
                continue
            text = line.strip().rstrip(" `$.;,*")
            whole = text if parse_formula(text) else _BROKEN_OFF.sub("", text)
            return read_formula(whole, variables)
    return None


def cut_out(text: str) -> str:
    """The code in a reply: the last fence with a law in it, or all of it.

    Raises:
        ProgramError: There is none, or it is too long.
    """
    fenced: list[str] = [code for code in _FENCE.findall(text) if _defines_law(code)]
    if not fenced and not _defines_law(text):
        raise NoProgramError(NO_PROGRAM)
    code = fenced[-1] if fenced else text[_first_line_of_code(text) :]
    if len(code.encode("utf-8", "replace")) > MAX_BYTES:
        raise ProgramError(f"reply: its program must have at most {MAX_BYTES} bytes")
    return code


def edits_in(text: str) -> list[tuple[str, str]]:
    """The lines to search for and those in their place of every edit of a reply, in order.

    One pattern for all three marks would read the rest of a reply again from each first mark.
    """
    edits, at = [], 0
    while (
        (search := _SEARCH.search(text, at))
        and (half := _HALF.search(text, search.end()))
        and (end := _REPLACE.search(text, half.end()))
    ):
        edits.append((text[search.end() : half.start()], text[half.end() : end.start()]))
        at = end.end()
    return edits


def edited(block: str, edits: list[tuple[str, str]]) -> str:
    """A block with each text found in it once and replaced; markers in these are left out.

    Raises:
        ProgramError: A text does not stand in it exactly once.
    """
    for lines in edits:
        old, new = (_MARKER.sub("", part) for part in lines)
        count = block.count(old) if old.strip() else 0
        if count != 1:
            first = old.strip().partition("\n")[0][:80]
            rule = "lines to search for must stand once between the markers"
            raise ProgramError(f"reply: {rule}, {first!r} stands {count} times")
        block = block.replace(old, new)
    return block


def spliced(program: Program, code: str) -> Program:
    """A program with some code as its block, less what stands outside the block already.

    Raises:
        ProgramError: The code is no program.
    """
    code = _with_fit(_MARKER.sub("", code).strip("\n") + "\n")
    outside = _parsed(program.prefix).body + _parsed(program.suffix).body
    block = _without(code, {ast.dump(node) for node in outside})
    needs = _missing_imports(_parsed(program.prefix + block))
    return replace_block(program, f"{needs}\n\n\n{block}" if needs else block, "reply")


def with_markers(code: str) -> str:
    """Code with one block between markers around its functions, and with the imports it needs.

    Raises:
        ProgramError: It is no Python.
    """
    code = _with_fit(_MARKER.sub("", code).strip("\n") + "\n")
    tree = _parsed(code)
    first = _start_of_block(tree)
    lines = code.split("\n")
    head, body = "\n".join(lines[:first]).strip("\n"), "\n".join(lines[first:]).strip("\n")
    parts = [head, _missing_imports(tree)]
    above = "\n".join(part for part in parts if part)
    return f"{above}\n\n\n{START}\n{body}\n\n\n{END}\n".lstrip("\n")


def same_text(program: Program) -> str:
    """A short name of a program, the same for other comments, docstrings and spacing."""
    tree = syntax_of(program.text)
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.FunctionDef) and ast.get_docstring(node) is not None:
            node.body = node.body[1:] or [ast.Pass()]
    return hashlib.sha256(ast.dump(tree).encode()).hexdigest()[:16]


def _with_fit(code: str) -> str:
    """Code that defines a law, with a fit that leaves it to the engine where it has none.

    Raises:
        ProgramError: It is no Python, or defines no law.
    """
    names = {node.name for node in _parsed(code).body if isinstance(node, ast.FunctionDef)}
    if FUNCTIONS[0] not in names and LAW not in names:
        raise ProgramError(NO_PROGRAM)
    lacks = FUNCTIONS[0] in names and FUNCTIONS[1] not in names
    return code.rstrip("\n") + "\n" + NO_FIT if lacks else code


def _without(code: str, outside: set[str]) -> str:
    """Code without its docstring and without statements that are among some others.

    Imports of `__future__` go as well: they may stand nowhere but at the top of a file.
    """
    left_out, stays = set[int](), set[int]()
    for position, node in enumerate(_parsed(code).body):
        is_doc = (
            not position and isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        )
        is_of_top = is_doc or isinstance(node, ast.ImportFrom) and node.module == "__future__"
        place = left_out if is_of_top or ast.dump(node) in outside else stays
        place.update(range(_first_line(node), (node.end_lineno or node.lineno) + 1))
    gone = left_out - stays
    kept = [line for number, line in enumerate(code.split("\n"), 1) if number not in gone]
    return "\n".join(kept).strip("\n") + "\n"


def _first_line(node: ast.stmt) -> int:
    """Number of a statement's first line, that of a decorator where it has one."""
    return min(int(n.lineno) for n in (node, *getattr(node, "decorator_list", ())))


def _parsed(code: str) -> ast.Module:
    """The syntax tree, of a depth that recursion reaches the end of.

    Raises:
        ProgramError: The code is no Python, or is nested too deep.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = syntax_of(code)
    except SyntaxError as error:
        raise ProgramError(f"reply: must be Python ({error.msg}), line {error.lineno}") from None
    except (ValueError, RecursionError, MemoryError) as error:
        raise ProgramError(f"reply: must be Python ({type(error).__name__})") from None
    level: list[ast.AST] = [tree]
    for _ in range(MOST_LEVELS):
        level = [child for node in level for child in ast.iter_child_nodes(node)]
        if not level:
            return tree
    raise ProgramError(f"reply: its code must nest at most {MOST_LEVELS} levels")


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
            return _first_line(node) - 1
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
