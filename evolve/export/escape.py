"""Names of any origin to text that one format of export shows and does not obey."""

from __future__ import annotations

import re

from evolve.law.latex import name_in_math
from evolve.printable import printable

__all__ = ["fenced", "in_latex", "in_markdown", "in_python", "markdown_math", "name_in_math"]

_LATEX = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': "''",
    **{sign: "\\" + sign for sign in "_%$#&{}"},
}
_MARKDOWN = re.compile(r"([\\`*_{}\[\]()<>#!|&~^$])")


def in_python(text: str) -> str:
    """One line inside a docstring in double quotes, or a comment: no quote, escape or fence."""
    line = _one_line(text).replace("\\", "\\\\")
    return re.sub('["`]', "'", line)


def in_latex(text: str) -> str:
    """Text between words of a LaTeX document; `name_in_math` is for names in formulas."""
    return "".join(_LATEX.get(sign, sign) for sign in _one_line(text))


def in_markdown(text: str) -> str:
    """Text of a Markdown paragraph or table cell, with no HTML, link, emphasis or mathematics."""
    return _MARKDOWN.sub(r"\\\1", _one_line(text))


def markdown_math(latex: str) -> str:
    """A formula as Markdown shows it: what HTML would read is spelt as MathJax and KaTeX do."""
    return latex.replace("<", r"{\lt}").replace(">", r"{\gt}").replace("`", "'")


def fenced(code: str, language: str) -> str:
    """A block of code of Markdown, between fences longer than any in it."""
    longest = max((len(run) for run in re.findall("`+", code)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{code}{fence}\n"


def _one_line(text: str) -> str:
    return printable(text).replace("\n", " ").replace("\t", " ")
