"""A law and its constants to texts that predict: the `law` dialect of SLDBench, and sympy."""

from __future__ import annotations

import re
from collections.abc import Sequence

from evolve.export.escape import in_python
from evolve.export.subject import Subject, literal_table
from evolve.law.lowering import plain
from evolve.law.naming import identifiers
from evolve.law.writing import CODE, Style, write

LAW = '''"""{title}

{formula}

The `law` dialect of SLDBench: constants inside, rows as dictionaries; it needs {needs}.
"""

import numpy as np

# EVOLVE-BLOCK-START
FEATURES = {features!r}
TARGETS = {targets!r}
# Constants by group, one row a target.
CONSTANTS = {constants}
GROUPED = {grouped!r}  # whether the rows that it was fitted to have groups


{function}


def law(input_data, group):
    """Predict the targets of some rows of one group.

    Args:
        input_data: One dictionary a row, with the features by name.
        group: A key of `CONSTANTS`; of no account where rows have no groups.

    Returns:
        One dictionary a row, with the targets by name.
    """
    if GROUPED and group not in CONSTANTS:
        raise ValueError(f"group must be one of {{', '.join(CONSTANTS)}}, it is {{group!r}}")
    constants = CONSTANTS[group] if GROUPED else next(iter(CONSTANTS.values()))
    params = np.array(constants if len(TARGETS) > 1 else constants[0])
    X = np.array([[float(row[name]) for name in FEATURES] for row in input_data])
    table = np.asarray(values_of(X.reshape(-1, len(FEATURES)), params))
    rows = table.reshape(len(input_data), len(TARGETS))
    return [dict(zip(TARGETS, map(float, row))) for row in rows]


# EVOLVE-BLOCK-END
'''

_SYMPY = '''"""{title}

LAW[target] holds the law in letters, CONSTANTS[group][target] the letters' values, and
expression(group, target) the law with values: expression(...).subs({{{first}: 1e9}}).evalf().
"""

import sympy as sp

{symbols}
{letters}
LAW = {{
{laws}
}}
# Constants by group, one row a target.
VALUES = {values}
TARGETS = {targets!r}
LETTERS = {names!r}
CONSTANTS = {{
    group: {{
        target: {{sp.Symbol(k, real=True): value for k, value in zip(LETTERS, row)}}
        for target, row in zip(TARGETS, table)
    }}
    for group, table in VALUES.items()
}}


def expression(group={group!r}, target={target!r}):
    """The law of one group and target with its values put in."""
    return LAW[target].subs(CONSTANTS[group][target])
'''

_FUNCTIONS = {
    "exp": "sp.exp",
    "log": "sp.log",
    "sqrt": "sp.sqrt",
    "tanh": "sp.tanh",
    "sin": "sp.sin",
    "cos": "sp.cos",
    "arctan": "sp.atan",
    "abs": "sp.Abs",
    "max": "sp.Max",
    "min": "sp.Min",
}
_STYLE = Style(CODE.signs, _FUNCTIONS)
_SYMPY_NAMES = ("sp", "LAW", "VALUES", "TARGETS", "LETTERS", "CONSTANTS", "expression")
LETTER = re.compile(r"c\d+")  # what a constant is called to which nobody gave a name


def _symbol(name: str, word: str, letters: Sequence[str]) -> str:
    """A feature's name in sympy, where two symbols of one name are the same."""
    return word if LETTER.fullmatch(name) or name in letters else name


def law_text(subject: Subject) -> str:
    """Text of a program in the `law` dialect, with the constants of every group inside."""
    return LAW.format(
        title=in_python(subject.title()),
        formula=in_python(subject.formula),
        needs="numpy alone",
        features=list(subject.task.feature_names),
        targets=list(subject.task.target_names),
        constants=literal_table(subject.constants, subject.labels),
        grouped=bool(subject.task.spec.groups),
        function=subject.function_text().replace("def scaling_law_func", "def values_of", 1),
    )


def sympy_text(subject: Subject) -> str:
    """Text of a Python file that holds the law as sympy expressions."""
    words = identifiers(subject.task.feature_names, _SYMPY_NAMES)
    features, positive = subject.task.spec.features, subject.task.train.X.min(axis=0) > 0
    names = subject.candidate.law.constant_names
    symbols = [
        f"{word} = sp.Symbol({_symbol(feature.name, word, names)!r}, "
        f"{'positive' if is_positive else 'real'}=True)"
        for word, feature, is_positive in zip(words, features, positive, strict=True)
    ]
    taken = [*words, *_SYMPY_NAMES]
    letters = [
        f'{word} = sp.Symbol("{name}", real=True)'
        for word, name in zip(subject.letters(taken), names, strict=True)
    ]
    root = plain(subject.candidate.law.root)
    laws = []
    for t, name in enumerate(subject.task.target_names):
        text = write(root, subject.names_seen_by(t, words, _SYMPY_NAMES), _STYLE)
        laws.append(f"    {name!r}: sp.sympify({text}),")
    return _SYMPY.format(
        title=in_python(subject.title()),
        first=words[0],
        symbols="\n".join(symbols),
        letters="\n".join(letters),
        laws="\n".join(laws),
        values=literal_table(subject.constants, {name: name for name in subject.constants}),
        targets=list(subject.task.target_names),
        names=list(names),
        group=next(iter(subject.constants)),
        target=subject.task.target_names[0],
    )
