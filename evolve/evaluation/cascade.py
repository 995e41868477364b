"""One request to its answer: fit in a sandboxed lane, judge here, where the targets are.

A candidate of the grammar is fitted by a worker that runs our own code alone; a program that
cannot be traced is run in the foreign lane. Both give the same `FoldAnswer`s, judged alike.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from evolve.evaluation.failed import ProgramFailedError
from evolve.evaluation.problem import EvaluationProblem, failed
from evolve.evaluation.programs import ProgramRunner
from evolve.evaluation.record import Evaluation
from evolve.evaluation.requests import (
    Answer,
    EvaluateRequest,
    Fits,
    FoldResult,
    Form,
    Request,
    with_starts,
)
from evolve.fitting import messages
from evolve.fitting.messages import FoldAnswer, unpack_answers
from evolve.law.candidate import Candidate
from evolve.law.canonical import canonical, complexity
from evolve.law.program import Program, program_size
from evolve.sandbox import Outcome
from evolve.scoring.objective import (
    SCREEN_STARTS,
    score,
    screen_passes,
)
from evolve.scoring.price import physics_price, price_of


class Caller(Protocol):
    """What has requests for candidates answered by our own code, in one process or another."""

    def call(self, meta: dict[str, Any]) -> Outcome:
        """Send one request and wait for its answer or its end."""


@dataclass(frozen=True, slots=True)
class Lanes:
    """Where forms are fitted.

    Attributes:
        worker: For candidates: our own code, a long-lived process or this very one.
        programs: For programs: any code, one throw-away process a call.
    """

    worker: Caller
    programs: ProgramRunner


# What answers a request, as a generator: it yields the messages of calls of a worker, is sent what
# came of each, and returns the answer. Whoever runs it may run others while a worker is at work.
Steps = Generator[dict[str, Any], Outcome, Answer]


def answer(problem: EvaluationProblem, lanes: Lanes, request: Request) -> Answer:
    """Answer one request; what fails is an `Evaluation` with a status."""
    steps = answering(problem, lanes.programs, request)
    try:
        message = next(steps)
        while True:
            message = steps.send(lanes.worker.call(message))
    except StopIteration as end:
        answered: Answer = end.value
        return answered


def answering(problem: EvaluationProblem, programs: ProgramRunner, request: Request) -> Steps:
    """Answer one request by calls of whatever worker; arguments as of `answer`."""
    if isinstance(request, EvaluateRequest):
        return (yield from _evaluate(problem, programs, request))
    return (yield from _fit(problem, programs, request.form, request.folds, errors=request.errors))


def _evaluate(
    problem: EvaluationProblem, programs: ProgramRunner, request: EvaluateRequest
) -> Generator[dict[str, Any], Outcome, Evaluation]:
    """Screen a form on one fold with few starts, then score it on all folds."""
    began = time.monotonic()
    form, n_folds = request.form, len(problem.folds)
    results = yield from _fit(problem, programs, with_starts(form, SCREEN_STARTS), [n_folds])
    size = _size(form, results)
    price = price_of(*size, problem.task.train.n_values)
    screened, screen_score = False, 0.0
    if not isinstance(results, Evaluation):
        screen_score = score([results[0].score], 0.0)
        screened = not screen_passes(screen_score + price, request.bar)
        if not screened:
            results = yield from _fit(problem, programs, form, range(n_folds))
    seconds = time.monotonic() - began
    if isinstance(results, Evaluation):
        return replace(results, n_constants=size[0], complexity=size[1], seconds=seconds)
    broken = physics_price([r.facts["against_physics"] for r in results])
    scores = tuple(r.score for r in results)
    return Evaluation(
        status="screened" if screened else "ok",
        message="",
        score=None if screened else score(scores, price) + broken,
        stage=0 if screened else 1,
        folds=scores,
        n_constants=size[0],
        complexity=size[1],
        seconds=seconds,
        facts={"look": screen_score, "fits": [r.facts for r in results]},
    )


def _fit(
    problem: EvaluationProblem,
    programs: ProgramRunner,
    form: Form,
    folds: Sequence[int],
    *,
    errors: bool = False,
) -> Generator[dict[str, Any], Outcome, Fits]:
    """Fit a form on some folds and judge its predictions, or say how it failed."""
    answers = yield from _answers(problem, programs, form, folds, errors=errors)
    if isinstance(answers, Evaluation):
        return answers
    results = []
    for number, response in zip(folds, answers, strict=True):
        judged = problem.judge(number, response.predictions, response.fitted, response.n_free)
        if isinstance(judged, Evaluation):
            return judged
        if response.facts["not_finite_beyond"] > 0.0:
            return failed("not-finite", f"{judged.name}: not finite beyond the data")
        results.append(FoldResult(judged, response))
    return results


def _answers(
    problem: EvaluationProblem,
    programs: ProgramRunner,
    form: Form,
    folds: Sequence[int],
    *,
    errors: bool,
) -> Generator[dict[str, Any], Outcome, list[FoldAnswer] | Evaluation]:
    """What the form's lane says of each fold."""
    if isinstance(form, Program):
        try:
            return [programs.fit_fold(problem, form, number) for number in folds]
        except ProgramFailedError as error:
            return failed(error.status, error.message)
    outcome = yield messages.FitRequest(form, tuple(folds), errors).pack()
    if not outcome.ok:
        return failed(outcome.status, outcome.message)
    return unpack_answers(outcome.meta, outcome.arrays)


def _size(form: Form, results: Fits) -> tuple[int, float]:
    """Constants for each group and target, and complexity.

    How many constants a program has is known once it has been fitted.
    """
    if isinstance(form, Candidate):
        # Of a law in the spelling of its author, too, what counts is its form.
        root = canonical(form.law.root)[0] if form.law.names else form.law.root
        return form.law.n_constants, complexity(root)
    n_constants = 0 if isinstance(results, Evaluation) else results[0].constants.shape[1]
    return n_constants, float(program_size(form))
