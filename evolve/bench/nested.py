"""Searches of training rows without their far end, judged on it.

The rows of the largest scales are taken out of a task's training rows; the rest is searched as a
task of its own; what the search chose is scored on the rows taken out. So choices about the engine
can be made on the training rows of real tasks, and `test.csv` stays closed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from scipy.stats import spearmanr

from evolve.bench.families import FAMILIES
from evolve.bench.measure import error_of, mean_clipped, mean_log_error, r2_of
from evolve.bench.synthetic import make_case
from evolve.bench.tasks import formula_text, predict
from evolve.errors import EvolveError
from evolve.scoring.combine import combine
from evolve.search.champion import Choice
from evolve.search.memory import search_in_memory
from evolve.search.problem import SearchProblem, make_search_problem
from evolve.tasks.folds import extrapolation_rows
from evolve.tasks.task import Table, Task
from evolve.typing import Array

SHARES = (0.1, 0.35)
NOISES = (0.001, 0.01)
SYNTHETIC_SEED = 100  # `bench recover` reports seeds 0, 1 and 2
JUDGED = ("champion", "forecast")  # what variants are compared by
FULL = "full"  # the variant in which nothing is changed


@dataclass(frozen=True, slots=True)
class NestedResult:
    """One search of inner rows, judged on the outer rows.

    Attributes:
        case: Task or family, and how much was taken out or the noise.
        variant: What was changed in the engine; `FULL` for nothing.
        seed: Seed of the run.
        champion: R² of the champion on the outer rows.
        forecast: R² of what all finalists say together.
        by_score: R² of the finalist with the best score in the search.
        by_train: R² of the finalist that fits the inner rows best.
        best: R² of the finalist that predicts the outer rows best: what no rule can beat.
        rank_score: Rank correlation of search score and outer error over the finalists.
        rank_first: The same of the error on the fold with the smallest hold-out.
        rank_last: The same of the error on the fold with the largest hold-out.
        rank_train: The same of the error on the inner rows.
        n_constants: Constants of the champion.
        seconds: Wall time.
        formula: The champion.
    """

    case: str
    variant: str
    seed: int
    champion: float
    forecast: float
    by_score: float
    by_train: float
    best: float
    rank_score: float
    rank_first: float
    rank_last: float
    rank_train: float
    n_constants: int
    seconds: float
    formula: str

    def to_data(self) -> dict[str, Any]:
        """JSON value."""
        return asdict(self)


def inner_task(task: Task, share: float) -> tuple[Task, Table] | None:
    """A task without its far end, and the rows of that.

    Args:
        task: Its training rows only are read.
        share: Least share of the rows to take out; of a task that does not extrapolate, that
            share of its runs where rows are points of these, else of its different rows of
            features, in all groups.

    Returns:
        The inner task and the outer rows; None where too few scales are left.
    """
    train = task.train
    if task.spec.folds.axes:
        outer = extrapolation_rows(task, share)
    else:
        point = np.unique(train.X, axis=0, return_inverse=True)[1].ravel()
        unit = point if train.curve is None else train.curve
        order = np.random.default_rng(0).permutation(np.unique(unit))
        outer = np.isin(unit, order[: round(share * len(order))])
    if outer.sum() < 3:
        return None
    inner = replace(task, name=f"{task.name} {share:g}", train=train.at(~outer))
    return inner, inner.numbered(train.at(outer))


def cases(tasks: Sequence[Task], families: Sequence[str]) -> list[tuple[Task, Table]]:
    """Inner tasks of real tasks and of known laws, each with its outer rows."""
    real = [inner_task(task, share) for task in tasks for share in SHARES]
    synthetic = [
        make_case(FAMILIES[name], noise, SYNTHETIC_SEED) for name in families for noise in NOISES
    ]
    return [case for case in real if case is not None] + synthetic


def run_case(
    case: tuple[Task, Table],
    seed: int,
    evaluations: int,
    workers: int,
    variant: str = FULL,
    change: Callable[[SearchProblem], SearchProblem] | None = None,
    seconds: float | None = None,
) -> NestedResult:
    """Search an inner task and judge what was found on the outer rows.

    Raises:
        EvolveError: the task has no folds, or nothing could be fitted.
    """
    task, outer = case
    problem = make_search_problem(task, seed)
    problem = change(problem) if change else problem
    began = time.monotonic()
    choice = search_in_memory(problem, evaluations, workers, seconds=seconds)
    if choice is None:
        raise EvolveError(f"{task.name}: no candidate could be fitted")
    return _result(task, outer, choice, variant, seed, time.monotonic() - began)


def _result(
    task: Task, outer: Table, choice: Choice, variant: str, seed: int, seconds: float
) -> NestedResult:
    finalists = choice.finalists
    values = np.array([predict(task, f, outer) for f in finalists])
    weights = np.array([f.weight for f in finalists])
    errors = np.array([error_of(outer.Y, value) for value in values])
    scores = np.array([f.entry.evaluation.score or 0.0 for f in finalists])
    folds = np.array([[s.nmse for s in f.entry.evaluation.folds] for f in finalists])
    train = np.array([1.0 - (f.fitted.train_r2 or 0.0) for f in finalists])
    return NestedResult(
        case=task.name,
        variant=variant,
        seed=seed,
        champion=r2_of(outer.Y, predict(task, choice.champion, outer)),
        forecast=r2_of(outer.Y, combine(values, weights)[0]),
        by_score=1.0 - errors[int(np.argmin(scores))],
        by_train=1.0 - errors[int(np.argmin(train))],
        best=1.0 - errors.min(),
        rank_score=_rank(scores, errors),
        rank_first=_rank(folds[:, 0], errors),
        rank_last=_rank(folds[:, -1], errors),
        rank_train=_rank(train, errors),
        n_constants=choice.champion.fitted.n_constants,
        seconds=seconds,
        formula=formula_text(task, choice.champion),
    )


def _rank(values: Array, errors: Array) -> float:
    """Rank correlation; 0 where either does not vary."""
    if len(values) < 3 or np.ptp(values) == 0.0 or np.ptp(errors) == 0.0:
        return 0.0
    return float(spearmanr(values, errors).statistic)


def means(results: Sequence[NestedResult]) -> dict[str, float]:
    """Means over cases: R² (each at least -1) under every rule, log errors, rank correlations."""
    rules = ("champion", "forecast", "by_score", "by_train", "best")
    ranks = ("rank_score", "rank_first", "rank_last", "rank_train")
    columns = {name: [getattr(result, name) for result in results] for name in (*rules, *ranks)}
    by_rule = {name: mean_clipped(columns[name]) for name in rules}
    by_rule |= {f"log error, {name}": mean_log_error(columns[name]) for name in JUDGED}
    return by_rule | {name: float(np.mean(columns[name])) for name in ranks}


def differences(results: Sequence[NestedResult]) -> list[dict[str, Any]]:
    """How far every variant is from the full engine: mean over cases, and its standard error.

    A case counts once, with its mean over the seeds that both have. R² count at least -1; of log
    errors (`mean_log_error`) less is better.
    """
    by_variant: dict[str, dict[tuple[str, int], NestedResult]] = {}
    for result in results:
        by_variant.setdefault(result.variant, {})[result.case, result.seed] = result
    full = by_variant.pop(FULL, {})
    rows = []
    for variant, found in by_variant.items():
        both = [place for place in found if place in full]
        if not both:
            continue
        row: dict[str, Any] = {"variant": variant, "n": len({case for case, _ in both})}
        for name in JUDGED:
            for measure, heading in ((mean_clipped, name), (mean_log_error, f"log error, {name}")):
                by_case: dict[str, list[float]] = {}
                for place in both:
                    ours, theirs = (getattr(r[place], name) for r in (found, full))
                    by_case.setdefault(place[0], []).append(measure([ours]) - measure([theirs]))
                row[heading], row[f"± {heading}"] = _mean_and_error(list(by_case.values()))
        rows.append(row)
    return rows


def _mean_and_error(groups: Sequence[Sequence[float]]) -> tuple[float, float | None]:
    """Mean of the groups' means and its standard error; None of a single group."""
    values = [float(np.mean(group)) for group in groups]
    n = len(values)
    return float(np.mean(values)), float(np.std(values, ddof=1) / n**0.5) if n > 1 else None
