"""Small tasks held in memory, and spaces of every kind."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from evolve.evaluation.record import Entry, Evaluation
from evolve.law.candidate import Candidate
from evolve.law.canonical import complexity, key
from evolve.law.graph import Law
from evolve.scoring.fold import FoldScore
from evolve.search.archive import Archive
from evolve.search.operators import OPERATORS, SearchSpace
from evolve.search.proposers.grammar import finish
from evolve.search.proposers.initial import RECIPES, generic_laws
from evolve.tasks.spec import TaskSpec
from evolve.tasks.task import Table, Task

SPACES = {
    "three logs": SearchSpace((1e9, 1e3, 1.0), (True, True, True), max_constants=8, pooled=True),
    "a log and two as they are": SearchSpace(
        (10.0, 1.0, 2.0), (True, False, False), 9, positive=False
    ),
    "own features": SearchSpace(
        (1.0,) * 3, (False,) * 3, 7, own_feature_first=True, pooled=True, axes=()
    ),
    "one log": SearchSpace((100.0,), (True,), 4),
    "one as it is": SearchSpace((1.0,), (False,), 5, positive=False),
    "shares": SearchSpace((1.0, 1.0), (True, True), 6, share_of=1.0, either_way=True),
}


def n_targets(space: SearchSpace) -> int:
    """How many targets a space's law is printed for."""
    return len(space.units) if space.own_feature_first else 1


def positive_rows(space: SearchSpace, n: int = 7) -> np.ndarray:
    """`(n, f)` positive features around their units."""
    return np.random.default_rng(3).uniform(0.1, 20.0, (n, len(space.units))) * space.units


def random_candidates(space: SearchSpace, n: int, seed: int = 0) -> list[Candidate]:
    """Allowed candidates: generic laws after a few random mutations."""
    rng = np.random.default_rng([seed, 77])
    roots = list(generic_laws(space).values())
    found: list[Candidate] = []
    while len(found) < n:
        law = Law(roots[int(rng.integers(len(roots)))], 0)
        candidate = finish(Candidate(law, RECIPES[int(rng.integers(len(RECIPES)))]), space)
        for name in rng.choice(sorted(OPERATORS), size=int(rng.integers(0, 4))):
            if candidate is not None:
                child = OPERATORS[name](candidate, found[-1] if found else candidate, space, rng)
                candidate = finish(child, space) if child else candidate
        if candidate is not None:
            found.append(candidate)
    return found


def task_of(x: np.ndarray, y: np.ndarray, group: Sequence[int] | None = None, **spec: Any) -> Task:
    """A task of some rows, features named a, b, … and targets y0, y1, …; `spec` as task.toml."""
    x, y = np.atleast_2d(x.T).T.astype(float), np.atleast_2d(y.T).T.astype(float)
    numbers = np.zeros(len(x), dtype=np.int64) if group is None else np.asarray(group)
    told = {
        "title": "small",
        "source": "made up",
        "licence": "none",
        "features": [{"name": "abcdef"[j]} for j in range(x.shape[1])],
        "targets": [{"name": f"y{t}"} for t in range(y.shape[1])],
        "groups": [] if group is None else ["family"],
    } | spec
    names = ("all",) if group is None else tuple(f"g{g}" for g in range(max(numbers) + 1))
    table = Table(x, y, numbers)
    return Task("small", Path("small"), TaskSpec.model_validate(told), names, table)


def power_task(**spec: Any) -> Task:
    """24 rows of a noisy power law in feature a, which extrapolates; feature b does little."""
    rng = np.random.default_rng(5)
    x = np.array([(2.0**i, b) for i in range(8) for b in (1.0, 3.0, 9.0)])
    y = 1.0 + 3.0 * x[:, 0] ** -0.4 + 0.1 / x[:, 1] + rng.normal(0.0, 0.003, len(x))
    return task_of(x, y, **({"max_constants": 5, "folds": {"axes": ["a"]}} | spec))


def entry_of(index: int, candidate: Candidate | None, score: float | None, **told: Any) -> Entry:
    """An evaluated entry; `told` are further fields of the entry."""
    law, recipe = candidate.to_data() if candidate else (None, None)
    size = candidate.law.n_constants if candidate else 0
    evaluation = Evaluation(
        status="timeout" if score is None else "ok",
        message="",
        score=score,
        stage=0 if score is None else 1,
        folds=() if score is None else (FoldScore("far", 3, 0.01, 0.99),),
        n_constants=size,
        complexity=complexity(candidate.law.root) if candidate else 0.0,
        seconds=0.0,
        facts={"look": 0.01},
    )
    fields: dict[str, Any] = {
        "text": f"# {index}\n",
        "key": key(candidate.law, candidate.recipe) if candidate else f"black box {index}",
        "parents": (),
        "operator": "add_term",
        "origin": "mutation",
    } | told
    return Entry(index=index, law=law, recipe=recipe, evaluation=evaluation, **fields)


def archive_of(candidates: Sequence[Candidate]) -> Archive:
    """An archive that was told of candidates, the first the best."""
    archive = Archive()
    archive.tell([entry_of(i, c, 0.1 * i - 5.0) for i, c in enumerate(candidates)])
    return archive
