"""What a run's verdict says of the runs that a plan is about."""

from __future__ import annotations

import numpy as np

from evolve.forecast.plan.allocate import Allocation
from evolve.forecast.plan.planned import PlannedRuns
from evolve.forecast.plan.question import Question
from evolve.forecast.there import verdict_there
from evolve.forecast.verdict import Verdict
from evolve.typing import Array


def verdict_of_plan(planned: PlannedRuns, verdict: Verdict | None) -> Verdict | None:
    """The verdict as it stands for the best run and for the point whose interval is narrowed.

    Args:
        planned: The plan.
        verdict: Of the run; None for none, as of a law that is not its champion.
    """
    question, points = planned.question, []
    if planned.best is not None:
        points.append(row_of(question, planned.best))
    if planned.narrowed is not None:
        at = planned.narrowed.at
        points.append(np.array([[at[name] for name in question.task.feature_names]]))
    return verdict_there(question.task, verdict, [(question.group, np.concatenate(points))])


def row_of(question: Question, best: Allocation) -> Array:
    """`(1, f)` values of all features of the best run."""
    return question.rows(np.array([[best.values[name] for name in question.names]]))
