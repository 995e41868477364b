"""On which scale a law that states none is fitted to a table: by what its residuals show."""

from __future__ import annotations

from dataclasses import replace

from evolve.evaluation.evaluator import Evaluator
from evolve.evaluation.problem import EvaluationProblem
from evolve.evaluation.record import Evaluation
from evolve.law.candidate import Candidate
from evolve.scoring.fold import all_rows
from evolve.scoring.noise_kind import is_added
from evolve.tasks.task import Task


def on_the_scale_of_noise(task: Task, candidate: Candidate) -> Candidate:
    """A law that is fitted by logarithms, or by the targets themselves where noise is added.

    Logarithms of small targets in added noise say little and count as much as all others: fits of
    ``A/(1 + (K/x)^h)`` to 10 to 30 rows in noise of 2 % of their range, read up to 3 times beyond
    them, err 4 times as much.

    Args:
        task: Its training rows are fitted.
        candidate: The law, with a recipe that nobody has stated.
    """
    if candidate.recipe.target_scale != "log":
        return candidate
    other = replace(candidate, recipe=replace(candidate.recipe, target_scale="linear"))
    problem = EvaluationProblem(task, (all_rows(task.train.n_rows),))
    with Evaluator(problem, 0) as evaluator:
        fits = evaluator.fit([candidate, other], [0], errors=False)
    found = [fit[0].answer.predictions for fit in fits if not isinstance(fit, Evaluation)]
    is_other = len(found) == len(fits) and is_added(task.train.Y, found, task.train.weights)
    return other if is_other else candidate
