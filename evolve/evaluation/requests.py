"""What an executor is asked and what it answers: typed values that can be pickled."""

from __future__ import annotations

from dataclasses import dataclass, replace

from evolve.evaluation.record import Entry, Evaluation
from evolve.fitting.messages import FoldAnswer
from evolve.law.candidate import Candidate, candidate_from_data
from evolve.law.graph import Law
from evolve.law.program import Program, parse_program
from evolve.scoring.fold import FoldScore
from evolve.typing import Array

# What is evaluated: law and recipe, or a program that cannot be traced and brings its own fit.
Form = Candidate | Program


def form_of(entry: Entry) -> Form:
    """What an entry evaluated.

    Raises:
        ProgramError: Its text breaks the program contract.
    """
    if entry.law is None or entry.recipe is None:
        return parse_program(entry.text)
    return candidate_from_data(entry.law, entry.recipe)


def law_of(form: Form) -> Law | Program:
    """What predicts: the law's graph, or the program."""
    return form.law if isinstance(form, Candidate) else form


def with_starts(form: Form, most: int) -> Form:
    """The form with at most so many starts of each fit, where it is ours to say."""
    if isinstance(form, Program):
        return form
    if form.recipe.n_starts <= most:
        return form
    return Candidate(form.law, replace(form.recipe, n_starts=most))


@dataclass(frozen=True, slots=True)
class EvaluateRequest:
    """Screen a form on one fold, then score it on all folds.

    Attributes:
        form: Candidate or program.
        bar: Screening score that earns all folds; inf if all forms do.
    """

    form: Form
    bar: float


@dataclass(frozen=True, slots=True)
class FitRequest:
    """Fit a form on some folds.

    Attributes:
        form: Candidate or program.
        folds: Numbers of folds of the problem.
        errors: Whether standard errors and covariances are wanted.
    """

    form: Form
    folds: tuple[int, ...]
    errors: bool = True


@dataclass(frozen=True, slots=True)
class FoldResult:
    """One form fitted on one fold, and how well it predicts.

    Attributes:
        score: How well the held-out rows were predicted.
        answer: Constants, predictions and diagnostics.
    """

    score: FoldScore
    answer: FoldAnswer

    @property
    def groups(self) -> tuple[int, ...]:
        """Numbers of the groups that were fitted."""
        return self.answer.groups

    @property
    def constants(self) -> Array:
        """`(n_groups * t, p)` constants, targets running fastest."""
        return self.answer.constants

    @property
    def errors(self) -> Array:
        """`(n_groups * t, p)` standard errors."""
        return self.answer.errors

    @property
    def priors(self) -> Array:
        """`(n_groups * t, 2, p)` centres and precisions, nan for none."""
        return self.answer.priors

    @property
    def predictions(self) -> Array:
        """`(n_held, t)` predictions of the rows held out."""
        return self.answer.predictions

    @property
    def facts(self) -> dict[str, float]:
        """Diagnostics of the fits."""
        return self.answer.facts


Request = EvaluateRequest | FitRequest
Fits = list[FoldResult] | Evaluation  # one result a fold, or the evaluation of a failure
Answer = Evaluation | Fits
