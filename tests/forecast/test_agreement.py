"""Independent searches agree where each alone forecasts what all of them do."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from small_tasks import task_of

from evolve.forecast.agreement import agreement_of
from evolve.forecast.calibration import make_forecast_model
from evolve.forecast.judge import verdict_of
from evolve.forecast.members import contenders_of
from evolve.forecast.verdict import CARE, HOLDS, verdict_from_data
from evolve.search.champion import Choice
from evolve.search.memory import search_in_memory
from evolve.search.problem import make_search_problem
from evolve.tasks.task import Task


@pytest.fixture(scope="module")
def chosen() -> tuple[Task, Choice]:
    """A choice in whose forecast the two leading laws count alike, each of its own search."""
    x = np.repeat(2.0 ** np.arange(12), 2)
    y = 1.0 + 3.0 * x**-0.4 + 0.002 * np.random.default_rng(4).normal(size=len(x))
    task = task_of(x, y, folds={"axes": ["a"]}, max_constants=4)
    choice = search_in_memory(make_search_problem(task, 0), 64, 0)
    assert choice is not None
    best = choice.champion
    pair = tuple(replace(best, weight=0.5, seeds=(number,)) for number in (0, 1))
    return task, replace(choice, champion=pair[0], finalists=pair)


def moved(choice: Choice, factor: float) -> Choice:
    """The choice with the constants of the second search's law times a factor."""
    first, second = choice.finalists
    constants = {name: factor * np.asarray(c) for name, c in second.fitted.constants.items()}
    other = replace(second, fitted=replace(second.fitted, constants=constants))
    return replace(choice, finalists=(first, other))


def test_searches_that_say_the_same_agree(chosen: tuple[Task, Choice]) -> None:
    task, choice = chosen
    assert agreement_of(task, choice, [1.5, 3.0]) == pytest.approx(1.0)


def test_searches_that_part_beyond_the_data_do_not(chosen: tuple[Task, Choice]) -> None:
    task, choice = chosen
    agreement = agreement_of(task, moved(choice, 1.5), [1.5, 3.0])
    assert agreement is not None
    assert -1.0 <= agreement < 0.9


def test_one_search_alone_says_nothing_of_agreement(chosen: tuple[Task, Choice]) -> None:
    task, choice = chosen
    assert agreement_of(task, replace(choice, finalists=choice.finalists[:1]), [3.0]) is None


def test_a_law_on_which_the_searches_part_is_to_be_handled_with_care(
    chosen: tuple[Task, Choice],
) -> None:
    task, choice = chosen
    forecast_model = make_forecast_model(task, contenders_of(choice), chosen=True)
    one = verdict_of(task, choice, forecast_model)
    assert (one.verdict, one.agreement) == (HOLDS, pytest.approx(1.0))
    apart = verdict_of(task, moved(choice, 1.5), forecast_model)
    assert apart.verdict == CARE
    assert any("each independent search" in reason for reason in apart.reasons)
    assert verdict_from_data(apart.to_data()) == apart
