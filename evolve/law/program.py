"""Text to `Program`: markers, functions, imports and size are checked; blocks are replaced.

A program is fixed code around one block between two marker lines; mutation changes only the block.
The block defines `scaling_law_func` and `fit_scaling_law` (dialect `fit`), or `law` with its
constants inside (dialect `law`; it may lack markers, as in SLDBench).
"""

from __future__ import annotations

import ast
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from evolve.arguments import checked
from evolve.errors import ProgramError, nearest
from evolve.files import read_regular
from evolve.law.imports import MODULES, ONLY_FIT_LAW, OWN, beyond_fit_law, imported_modules
from evolve.law.syntax import syntax_of

START = "# EVOLVE-BLOCK-START"
END = "# EVOLVE-BLOCK-END"
MAX_BYTES = 65536

Dialect = Literal["fit", "law"]

_FIT_FUNCTIONS = ("scaling_law_func", "fit_scaling_law")
_LAW_FUNCTION = "law"
_N_ARGUMENTS = 2
_CONTROL = re.compile(r"[^\x20-\x7e\n\t\x80-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class RowNames:
    """What a `law` calls the things of a task.

    Attributes:
        features: Keys of the rows that it takes.
        targets: Keys of the rows that it gives.
        groups: Names of the groups.
    """

    features: tuple[str, ...]
    targets: tuple[str, ...]
    groups: tuple[str, ...]


@dataclass(frozen=True)
class Program:
    """A checked program; `text == prefix + block + suffix`.

    Attributes:
        text: The whole text.
        prefix: Fixed text up to and with the start marker's line.
        block: What mutation may change.
        suffix: Fixed text from the end marker's line on.
        dialect: `"fit"` or `"law"`.
    """

    text: str
    prefix: str
    block: str
    suffix: str
    dialect: Dialect

    @property
    def id(self) -> str:
        """First 16 hex digits of the SHA-256 of the text."""
        return hashlib.sha256(self.text.encode()).hexdigest()[:16]


@checked
def parse_program(text: str, where: str = "program") -> Program:
    """Check a program's text against the contract.

    Args:
        text: Python source.
        where: Name of the text in errors, such as its path.

    Raises:
        ProgramError: A rule is broken; the message is `where: rule, line, value`.
    """
    text = text.replace("\r\n", "\n")
    _require_plain(text, where)
    tree = _parse(text, where)
    _require_imports(tree, where)
    functions = _module_functions(tree, where)
    dialect = _dialect(functions, where)
    first, last = _block_lines(text, where, optional=dialect == "law")
    _require_whole_statements(tree, first, last, where)
    for function in functions.values():
        _require_contract(function, first, last, where)
    lines = text.split("\n")
    prefix = "".join(line + "\n" for line in lines[:first])
    block = "".join(line + "\n" for line in lines[first:last])
    suffix = "\n".join(lines[last:])
    if last == len(lines):  # no markers: the whole text is the block
        block = block.removesuffix("\n")
    return Program(text, prefix, block, suffix, dialect)


def read_program(path: Path) -> Program:
    """Read a file and parse it as a program.

    Raises:
        ProgramError: The file cannot be read, or its text breaks the contract.
    """
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise ProgramError(f"{path}: must have at most {MAX_BYTES} bytes, it has {size}")
        text = read_regular(path, MAX_BYTES).decode("utf-8")
    except OSError as error:
        raise ProgramError(f"{path}: must be a readable file, {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise ProgramError(f"{path}: must be UTF-8 text, byte {error.start} is not") from None
    return parse_program(text, str(path))


def replace_block(program: Program, block: str, where: str = "program") -> Program:
    """Return the program with another block; the text outside it stays as it is.

    Args:
        program: The program.
        block: The new block.
        where: Name of the text in errors.

    Raises:
        ProgramError: The new text breaks the contract.
    """
    block = block.replace("\r\n", "\n")
    if program.suffix and not block.endswith("\n"):
        block += "\n"
    new = parse_program(program.prefix + block + program.suffix, where)
    if (new.prefix, new.suffix) != (program.prefix, program.suffix):
        raise ProgramError(f"{where}: a block may not hold markers, this one does")
    return new


def _require_plain(text: str, where: str) -> None:
    """Require UTF-8 text of bounded size without control characters."""
    try:
        n_bytes = len(text.encode("utf-8"))
    except UnicodeEncodeError as error:
        raise ProgramError(
            f"{where}: must be UTF-8 text, character {error.start} is not"
        ) from None
    if n_bytes > MAX_BYTES:
        raise ProgramError(f"{where}: must have at most {MAX_BYTES} bytes, it has {n_bytes}")
    if bad := _CONTROL.search(text):
        line = text.count("\n", 0, bad.start()) + 1
        raise ProgramError(
            f"{where}: may hold no control characters, line {line} holds {bad.group()!r}"
        )


def _parse(text: str, where: str) -> ast.Module:
    try:
        return syntax_of(text)
    except SyntaxError as error:
        line = (error.text or "").strip()
        raise ProgramError(
            f"{where}: must be Python ({error.msg}), line {error.lineno} holds {line!r}"
        ) from None
    except (ValueError, RecursionError, MemoryError) as error:
        raise ProgramError(
            f"{where}: must be Python, {error or 'it is nested too deep'}"
        ) from None


def _require_imports(tree: ast.Module, where: str) -> None:
    for line, name in beyond_fit_law(tree):
        raise ProgramError(f"{where}: {ONLY_FIT_LAW}; line {line} holds {name!r}")
    for node in ast.walk(tree):
        for name in imported_modules(node):
            if name not in MODULES:
                packages = sorted({OWN} | {m.partition(".")[0] for m in MODULES - {OWN}})
                raise ProgramError(
                    f"{where}: imports must be of {', '.join(packages)}; "
                    f"line {getattr(node, 'lineno', 0)} imports {name!r}{nearest(name, MODULES)}"
                )


def _module_functions(tree: ast.Module, where: str) -> dict[str, ast.FunctionDef]:
    """Return the contract's functions by name; each may be defined once, at the top level."""
    functions: dict[str, ast.FunctionDef] = {}
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name in (*_FIT_FUNCTIONS, _LAW_FUNCTION):
            if node.name in functions:
                raise ProgramError(
                    f"{where}: a function must be defined once, "
                    f"line {node.lineno} defines {node.name!r} again"
                )
            functions[node.name] = node
    return functions


def _dialect(functions: dict[str, ast.FunctionDef], where: str) -> Dialect:
    present = [name for name in _FIT_FUNCTIONS if name in functions]
    if len(present) == len(_FIT_FUNCTIONS):
        return "fit"
    if _LAW_FUNCTION in functions and not present:
        return "law"
    missing = ", ".join(name for name in _FIT_FUNCTIONS if name not in functions)
    raise ProgramError(
        f"{where}: must define {' and '.join(_FIT_FUNCTIONS)} at the top level, or law; "
        f"{missing} is missing"
    )


def _block_lines(text: str, where: str, *, optional: bool) -> tuple[int, int]:
    """Return the range of the block's lines, counted from 0 and without the marker lines.

    With `optional` markers that are both absent the range is the whole text.
    """
    lines = [line.strip() for line in text.split("\n")]
    starts = [number for number, line in enumerate(lines, 1) if line == START]
    ends = [number for number, line in enumerate(lines, 1) if line == END]
    if optional and not starts and not ends:
        return 0, len(lines)
    for marker, numbers in ((START, starts), (END, ends)):
        if not numbers:
            raise ProgramError(f"{where}: must hold the line {marker!r}, it holds none")
        if len(numbers) > 1:
            raise ProgramError(
                f"{where}: must hold exactly one block, line {numbers[1]} holds {marker!r} again"
            )
    if starts[0] > ends[0]:
        raise ProgramError(
            f"{where}: the block must start before it ends, line {ends[0]} holds {END!r}"
        )
    return starts[0], ends[0] - 1


def _require_whole_statements(tree: ast.Module, first: int, last: int, where: str) -> None:
    """Require that no statement reaches across a marker line."""
    for node in tree.body:
        for line in (first, last + 1):
            if node.lineno <= line <= (node.end_lineno or node.lineno):
                raise ProgramError(
                    f"{where}: markers must stand between statements, "
                    f"line {line} stands inside the one of line {node.lineno}"
                )


def _require_contract(function: ast.FunctionDef, first: int, last: int, where: str) -> None:
    """Require that a function lies in the block and takes two arguments by position."""
    if not first < function.lineno <= last:
        raise ProgramError(
            f"{where}: functions of the contract must stand in the block, "
            f"line {function.lineno} defines {function.name!r} outside it"
        )
    args = function.args
    n_positional = len(args.posonlyargs) + len(args.args)
    n_required = n_positional - len(args.defaults)
    keyword_only = any(default is None for default in args.kw_defaults)
    enough = n_positional >= _N_ARGUMENTS or args.vararg is not None
    if n_required > _N_ARGUMENTS or keyword_only or not enough:
        raise ProgramError(
            f"{where}: {function.name} must take {_N_ARGUMENTS} arguments by position, "
            f"line {function.lineno} holds ({ast.unparse(args)})"
        )


def program_size(program: Program) -> int:
    """Operations and calls outside the fit: the size of a law that cannot be traced.

    It counts what `law.graph.size` counts of a traced law: operations, not names or literals.
    """
    tree = syntax_of(program.text)
    fit = {
        id(leaf)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and node.name == "fit_scaling_law"
        for leaf in ast.walk(node)
    }
    kinds = (ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Compare, ast.IfExp, ast.Call)
    return sum(isinstance(node, kinds) and id(node) not in fit for node in ast.walk(tree))


def title_of(program: Program) -> str:
    """First line of a program's docstring; its id where it has none."""
    return (ast.get_docstring(syntax_of(program.text)) or program.id).splitlines()[0]
