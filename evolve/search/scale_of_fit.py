"""On which scale a law that states none is fitted to a table: by what its residuals show."""

from __future__ import annotations

from dataclasses import replace

from evolve.evaluation.evaluator import Evaluator
from evolve.evaluation.problem import EvaluationProblem
from evolve.evaluation.record import Evaluation
from evolve.law.candidate import Candidate
from evolve.scoring.fold import all_rows
from evolve.scoring.noise_kind import added_error, is_added
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
    by_logs, as_they_are = (
        None if isinstance(fit, Evaluation) else fit[0].answer.predictions for fit in fits
    )
    if by_logs is None or as_they_are is None:
        return candidate if as_they_are is None else other
    y, weights = task.train.Y, task.train.weights
    is_nearer = added_error(y, as_they_are, weights) <= added_error(y, by_logs, weights)
    return other if is_nearer and is_added(y, [by_logs, as_they_are], weights) else candidate
