"""Formulas of laws in the names of a task, with and without values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike

from evolve.evaluation.requests import Form
from evolve.law.faults import quoted
from evolve.law.naming import words_seen
from evolve.law.printer import digits_of, formula
from evolve.law.program import Program, title_of
from evolve.tasks.task import Task


def formula_of(task: Task, form: Form) -> str:
    """Formula in the task's own names; as its first target sees the features."""
    return formula_with(task.feature_names, task.target_names, form)


def formula_with(feature_names: Sequence[str], target_names: Sequence[str], form: Form) -> str:
    """Formula in given names; as the first target sees the features."""
    target = quoted(target_names[0]) if len(target_names) == 1 else "each target"
    if isinstance(form, Program):
        return f"{target} = black box ({title_of(form)})"
    names = words_seen(feature_names, own_first=form.law.own_feature_first)
    return f"{target} = {formula(form.law, names, powers=True)}"


def valued_formula_of(task: Task, form: Form, constants: Mapping[str, ArrayLike]) -> str:
    """Formula in the task's own names with values in place of constants.

    Args:
        task: Gives the names.
        form: The law.
        constants: `(t, p)` by group.

    Returns:
        The formula; empty for a black box, and where groups or targets have values of their own.
    """
    tables = [np.asarray(table) for table in constants.values()]
    if isinstance(form, Program) or len(tables) != 1 or len(tables[0]) != 1:
        return ""
    law, values = form.law, tables[0][0]
    names = words_seen(task.feature_names, own_first=law.own_feature_first)
    said = formula(law, names, values, digits=digits_of(law, values, task.train.X))
    return f"{quoted(task.target_names[0])} = {said}"
