"""A law and its constants to documents for people and machines: LaTeX, Markdown, JSON."""

from __future__ import annotations

from typing import Any

from evolve import __version__
from evolve.export.escape import fenced, in_latex, in_markdown, markdown_math, name_in_math
from evolve.export.inputs import law_text, sympy_text
from evolve.export.program import program_text
from evolve.export.signs import in_ascii
from evolve.export.subject import Subject
from evolve.jsontext import json_document
from evolve.law.graph import law_with_first_names
from evolve.law.latex import constant_in_math, latex
from evolve.law.recipe import recipe_with_first_names
from evolve.tasks.task import Task, fingerprint

_LATEX = r"""\documentclass{article}
\usepackage{amsmath,longtable,array}
\begin{document}
\noindent %(title)s

%(equations)s
%(tables)s
\end{document}
"""

_MARKDOWN = """# {title}

{equations}

Fitted on {n_rows} training rows; score {score}, held-out R2 {held_out}, train R2 {train}.

| group | target | {letters} |
|---|---|{rule}
{rows}

Features: {features}.

{law}"""


def latex_text(subject: Subject) -> str:
    """A LaTeX document, all of it ASCII, with the law of each target and a table of constants."""
    equations = "\n".join(rf"\[ {line} \]" for line in equations_of(subject))
    names = subject.candidate.law.constant_names
    head = " & ".join(["group", "target", *(f"${constant_in_math(name)}$" for name in names)])
    rows = "\n".join(rf"{in_latex(g)} & {in_latex(t)} & {v} \\" for g, t, v in _rows(subject))
    columns = "l" * (2 + subject.candidate.law.n_constants)
    table = f"\\begin{{longtable}}{{{columns}}}\n{head} \\\\ \\hline\n{rows}\n\\end{{longtable}}"
    title = in_latex(subject.title())
    return in_ascii(_LATEX % {"title": title, "equations": equations, "tables": table})


def equations_of(subject: Subject) -> list[str]:
    """The law of each target as LaTeX, without delimiters; one where all are the same."""
    law, names = subject.candidate.law, list(subject.task.feature_names)
    targets = list(subject.task.target_names)
    if not law.own_feature_first:
        left = ", ".join(name_in_math(name) for name in targets)
        return [f"{left} = {latex(law, names)}"]
    turned = [names[t:] + names[:t] for t in range(len(targets))]
    return [
        f"{name_in_math(name)} = {latex(law, seen)}"
        for name, seen in zip(targets, turned, strict=True)
    ]


def markdown_text(subject: Subject) -> str:
    """A Markdown page: the law, its constants, and code that predicts."""
    row, letters = subject.row, subject.candidate.law.constant_names
    rows = [
        f"| {in_markdown(g)} | {in_markdown(t)} | {v.replace(' & ', ' | ').replace('$', '')} |"
        for g, t, v in _rows(subject)
    ]
    features = (
        in_markdown(f"{f.name} ({f.description})" if f.description else f.name)
        for f in subject.task.spec.features
    )
    return _MARKDOWN.format(
        title=in_markdown(subject.title().removesuffix(".")),
        equations="\n\n".join(f"$$ {markdown_math(line)} $$" for line in equations_of(subject)),
        n_rows=subject.task.train.n_rows,
        score=_shown(row.score),
        held_out=_shown(row.held_out_r2),
        train=_shown(row.train_r2),
        letters=" | ".join(map(in_markdown, letters)) or "-",
        rule="---|" * max(len(letters), 1),
        rows="\n".join(rows),
        features=", ".join(features),
        law=fenced(law_text(subject), "python"),
    )


def json_text(subject: Subject) -> str:
    """A JSON document with everything that is known of the law."""
    return json_document(to_data(subject)) + "\n"


def to_data(subject: Subject) -> dict[str, Any]:
    """Everything that is known of the law, as JSON values."""
    task, row, evaluation = subject.task, subject.row, subject.entry.evaluation
    law, recipe = subject.candidate.to_data()
    prior = subject.prior()
    return {
        "format": 1,
        "made_by": f"evolve {__version__}",
        "run": subject.run,
        "entry": row.number,
        "kind": row.kind,
        "operator": subject.entry.operator,
        "task": task_data(task),
        "formula": subject.formula,
        "latex": equations_of(subject),
        "law": law_with_first_names(law),
        "recipe": recipe_with_first_names(recipe),
        "prior": None if prior is None else {"mean": prior[0], "weight": prior[1]},
        "n_constants": row.n_constants,
        "constant_names": list(subject.candidate.law.constant_names),
        "constants": subject.constants,
        "labels": subject.labels,
        "score": row.score,
        "held_out_r2": row.held_out_r2,
        "train_r2": row.train_r2,
        "folds": [vars(fold) for fold in evaluation.folds],
        "facts": evaluation.facts,
        "function": subject.function_text(),
        "texts": {
            "run": row.text,
            "program": program_text(subject),
            "law": law_text(subject),
            "sympy": sympy_text(subject),
        },
    }


def task_data(task: Task) -> dict[str, Any]:
    """A task's names, scales and sources, as JSON values."""
    return {
        "name": task.name,
        "fingerprint": fingerprint(task),
        "source": task.spec.source,
        "features": [f.model_dump() for f in task.spec.features],
        "targets": [t.model_dump() for t in task.spec.targets],
        "groups": list(task.group_names),
        "n_train_rows": task.train.n_rows,
    }


def _rows(subject: Subject) -> list[tuple[str, str, str]]:
    """Group, target and constants, in full, of each row of a table."""
    return [
        (group, name, " & ".join(f"${float(v)!r}$" for v in row))
        for group, table in subject.constants.items()
        for name, row in zip(subject.task.target_names, table, strict=True)
    ]


def _shown(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"
