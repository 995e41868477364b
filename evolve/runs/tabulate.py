"""Fit laws of a run on all training rows for its table: champion, best of each size, literature.

Held-out R2 comes from the run's own folds.
"""

from __future__ import annotations

import numpy as np

from evolve.errors import Argument, EvolveError
from evolve.evaluation.failed import ProgramFailedError
from evolve.evaluation.fitted import FittedLaw, fit_rows
from evolve.evaluation.predict import UNANSWERED
from evolve.evaluation.record import Entry, Evaluation
from evolve.evaluation.requests import form_of
from evolve.law.candidate import Candidate
from evolve.runs.formulas import formula_of, valued_formula_of
from evolve.runs.makers import makers_of
from evolve.runs.results import (
    ResultRow,
    held_out_r2,
    load_results,
)
from evolve.runs.store import Store
from evolve.scoring.in_common import shares_in_common, tells_none
from evolve.search.champion import Choice
from evolve.search.problem import SearchProblem, literature, program_text
from evolve.tasks.task import Task

BEHIND = "it fell behind in the first look, on one fold"


def result_rows(store: Store, problem: SearchProblem, choice: Choice | None) -> list[ResultRow]:
    """The rows of a run's table, the champion first; none while no law has a score.

    Args:
        store: The run.
        problem: Task and seeds.
        choice: The champion and fitted finalists; without one, the best score stands first.
    """
    summary = store.summary()
    if summary.best is None:
        return []
    fitted = {} if choice is None else {f.entry.index: f.fitted for f in choice.finalists}
    first = store.entry(summary.best) if choice is None else choice.champion.entry
    kinds = [(first, "champion")]
    kinds += [(store.entry(index), "size") for index in summary.best_per_size().values()]
    starts = store.entries(stop=len(problem.starts))
    kinds += [(entry, "literature") for entry in literature(problem, starts)]
    return [
        row_of(problem.task, entry, kind, fitted.get(entry.index), UNANSWERED)
        for entry, kind in kinds
    ]


def row_of(
    task: Task,
    entry: Entry,
    kind: str,
    fitted: FittedLaw | None = None,
    excused: tuple[type[Exception], ...] = (ProgramFailedError,),
) -> ResultRow:
    """The row of an entry; without `fitted` its law is fitted here.

    Args:
        task: Its task.
        entry: What is shown.
        kind: Of the row.
        fitted: The fit of all rows, if it was made.
        excused: How a program may fail, so that its row says so.

    Raises:
        SandboxError: It is a program that may not run here, and that is not excused.
    """
    evaluation, form = entry.evaluation, form_of(entry)
    message = _failure(evaluation)
    if fitted is None and evaluation.score is not None:
        try:
            fitted = fit_rows(task, form)
        except excused as error:  # it could be fitted on folds, and not on all rows
            message = f"on all rows: {error}"
    text = entry.text
    if isinstance(form, Candidate) and fitted is not None and fitted.priors is not None:
        text = program_text(task, form, entry.operator, fitted.priors)
    constants = {} if fitted is None else fitted.constants
    errors = {} if fitted is None else fitted.errors
    return ResultRow(
        kind=kind,
        name=entry.operator,
        index=entry.index,
        n_constants=evaluation.n_constants,
        score=evaluation.score,
        held_out_r2=held_out_r2(evaluation),
        train_r2=None if fitted is None else fitted.train_r2,
        formula=formula_of(task, form),
        constants={name: np.asarray(table).tolist() for name, table in constants.items()},
        text=text,
        message=message,
        origin=entry.origin,
        errors={name: np.asarray(table).tolist() for name, table in errors.items()},
        valued_formula=valued_formula_of(task, form, constants),
        constant_names=form.law.constant_names if isinstance(form, Candidate) else (),
        freedom={} if fitted is None else freedom_of(task, fitted),
        shared={} if fitted is None else shared_of(task, fitted),
    )


def freedom_of(task: Task, fitted: FittedLaw) -> dict[str, float]:
    """Degrees of freedom of each group's residuals, at least 1; what groups share is split.

    None of groups whose errors go by deviations that the user gave.
    """
    told = fitted.constants.keys() - fitted.given
    return {name: max(left, 1.0) for name, left in _left(task, fitted).items() if name in told}


def shared_of(task: Task, fitted: FittedLaw) -> dict[str, list[list[float]]]:
    """Share of the variance of each constant's error that goes by the noise of all groups.

    That is what constants in common account for, and all of it of a group whose own rows are too
    few to show noise.

    Returns:
        `(t, p)` by group; none where groups have no constants in common.
    """
    if not fitted.common:
        return {}
    common, left = np.array(fitted.common), _left(task, fitted)
    shared = {
        name: np.array([shares_in_common(each, common) for each in tables])
        for name, tables in fitted.covariance.items()
    }
    few = {name for name in shared if tells_none(left[name])}
    return {
        name: (np.ones_like(shares) if name in few else shares).tolist()
        for name, shares in shared.items()
    }


def _left(task: Task, fitted: FittedLaw) -> dict[str, float]:
    """Rows of each group less the constants that they decide; what groups share is split."""
    each, train = fitted.n_free / len(fitted.constants), task.train
    counts = np.bincount(train.group, minlength=task.n_groups)
    return {name: n - each for name, n in zip(task.group_names, counts.tolist(), strict=True)}


def _failure(evaluation: Evaluation) -> str:
    """Why there is no score; empty where there is one."""
    if evaluation.score is not None:
        return ""
    why = evaluation.message or BEHIND * (evaluation.status == "screened")
    return f"{evaluation.status}: {why}" if why else evaluation.status


def find_row(store: Store, task: Task, size: int | None) -> ResultRow:
    """The champion's row, or that of the best law of a size; fitted now where none was saved.

    Raises:
        EvolveError: The run has no score yet, or no law of that size.
    """
    results = load_results(store)
    if (row := results.row(size)) is not None:
        return row
    best = results.summary.best
    if best is None:
        raise EvolveError(f"run {store.folder.name!r}: no law has a score yet")
    if size is None:
        return row_of(task, makers_of(store).named(store.entry(best)), "champion")
    best_per_size = results.summary.best_per_size()
    if size in best_per_size:
        entry = makers_of(store).named(store.entry(best_per_size[size]))
        return row_of(task, entry, "size")
    sizes = ", ".join(map(str, best_per_size))
    rule = f": must be one of {sizes} in run {store.folder.name!r}, it is {size}"
    raise EvolveError(Argument("size"), rule)
