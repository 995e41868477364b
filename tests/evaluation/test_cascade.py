"""A fit that the machine kept waiting is asked for once more, and no more often."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import pytest

from evolve.evaluation.cascade import _answers
from evolve.evaluation.problem import EvaluationProblem
from evolve.evaluation.programs import ProgramRunner
from evolve.evaluation.record import Evaluation
from evolve.fitting.messages import FoldAnswer
from evolve.sandbox import Outcome
from tests.evaluation.test_evaluator import POWER, power_task, problem_of

TIMEOUT, CPU = Outcome("timeout", "no answer"), Outcome("cpu", "too long")
Asked = Generator[dict[str, Any], Outcome, list[FoldAnswer] | Evaluation]


def asked() -> Asked:
    problem: EvaluationProblem = problem_of(power_task())
    return _answers(problem, ProgramRunner(), POWER, [0], errors=False)


def end_of(steps: Asked, outcome: Outcome) -> Any:
    with pytest.raises(StopIteration) as end:
        steps.send(outcome)
    return end.value.value


def test_a_fit_without_an_answer_in_time_is_asked_for_once_more() -> None:
    steps = asked()
    request = next(steps)
    assert steps.send(TIMEOUT) is request
    assert end_of(steps, TIMEOUT).status == "timeout"


def test_one_that_used_up_its_processor_time_is_not() -> None:
    steps = asked()
    next(steps)
    assert end_of(steps, CPU).status == "cpu"
