"""Ways to make one forecast of a search's finalists, side by side on rows that no search saw.

Each case is searched once; every rule then forecasts the outer rows from the same finalists, so
that what differs is the rule alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from evolve.bench.measure import error_of, mean_clipped, r2_of
from evolve.bench.tasks import predict
from evolve.errors import EvolveError
from evolve.evaluation.baselines import predict_baseline
from evolve.scoring.combine import combine
from evolve.search.champion import Choice
from evolve.search.finalists import Finalist
from evolve.search.memory import search_in_memory
from evolve.search.problem import make_search_problem
from evolve.tasks.task import Table, Task
from evolve.typing import Array

FEW = 5  # laws of the median
SOME = 12  # laws of the smaller combination
BEST = "best finalist"  # what no rule can beat

Rule = Callable[[Sequence[Finalist], Array], Array]


def _one_with_least(measure: Callable[[Finalist], float]) -> Rule:
    """The forecast of the finalist with the least of something."""
    return lambda finalists, values: values[int(np.argmin([measure(f) for f in finalists]))]


def _weights(finalists: Sequence[Finalist]) -> Array:
    return np.array([f.weight for f in finalists])


def _plain_mean(finalists: Sequence[Finalist], values: Array) -> Array:
    return np.asarray(np.average(values, axis=0, weights=_weights(finalists)))


# Finalists, best judged first, and their `(k, n, t)` predictions to one `(n, t)`.
RULES: dict[str, Rule] = {
    "all together": lambda finalists, values: combine(values, _weights(finalists))[0],
    "best 12 together": lambda finalists, values: combine(
        values[:SOME], _weights(finalists)[:SOME]
    )[0],
    "all, alike": lambda finalists, values: combine(values, np.ones(len(values)))[0],
    "weighted mean": _plain_mean,
    "median of best 5": lambda finalists, values: np.asarray(np.median(values[:FEW], axis=0)),
    "best judged": lambda finalists, values: values[0],
    "best held out": _one_with_least(lambda f: f.held_out_loss),
    "best fit": _one_with_least(lambda f: f.refit_loss),
    "best score": _one_with_least(lambda f: f.entry.evaluation.score or 0.0),
}


@dataclass(frozen=True, slots=True)
class ChoiceResult:
    """One search of inner rows, its outer rows forecast by every rule.

    Attributes:
        case: The task and how much was taken out, or the known law and its noise.
        seed: Of the search.
        r2: R² on the outer rows: of the champion, of every rule of `RULES`, of the baseline that
            the folds like best, and of the finalist that is best there.
    """

    case: str
    seed: int
    r2: dict[str, float]

    def to_data(self) -> dict[str, Any]:
        """JSON value."""
        return {"case": self.case, "seed": self.seed, "r2": self.r2}


def compare(case: tuple[Task, Table], seed: int, evaluations: int, workers: int) -> ChoiceResult:
    """Search an inner task and forecast its outer rows by every rule.

    Raises:
        EvolveError: The task has no folds, or nothing could be fitted.
    """
    task, outer = case
    choice = search_in_memory(make_search_problem(task, seed), evaluations, workers)
    if choice is None:
        raise EvolveError(f"{task.name}: no candidate could be fitted")
    return ChoiceResult(task.name, seed, measured(task, outer, choice))


def measured(task: Task, outer: Table, choice: Choice) -> dict[str, float]:
    """R² on rows that the search did not have, by rule."""
    finalists = choice.finalists
    values = np.array([predict(task, f, outer) for f in finalists])
    r2 = {"champion": r2_of(outer.Y, predict(task, choice.champion, outer))}
    with np.errstate(all="ignore"):
        r2 |= {name: r2_of(outer.Y, rule(finalists, values)) for name, rule in RULES.items()}
    baseline = min(choice.baselines, key=lambda name: float(choice.baselines[name].mean()))
    rows = list(range(task.train.n_rows))
    r2["best baseline"] = r2_of(outer.Y, predict_baseline(baseline, task, outer, rows))
    return r2 | {BEST: 1.0 - min(error_of(outer.Y, value) for value in values)}


def means(results: Sequence[ChoiceResult]) -> dict[str, float]:
    """Mean R² of every rule, each at least -1."""
    return {name: mean_clipped([r.r2[name] for r in results]) for name in results[0].r2}
