"""A law or program fitted on all training rows of a task: the value that answers speak of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from evolve.errors import EvolveError, ProgramError, nearest
from evolve.evaluation.predict import UNANSWERED, Predictable, predict_groups
from evolve.evaluation.problem import EvaluationProblem
from evolve.evaluation.programs import ProgramRunner, shared_runner
from evolve.evaluation.requests import Form, law_of
from evolve.evaluation.widened import with_wider_errors
from evolve.fitting.messages import FoldAnswer
from evolve.law.candidate import Candidate
from evolve.law.graph import numbered_names
from evolve.law.program import Program
from evolve.scoring.fold import Fold, FoldScore, all_rows
from evolve.scoring.metrics import r2
from evolve.scoring.objective import losses_of
from evolve.tasks.task import Task
from evolve.typing import Array


@dataclass(frozen=True, slots=True)
class FittedLaw:
    """A law fitted on all training rows.

    Attributes:
        form: Law and recipe, or the program.
        constants: `(t, p)` constants of each group, by name.
        errors: `(t, p)` standard errors of each group's constants, which know that points of one
            run go together; nan for a program.
        covariance: `(t, p, p)` covariance of each group's constants, likewise.
        priors: `(t, 2, p)` centres and precisions learnt across groups, None without them.
        predictions: `(n, t)` predictions of the training rows.
        train_r2: R² on the training rows, by their weights; None where it is not finite.
        n_free: How many constants the rows decide, for each target, of all groups together:
            what groups have in common counts once.
        folds: How well it did on folds of the training rows.
        given: Groups whose errors go by the deviations that the user gave, of every target.
        common: Numbers of the constants that all groups have in common.
        converged: Share of the fits, of groups and targets, that converged from some start.
    """

    form: Form
    constants: dict[str, Array]
    errors: dict[str, Array]
    covariance: dict[str, Array]
    priors: Array | None
    predictions: Array
    train_r2: float | None
    n_free: float
    folds: tuple[FoldScore, ...] = ()
    given: frozenset[str] = frozenset()
    common: tuple[int, ...] = ()
    converged: float = 1.0

    @property
    def candidate(self) -> Candidate | None:
        """Law and recipe; None for a program that cannot be traced."""
        return self.form if isinstance(self.form, Candidate) else None

    @property
    def law(self) -> Predictable:
        """What predicts: the law's graph, or the program."""
        return law_of(self.form)

    @property
    def n_constants(self) -> int:
        """Constants for each group and target."""
        return int(next(iter(self.constants.values())).shape[1])

    @property
    def constant_names(self) -> tuple[str, ...]:
        """What its author calls the constants; else c0, c1, …."""
        if self.candidate is None:
            return numbered_names(self.n_constants)
        return self.candidate.law.constant_names

    @property
    def losses(self) -> Array:
        """`(n_folds,)` losses on the folds."""
        return losses_of(self.folds)

    def predict(
        self, X: Array, group: str | Sequence[str], programs: ProgramRunner | None = None
    ) -> Array:
        """Predict rows.

        Args:
            X: `(n, f)` raw features.
            group: The group of all rows, or `(n,)` of each.
            programs: Where a program runs; the runner of this process if None.

        Returns:
            `(n, t)` predictions.

        Raises:
            EvolveError: A group was not fitted.
            ProgramFailedError: A program failed.
        """
        number = {name: i for i, name in enumerate(self.constants)}
        labels = [group] * len(X) if isinstance(group, str) else list(group)
        for label in labels:
            if label not in number:
                raise EvolveError(f"group: {label!r} was not fitted{nearest(label, list(number))}")
        numbers = np.array([number[label] for label in labels], dtype=np.int64)
        tables = np.array(list(self.constants.values()))
        return predict_groups(self.law, X, numbers, tables, programs)

    def predict_or_nan(self, X: Array, groups: Sequence[str]) -> Array:
        """As `predict`, with nan for all rows where a program fails, as it may far out."""
        try:
            return self.predict(X, groups)
        except UNANSWERED:
            return np.full((len(X), len(next(iter(self.constants.values())))), np.nan)


def fitted_law(
    task: Task, form: Form, whole: FoldAnswer, folds: Sequence[FoldScore] = ()
) -> FittedLaw:
    """The fitted law that a fit of all training rows gives.

    Args:
        task: The task whose rows were fitted.
        form: What was fitted.
        whole: The answer for the fold of all rows, with errors.
        folds: How well it did on folds.
    """
    whole = with_wider_errors(task, form, whole)
    n_targets, names = len(task.target_names), [task.group_names[g] for g in whole.groups]
    p = whole.constants.shape[1]
    tables = (len(names), n_targets, p)  # no -1: a program may have no constants
    covariances = whole.covariances
    if not len(covariances):
        covariances = np.full((len(whole.constants), p, p), np.nan)
    priors, given = whole.priors[:n_targets], whole.given.reshape(len(names), n_targets)
    try:
        train_r2 = r2(task.train.Y, whole.predictions, task.train.counts)
    except ProgramError:
        train_r2 = None
    return FittedLaw(
        form=form,
        constants=dict(zip(names, whole.constants.reshape(tables), strict=True)),
        errors=dict(zip(names, whole.errors.reshape(tables), strict=True)),
        covariance=dict(zip(names, covariances.reshape(*tables, p), strict=True)),
        priors=None if np.isnan(priors).any() or not p else priors,
        predictions=whole.predictions,
        train_r2=train_r2,
        n_free=whole.n_free,
        folds=tuple(folds),
        given=frozenset(name for name, each in zip(names, given, strict=True) if each.all()),
        common=tuple(np.flatnonzero(whole.common).tolist()),
        converged=whole.facts.get("converged", 1.0),
    )


def fit_folds_of(
    task: Task,
    form: Form,
    folds: Sequence[Fold],
    starts: int | None = None,
    programs: ProgramRunner | None = None,
) -> list[FoldAnswer]:
    """Fit a form on folds in this process, with errors; a program where programs run.

    Args:
        task: Its training rows are fitted.
        form: Law and recipe, or a program.
        folds: What to fit and to predict.
        starts: Most starts of each fit; the recipe's own number if None.
        programs: Where a program runs; the runner of this process if None.

    Raises:
        ProgramFailedError: A program failed.
    """
    if isinstance(form, Program):
        runner, problem = programs or shared_runner(), EvaluationProblem(task, tuple(folds))
        return [runner.fit_fold(problem, form, number) for number in range(len(folds))]
    from evolve.fitting.fold_fits import Rows, fit_folds  # loads the compiler, for those who fit
    from evolve.fitting.service import answer_of

    recipe, train = form.recipe, task.train
    if starts is not None:
        recipe = replace(recipe, n_starts=min(starts, recipe.n_starts))
    rows = Rows(
        train.X,
        train.Y,
        train.group,
        task.axes,
        frames=task.frame.targets,
        weights=train.weights,
    )
    fits = fit_folds(rows, list(folds), form.law, recipe)
    return [answer_of(fit, errors=True) for fit in fits]


def fit_rows(task: Task, form: Form, programs: ProgramRunner | None = None) -> FittedLaw:
    """Fit a form on all training rows.

    Raises:
        ProgramFailedError: A program failed.
    """
    (whole,) = fit_folds_of(task, form, [all_rows(task.train.n_rows)], programs=programs)
    return fitted_law(task, form, whole)
