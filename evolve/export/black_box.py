"""A champion that is a program, not a graph, to files: its text, and its constants beside it.

It has no formula, so there are no sympy and LaTeX files of it.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from evolve import __version__
from evolve.errors import Argument, EvolveError
from evolve.evaluation.record import Entry
from evolve.export.documents import task_data
from evolve.export.escape import fenced, in_markdown, in_python
from evolve.export.inputs import LAW
from evolve.export.subject import labels_of, literal_table
from evolve.forecast.words import r2_text
from evolve.jsontext import json_document
from evolve.law.imports import imported_modules
from evolve.law.program import Program, title_of
from evolve.law.syntax import syntax_of
from evolve.runs.results import ResultRow
from evolve.tasks.task import Task
from evolve.typing import Array

_MARKDOWN = """# {title}

{description}

Fitted on {n_rows} training rows; score {score:.4f}, held-out R2 {held_out}.

| group | target | constants |
|---|---|---|
{rows}

{program}"""


# Names at the top of an exported file, and where a syntax tree holds names.
_OWN_NAMES = ("FEATURES", "TARGETS", "CONSTANTS", "GROUPED", "law", "values_of")
_NAMED = ("id", "arg", "name", "asname", "rest")


@dataclass(frozen=True, slots=True)
class BlackBox:
    """A program with its constants, ready to be written down.

    Attributes:
        run: Name of the run.
        task: Its task.
        row: The program's row of the run's table.
        entry: The entry it comes from.
        program: The program.
        constants: `(t, p)` constants of each group.
    """

    run: str
    task: Task
    row: ResultRow
    entry: Entry
    program: Program
    constants: dict[str, Array]

    def title(self) -> str:
        """One line that says what program this is; to be escaped for where it stands."""
        return f"A program of {self.task.name}, entry {self.row.index} of run {self.run}."


def _program_text(subject: BlackBox) -> str:
    """The program as it was judged; it brings its own fit."""
    return subject.program.text


def _law_text(subject: BlackBox) -> str:
    """Text of a program in the `law` dialect, with the constants of every group inside."""
    function, libraries = _without_fit(subject.program.text)
    return LAW.format(
        title=in_python(subject.title()),
        formula=in_python(title_of(subject.program)),
        features=list(subject.task.feature_names),
        targets=list(subject.task.target_names),
        constants=literal_table(subject.constants, labels_of(subject.task, subject.constants)),
        grouped=bool(subject.task.spec.groups),
        needs=" and ".join(["numpy", *libraries]) if libraries else "numpy alone",
        function=function,
    )


def _without_fit(text: str) -> tuple[str, list[str]]:
    """The statements of a program that its law needs, the law called `values_of`.

    Docstring, fit, and the functions and imports that only the fit uses are left out. Names that
    the exported file uses itself are renamed.

    Returns:
        The text, and the libraries that it needs beside numpy.
    """
    tree = syntax_of(text)
    tree.body = _without_unused([node for node in tree.body if not _is_left_out(node)])
    modules = {name.partition(".")[0] for n in ast.walk(tree) for name in imported_modules(n)}
    libraries = sorted(modules - {"numpy"} - sys.stdlib_module_names)
    nodes = list(ast.walk(tree))
    taken = {getattr(node, part, None) for node in nodes for part in _NAMED}
    new = {"scaling_law_func": "values_of"}
    for name in _OWN_NAMES:
        word = f"{name}_"
        while word in taken:
            word += "_"
        new[name] = word
    for node in nodes:
        _rename(node, new)
    return "\n\n\n".join(map(ast.unparse, tree.body)), libraries


def _without_unused(body: list[ast.stmt]) -> list[ast.stmt]:
    """Statements at the top of a program but functions and imports that no other one names."""
    while True:
        used = {id(node): _names_in(node) for node in body}
        needed = [
            node
            for node in body
            if (bound := _bound_by(node)) is None
            or any(bound & used[id(other)] for other in body if other is not node)
        ]
        if len(needed) == len(body):
            return body
        body = needed


def _names_in(node: ast.stmt) -> set[str]:
    return {leaf.id for leaf in ast.walk(node) if isinstance(leaf, ast.Name)}


def _bound_by(node: ast.stmt) -> set[str] | None:
    """Names that an import or a function binds; None of any other statement, and of the law."""
    if isinstance(node, ast.Import | ast.ImportFrom):
        names = {alias.asname or alias.name.partition(".")[0] for alias in node.names}
        return None if "*" in names else names
    if isinstance(node, ast.FunctionDef) and node.name != "scaling_law_func":
        return {node.name}
    return None


def _rename(node: ast.AST, new: Mapping[str, str]) -> None:
    """Rename what a node of a program binds or uses by name; attributes stay."""
    if isinstance(node, ast.alias):
        bound = node.asname or node.name
        if bound in new:
            node.asname = new[bound]
    elif isinstance(node, ast.Global | ast.Nonlocal):
        node.names = [new.get(name, name) for name in node.names]
    else:
        for part in _NAMED:
            name = getattr(node, part, None)
            if isinstance(name, str) and name in new:
                setattr(node, part, new[name])


def _is_left_out(node: ast.stmt) -> bool:
    if isinstance(node, ast.FunctionDef):
        return node.name == "fit_scaling_law"
    if isinstance(node, ast.ImportFrom):
        return node.module == "__future__"
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _json_text(subject: BlackBox) -> str:
    """A JSON document with everything that is known of the program."""
    row, evaluation = subject.row, subject.entry.evaluation
    data = {
        "format": 1,
        "made_by": f"evolve {__version__}",
        "run": subject.run,
        "entry": row.number,
        "kind": row.kind,
        "operator": subject.entry.operator,
        "task": task_data(subject.task),
        "formula": None,
        "law": None,
        "recipe": None,
        "n_constants": row.n_constants,
        "constants": subject.constants,
        "labels": labels_of(subject.task, subject.constants),
        "score": row.score,
        "held_out_r2": row.held_out_r2,
        "train_r2": row.train_r2,
        "folds": [vars(fold) for fold in evaluation.folds],
        "facts": evaluation.facts,
        "texts": {"run": row.text, "program": row.text, "law": _law_text(subject)},
    }
    return json_document(data) + "\n"


def _markdown_text(subject: BlackBox) -> str:
    """A Markdown page: scores, constants, and the program."""
    rows = [
        f"| {in_markdown(group)} | {in_markdown(target)} | {', '.join(map(repr, row.tolist()))} |"
        for group, table in subject.constants.items()
        for target, row in zip(subject.task.target_names, table, strict=True)
    ]
    row = subject.row
    return _MARKDOWN.format(
        title=in_markdown(subject.title().removesuffix(".")),
        description=in_markdown(title_of(subject.program)),
        n_rows=subject.task.train.n_rows,
        score=float("nan") if row.score is None else row.score,
        held_out=r2_text(float("nan") if row.held_out_r2 is None else row.held_out_r2),
        rows="\n".join(rows),
        program=fenced(subject.program.text, "python"),
    )


BLACK_BOX_FORMATS: dict[str, Callable[[BlackBox], str]] = {
    "program": _program_text,
    "law": _law_text,
    "json": _json_text,
    "markdown": _markdown_text,
}


def export_black_box(subject: BlackBox, form: str) -> str:
    """Text of a program in one of `BLACK_BOX_FORMATS`.

    Raises:
        EvolveError: A black box cannot be written so.
    """
    if form not in BLACK_BOX_FORMATS:
        raise EvolveError(
            Argument("format"),
            f": entry {subject.row.index} of run {subject.run!r} is a black box, which has "
            f"no formula for {form!r}; it is written as {', '.join(BLACK_BOX_FORMATS)}",
        )
    return BLACK_BOX_FORMATS[form](subject)
