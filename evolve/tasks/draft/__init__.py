"""A table of training runs and what is to be predicted, to a task of the user's own.

The cells are inspected (`columns`), rows for a test are split off by a condition (`condition`),
everything that a `task.toml` says is proposed with its reason (`propose`), and the folder is
written (`write`). Scales, units and axes are guessed from the training rows alone.
"""

from evolve.tasks.draft.columns import Column, guess_scale, guess_unit, inspect_columns
from evolve.tasks.draft.condition import Condition, parse_condition
from evolve.tasks.draft.corrections import corrected
from evolve.tasks.draft.decisions import Decision
from evolve.tasks.draft.draft import Draft, propose
from evolve.tasks.draft.roles import Wishes
from evolve.tasks.draft.write import check_name, format_task, plain_name, write_task

__all__ = [
    "Column",
    "Condition",
    "Decision",
    "Draft",
    "Wishes",
    "check_name",
    "corrected",
    "format_task",
    "guess_scale",
    "guess_unit",
    "inspect_columns",
    "parse_condition",
    "plain_name",
    "propose",
    "write_task",
]
