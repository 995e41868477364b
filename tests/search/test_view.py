"""A search sees what targets leave to their ceiling, and laws of the task are told from there."""

from __future__ import annotations

import numpy as np
import pytest
from small_tasks import task_of

from evolve.law.candidate import Candidate
from evolve.law.graph import Law, call, const, evaluate, feat, num
from evolve.law.recipe import Recipe
from evolve.search.problem import make_search_problem, plain_space_of, space_of
from evolve.search.view import inward, outward
from evolve.tasks.task import Task

X = np.geomspace(1e6, 1e9, 24)


def task_with(y: np.ndarray, bounds: list[float]) -> Task:
    """A task of one size whose target has bounds."""
    targets = [{"name": "y0", "bounds": bounds}]
    return task_of(X, y, targets=targets, folds={"axes": ["a"]}, max_constants=5)


@pytest.mark.parametrize("top", [1.0, 100.0])
def test_what_rises_towards_its_ceiling_is_seen_as_what_it_leaves_to_it(top: float) -> None:
    task = task_with(top * (0.95 - 9.0 * X**-0.2), [0.0, top])
    space = space_of(task)
    assert (task.frame.ceiling, space.ceiling) == (top, top)
    assert space.positive
    assert not space.either_way
    assert plain_space_of(task).ceiling is None
    for proposal in make_search_problem(task, 0).starts:
        of_task = proposal.genome
        assert isinstance(of_task, Candidate)
        assert of_task.law.root.args[0] == num(top)
        assert of_task.recipe.of_gap
        seen = inward(of_task, space)
        assert not seen.recipe.of_gap
        assert outward(seen, space).law.root.args[0] == num(top)


def test_a_law_of_another_form_is_seen_as_a_ceiling_less_it_and_told_as_that() -> None:
    space = space_of(task_with(0.95 - 9.0 * X**-0.2, [0.0, 1.0]))
    power = call("exp", call("mul", const(0), call("log", feat(0))))
    seen = inward(Candidate(Law(power, 1), Recipe("log")), space)
    assert seen.law.root.op == "sub"
    told = outward(seen, space)
    assert told.law.root.args[0] == num(1.0)
    assert inward(told, space).law == seen.law
    rows = X[:, None] / X[0]
    np.testing.assert_allclose(
        evaluate(told.law.root, rows, np.array([-0.3])), evaluate(power, rows, np.array([-0.3]))
    )


@pytest.mark.parametrize(
    ("y", "bounds"),
    [
        (0.05 + 9.0 * X**-0.2, [0.0, 1.0]),  # falls
        (1e-4 * X**0.3, [0.0, 1.0]),  # is nearer to 0
        (0.95 - 9.0 * X**-0.2, [0.0, np.inf]),
        (1.95 - 9.0 * X**-0.2, [0.0, 1.0]),  # is above it
        (np.minimum(1.2 - 9.0 * X**-0.2, 1.0), [0.0, 1.0]),  # has come to it
        (-9.0 * X**-0.2, [-np.inf, 0.0]),  # as negative targets are
    ],
)
def test_other_targets_are_seen_as_they_are(y: np.ndarray, bounds: list[float]) -> None:
    assert task_with(y, bounds).frame.ceiling is None
