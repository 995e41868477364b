"""Evaluates candidates and programs of a run through an executor."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self, cast

from evolve.evaluation.coming import Coming
from evolve.evaluation.executor import make_executor
from evolve.evaluation.problem import EvaluationProblem
from evolve.evaluation.record import Evaluation
from evolve.evaluation.requests import EvaluateRequest, FitRequest, Fits, Form
from evolve.sandbox import Limits


class Evaluator:
    """The executor of one run, and what it is asked; use as a context manager."""

    def __init__(
        self,
        problem: EvaluationProblem,
        n_workers: int,
        limits: Limits | None = None,
        executor: str | None = None,
    ) -> None:
        """Start the executor.

        Args:
            problem: What candidates are judged on.
            n_workers: Number of worker processes; with 0, everything is fitted in this one.
            limits: What one call may use; not kept without processes.
            executor: Name of the executor, as `make_executor` takes it.
        """
        self.problem = problem
        self._executor = make_executor(problem, n_workers, limits, executor)

    def __enter__(self) -> Self:
        """The evaluator itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop the executor."""
        self.close()

    def rest(self) -> None:
        """Keep the process that single requests take, and stop the others."""
        self._executor.rest()

    def close(self) -> None:
        """Stop the executor's processes."""
        self._executor.close()

    @property
    def n_values(self) -> int:
        """Training targets of the task, as the price of a law's size takes them."""
        return self.problem.task.train.n_values

    def begin(self, forms: Sequence[Form], bar: float) -> Callable[[], list[Evaluation]]:
        """Begin to evaluate candidates and programs: screened on one fold, then scored on all.

        Args:
            forms: Laws and recipes, or programs; of those that are still `Coming`, the first are
                evaluated meanwhile.
            bar: Screening score that earns all folds (inf: all do).

        Returns:
            What waits for the evaluations: one a form, in order, whatever the number of workers.
        """
        answers = self._executor.begin(Coming(EvaluateRequest(form, bar) for form in forms))
        return lambda: cast("list[Evaluation]", answers())

    def evaluate(self, forms: Sequence[Form], bar: float) -> list[Evaluation]:
        """Evaluate candidates and programs; arguments and evaluations are those of `begin`."""
        return self.begin(forms, bar)()

    def fit(
        self, forms: Sequence[Form], folds: Sequence[int], *, errors: bool = True
    ) -> list[Fits]:
        """Fit candidates and programs on some folds.

        Args:
            forms: Laws and recipes, or programs.
            folds: Numbers of folds of the problem.
            errors: Whether standard errors and covariances are wanted.

        Returns:
            For each form one result a fold, or the evaluation of its failure. A single form goes
            before all that waits.
        """
        if len(forms) == 1:
            one = FitRequest(forms[0], tuple(folds), errors)
            return [self._executor.answer_first(one)]
        return self._executor.map([FitRequest(form, tuple(folds), errors) for form in forms])
