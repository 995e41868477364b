"""Whatever a child answers, the engine makes an outcome of it and goes on."""

from __future__ import annotations

import contextlib
import json
import random
from typing import Any

import numpy as np
import pytest

from benchmarks.frames import LIMITS, NONCE, ROWS, lane_of, of_a_fork, of_a_worker, read
from evolve.evaluation.failed import ProgramFailedError
from evolve.evaluation.foreign import run_text
from evolve.evaluation.problem import EvaluationProblem
from evolve.evaluation.programs import ProgramRunner
from evolve.law.program import parse_program
from evolve.sandbox import Outcome, wire
from evolve.sandbox.answer import read_answer
from evolve.tasks.folds import make_folds
from evolve.tasks.task import load_task

N_FRAMES = 500
TEXT = """
# EVOLVE-BLOCK-START
def scaling_law_func(data_points, params):
    return params


def fit_scaling_law(data_points, loss_values):
    return loss_values
# EVOLVE-BLOCK-END
"""


@pytest.mark.parametrize("part", range(5))
def test_no_frame_of_five_hundred_raises_in_the_engine(part: int) -> None:
    rng = random.Random(part)
    statuses = {o.status for _ in range(N_FRAMES // 5) for o in read(rng)}
    assert {"bad-answer", "exception", "answer-too-large", "no-answer"} <= statuses


def frame(meta: Any, shapes: Any, values: int = 0) -> bytes:
    header = json.dumps({"meta": meta, "shapes": shapes}).encode()
    prefix = wire.PREFIX.pack(wire.MAGIC, NONCE, len(header), 8 * values)
    return prefix + header + bytes(8 * values)


@pytest.mark.parametrize(
    "meta",
    [
        {},
        {"status": ["ok"]},
        {"status": {"a": 1}},
        {"status": None},
        {"status": "violation"},
        {"status": "exception"},
        {"status": "exception", "message": ["text"]},
        {"status": "ok", "cpu_s": "1"},
        {"status": "ok", "cpu_s": True},
        {"status": "ok", "cpu_s": -1},
        {"status": "ok", "cpu_s": float("nan")},
        {"status": "ok", "rss_kib": 10**400},
        {"status": "ok", "meta": [1]},
    ],
)
@pytest.mark.parametrize("reader", [of_a_fork, of_a_worker])
def test_a_field_of_another_kind_is_a_bad_answer(reader: Any, meta: Any) -> None:
    assert reader(frame(meta, [])).status == "bad-answer"


@pytest.mark.parametrize("reader", [of_a_fork, of_a_worker])
@pytest.mark.parametrize(
    "shape", [[0, 1 << 31, 1 << 31, 1 << 31], [0, (1 << 32) - 1], [1 << 16, 1 << 16, 0, 1 << 31]]
)
def test_shapes_whose_product_overflows_are_a_bad_answer(reader: Any, shape: list[int]) -> None:
    outcome = reader(frame({"status": "ok"}, [shape]))
    assert (outcome.status, outcome.message) == (
        "bad-answer",
        "answer: header has the wrong fields",
    )


def test_a_failure_has_no_arrays_and_a_printable_message() -> None:
    told = {"status": "exception", "message": "a\x1b[31mb\ud800"}
    outcome = read_answer(told, (np.ones(2),), LIMITS)
    assert outcome == Outcome("exception", "a?[31mb?")


def test_predictions_without_columns_are_a_bad_answer() -> None:
    lane = lane_of(lambda: frame({"status": "ok"}, [[n, 0] for n in ROWS]))
    assert lane.predict("", [np.ones((n, 1)) for n in ROWS], []).status == "bad-answer"


class Shapes:
    """In place of processes: answers with arrays of shapes that come near those asked for."""

    def __init__(self, seed: int, n_targets: int) -> None:
        self._rng, one = random.Random(seed), [(2,), (1, 2), (3, 2), (), (0,), (2, 0)]
        self._constants = one[seed % len(one)]
        self._row = (n_targets,) if n_targets > 1 else ()

    def run(self, meta: dict[str, Any], arrays: Any, cpu_s: float) -> Outcome:
        inputs = arrays[: len(arrays) // 2]
        shape = self._constants
        if meta["kind"] == "predict":
            is_odd = self._rng.random() < 0.05
            shape = self._rng.choice([(1,), (2,), (3,), (0,)]) if is_odd else self._row
        n_rows = [(len(x),) if meta["kind"] == "predict" else () for x in inputs]
        values = [np.ones((*n, *shape)) for n in n_rows]
        return of_a_fork(wire.pack(NONCE, {"status": "ok"}, values))


@pytest.mark.parametrize("name", ["parallel", "domain_mixture"])
def test_a_program_judged_on_a_fold_fails_alone_whatever_it_answers(name: str) -> None:
    task = load_task(name)
    problem = EvaluationProblem(task, tuple(make_folds(task)))
    for seed in range(60):
        lane: Any = lane_of(lambda: b"")
        lane._runner = Shapes(seed, len(task.target_names))
        lane.limits = LIMITS
        with contextlib.suppress(ProgramFailedError):
            answer = ProgramRunner(lane).fit_fold(problem, parse_program(TEXT), 0)
            n_targets = len(task.target_names)
            assert len(answer.constants) == len(answer.groups) * n_targets
        assert isinstance(run_text(lane, task, problem.all_folds[0], TEXT), str | np.ndarray)
