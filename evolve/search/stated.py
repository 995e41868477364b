"""A formula that a user states, to a law of a task's features whose constants are fitted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from evolve.errors import Argument, EvolveError, ProgramError, nearest
from evolve.law.canonical import canonical, simplify
from evolve.law.faults import unquoted
from evolve.law.formula import formula_words, read_named_formula
from evolve.law.graph import (
    Law,
    Node,
    const,
    constants_of,
    evaluate,
    feat,
    features_of,
    num,
    renumber,
    replace_leaves,
)
from evolve.law.stated import (
    columns_in,
    constants_in,
    has_operators,
    in_words,
    require_formula,
    without_target,
)
from evolve.tasks.roles import nearest_column
from evolve.tasks.task import Task

NO_NUMBERS = ("nan", "inf", "infinity")
SHORTEST = 4  # letters of a constant that may be the name of a feature, mistyped
ALIKE = 0.75  # share of letters that such a name has in common with a column nobody named


def stated_law(task: Task, text: str, names: Iterable[str]) -> tuple[Law, str] | None:
    """The law of a formula, and what it is in a line; None of a text that is to be a name.

    Names that are no features are its constants, which keep them; numbers stay as they are.

    Args:
        task: Gives the features.
        text: The formula, which may begin with its target, as in ``loss = E + A/params^a``.
        names: Names of laws, one of which may have been meant.

    Raises:
        EvolveError: It is no formula, or has no feature or no constant, or a constant has the name
            of another column, or nearly that of a feature.
    """
    bare = text
    for column in task.feature_names:  # `broken power of val/loss` is a name
        bare = bare.replace(column, " ")
    if not has_operators(bare):
        return None
    is_hyphened = not has_operators(bare.replace("-", ""))
    if is_hyphened and not columns_in(text, task.feature_names) and nearest(text, names):
        return None
    text = text.strip()
    require_formula(in_words(text, task.feature_names), task.feature_names, task.target_names)
    target, formula = without_target(in_words(text, task.feature_names))
    if target and target not in (*task.target_names, *formula_words(task.target_names)):
        targets = ", ".join(task.target_names)
        raise EvolveError(Argument("law"), f": must be of {targets}, it is of {target!r}")
    words = formula_words(task.feature_names, own_first=task.spec.own)
    variables = {word: feat(j) for j, word in enumerate(words)}
    try:
        law, constants = read_named_formula(formula, variables, fixed=True)
    except ProgramError as error:
        quotes = unquoted(text, task.feature_names)
        raise EvolveError(Argument("law"), f": {error}{quotes}") from None
    _require_constants(task, constants, words, text)
    law = Law(law.root, law.n_constants, task.spec.own, constants, as_written=True)
    simple = simplify(law)
    if not simple.n_constants or not features_of(simple.root):
        raise EvolveError(Argument("law"), f": {text!r} says no more than a number")
    if (n := simple.n_constants) == law.n_constants:
        return law, text
    text += f", whose {law.n_constants} constants are {n}: no rows tell more apart"
    kept, held = _told_apart(law, simple)
    values = ", ".join(f"{name} = {value:g}" for name, value in held.items())
    return kept, f"{text}; {values}" if held else text


def _told_apart(law: Law, simple: Law) -> tuple[Law, dict[str, float]]:
    """A law with as many constants as rows tell apart, and the values at which others are held.

    Args:
        law: As it was stated.
        simple: Its canonical form, which is the answer where no constant can be held.
    """
    root, held = law.root, dict[str, float]()
    while len(constants_of(root)) > simple.n_constants:
        ways = [
            (without.size, -k, value, without)
            for k in constants_of(root)
            for value in (0.0, 1.0)
            if canonical(without := _with_held(root, k, value))[0] is simple.root
        ]
        if not ways:
            return simple, {}
        _, minus_k, value, root = min(ways, key=lambda way: way[:3])
        held[law.names[-minus_k]] = value
    root, n_constants = renumber(root)
    names = tuple(name for name in law.names if name not in held)
    return replace(law, root=root, n_constants=n_constants, names=names), held


def _with_held(root: Node, k: int, value: float) -> Node:
    """The tree with a value in place of a constant."""
    return _without_neutral(replace_leaves(root, {const(k): num(value)}))


def _without_neutral(node: Node) -> Node:
    """The tree without sums with 0, products with 0 or 1, powers of 1, and what is 0 or 1."""
    args = tuple(_without_neutral(arg) for arg in node.args)
    neutral = num(0.0 if node.op in ("add", "sub") else 1.0)
    if node.op in ("add", "sub", "mul", "div", "pow") and args[1] == neutral:
        return args[0]
    if node.op in ("add", "mul") and args[0] == neutral:
        return args[1]
    if num(0.0) in (args if node.op == "mul" else args[: node.op == "div"]):
        return num(0.0)
    made = Node(node.op, args, node.value)
    if args and all(arg.op == "num" for arg in args):
        value = float(np.ravel(evaluate(made, np.zeros((1, 0)), np.zeros(0)))[0])
        made = num(value) if value in (0.0, 1.0) else made
    return made


def _require_constants(
    task: Task, constants: Sequence[str], words: Sequence[str], text: str
) -> None:
    if not constants:
        rule = ": must have a constant to fit, a name that is no column; numbers stay as they are"
        raise EvolveError(Argument("law"), rule)
    others = dict.fromkeys(formula_words(task.target_names), "the target")
    others |= dict.fromkeys(formula_words(task.spec.groups), "a column of groups")
    for name in constants:
        if name in others:
            raise EvolveError(Argument("law"), f": {name!r} is {others[name]}, no constant")
        if name.lower() in NO_NUMBERS:
            raise EvolveError(Argument("law"), f": {name!r} is no finite number, and no constant")
        if len(name) >= SHORTEST and (hint := nearest_column(name, words)):
            quotes = unquoted(text, task.feature_names)
            rule = f": there is no feature {name!r}{hint}; a constant needs another name{quotes}"
            raise EvolveError(Argument("law"), rule)


def require_columns(
    text: str, features: Sequence[str], columns: Sequence[str], numbers: Sequence[str] = ()
) -> None:
    """Require that the columns of a table that a formula names are features, and no others meant.

    Args:
        text: The formula, or the name of a law.
        features: Columns that it may name: features, targets and groups.
        columns: All columns of the table.
        numbers: Those of numbers among the others: no constant has nearly such a name.

    Raises:
        EvolveError: One is not, or a constant is called nearly as another column.
    """
    if missing := [name for name in columns_in(text, columns) if name not in features]:
        rule = f": {', '.join(missing)} must be among them, as the law names it"
        raise EvolveError(Argument("features"), rule)
    for name in constants_in(text, columns):
        if len(name) >= SHORTEST and (hint := nearest_column(name, numbers, ALIKE)):
            rule = f": there is no column {name!r}{hint}; a constant needs another name"
            raise EvolveError(Argument("law"), rule)
