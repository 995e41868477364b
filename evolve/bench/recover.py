"""Known laws with noise to a table: R² ten times further out, and whether the form is found."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from evolve.bench.families import FAMILIES, Family
from evolve.bench.further_families import FURTHER
from evolve.bench.synthetic import GOOD_R2, make_case
from evolve.bench.tasks import formula_text, predict, recipe_text
from evolve.errors import EvolveError, nearest
from evolve.fitting.fit import fit_many, warm
from evolve.fitting.result import Problem
from evolve.law.canonical import simplify
from evolve.law.graph import Law
from evolve.law.recipe import Recipe
from evolve.law.symbolic import same_form
from evolve.scoring.metrics import r2
from evolve.search.memory import search_in_memory
from evolve.search.problem import make_search_problem
from evolve.tasks.task import Table, Task

KNOWN = FAMILIES | FURTHER
KNOWN_STARTS = 24


@dataclass(frozen=True, slots=True)
class Case:
    """One search for a known law.

    Attributes:
        family: Name of the law.
        noise: Standard deviation of log y.
        seed: Of constants, noise and search.
        n_rows: Training rows.
        r2: R² of the champion beyond the training rows.
        known_r2: R² of the true form fitted to the same rows: what knowing the law would give.
        found: Whether the champion has the true form, up to algebra.
        n_constants: Constants of the champion.
        seconds: Wall time.
        formula: The champion.
        recipe: How it was fitted.
    """

    family: str
    noise: float
    seed: int
    n_rows: int
    r2: float
    known_r2: float
    found: bool
    n_constants: int
    seconds: float
    formula: str
    recipe: dict[str, Any]

    def to_data(self) -> dict[str, Any]:
        """JSON value."""
        return asdict(self)


def recover(
    families: Sequence[str],
    noises: Sequence[float],
    seeds: Sequence[int],
    evaluations: int,
    workers: int,
    repeats: int | None,
    tell: Callable[[Case], None],
) -> list[Case]:
    """Search for every law at every noise with every seed.

    Args:
        families: Names in `KNOWN`.
        noises: Standard deviations of log y.
        seeds: Of constants, noise and search.
        evaluations: Budget of a search.
        workers: Worker processes.
        repeats: Runs of every configuration; None for as many as hold the answer
            (`synthetic.runs_needed`).
        tell: Called with each case when it is done.

    Returns:
        The cases.

    Raises:
        EvolveError: a family is not known.
    """
    for name in families:
        if name not in KNOWN:
            raise EvolveError(f"bench recover: no family {name!r}{nearest(name, KNOWN)}")
    warm()
    cases = []
    for name in families:
        for noise in noises:
            for seed in seeds:
                cases.append(recover_one(name, noise, seed, evaluations, workers, repeats))
                tell(cases[-1])
    return cases


def recover_one(
    name: str, noise: float, seed: int, evaluations: int, workers: int, repeats: int | None
) -> Case:
    """Search for one law once."""
    family = KNOWN[name]
    task, test = make_case(family, noise, seed, repeats)
    true_r2, n_rows = known_r2(family, task, test), task.train.n_rows
    problem = make_search_problem(task, seed)
    began = time.monotonic()
    choice = search_in_memory(problem, evaluations, workers)
    seconds = time.monotonic() - began
    if choice is None:
        return Case(name, noise, seed, n_rows, float("-inf"), true_r2, False, 0, seconds, "", {})
    champion = choice.champion
    law = champion.fitted.law
    return Case(
        family=name,
        noise=noise,
        seed=seed,
        n_rows=n_rows,
        r2=r2(test.Y, predict(task, champion, test)),
        known_r2=true_r2,
        found=isinstance(law, Law) and same_form(simplify(family.law), law, len(family.axes)),
        n_constants=champion.fitted.n_constants,
        seconds=seconds,
        formula=formula_text(task, champion),
        recipe=recipe_text(champion),
    )


def known_r2(family: Family, task: Task, test: Table) -> float:
    """R² beyond the training rows of the true form, fitted by least squares on log y."""
    law, train = family.law, task.train
    problems = [Problem(law.view(train.X, t), train.Y[:, t]) for t in range(train.Y.shape[1])]
    fits = fit_many(law, problems, Recipe("log", "l2", n_starts=KNOWN_STARTS))
    return r2(test.Y, law.predict(test.X, np.array([f.constants for f in fits])))


def shares(cases: Sequence[Case]) -> dict[str, float]:
    """Shares of cases with a good R² and of those with the least noise whose form is found.

    `answerable` is the share of cases in which the true form has a good R² once fitted to the
    noisy rows, `r2_answerable` the share of these in which the champion has one, too.
    """
    least = min((c.noise for c in cases), default=0.0)
    quiet = [c for c in cases if c.noise == least]
    answerable = [c for c in cases if c.known_r2 >= GOOD_R2]
    return {
        "r2": sum(c.r2 >= GOOD_R2 for c in cases) / max(len(cases), 1),
        "r2_quiet": sum(c.r2 >= GOOD_R2 for c in quiet) / max(len(quiet), 1),
        "answerable": len(answerable) / max(len(cases), 1),
        "r2_answerable": sum(c.r2 >= GOOD_R2 for c in answerable) / max(len(answerable), 1),
        "found": sum(c.found for c in quiet) / max(len(quiet), 1),
    }
