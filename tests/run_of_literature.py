"""A stored run that holds a few laws of a task, without a search."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from evolve.evaluation.record import Entry, Evaluation
from evolve.law.candidate import Candidate
from evolve.law.canonical import complexity
from evolve.runs.run import create_run
from evolve.runs.settings import RunConfig
from evolve.runs.store import Store
from evolve.scoring.fold import FoldScore
from evolve.search.problem import make_search_problem, program_text
from evolve.tasks.task import Task


def store_of(
    task: Task,
    folder: Path,
    candidates: Sequence[Candidate] = (),
    evaluations: Sequence[Evaluation] = (),
) -> Store:
    """Make a run whose entries are `candidates`, or the task's literature; first is best.

    Without `evaluations` their scores are made up.
    """
    problem = make_search_problem(task, 0)
    store = create_run(folder, problem, RunConfig(0, len(candidates) or 1))
    chosen = list(candidates) or [s.candidate for s in problem.seeds if s.candidate is not None]
    told = list(evaluations) or [_made_up(i, c) for i, c in enumerate(chosen)]
    pairs = zip(chosen, told, strict=True)
    store.append([_entry(task, i, c, e) for i, (c, e) in enumerate(pairs)])
    return store


def _made_up(index: int, candidate: Candidate) -> Evaluation:
    return Evaluation(
        status="ok",
        message="",
        score=float(index) - 9.0,
        stage=1,
        folds=(FoldScore("far", 3, 0.01, 0.99),),
        n_constants=candidate.law.n_constants,
        complexity=complexity(candidate.law.root),
        seconds=0.1,
        facts={"look": 0.01},
    )


def _entry(task: Task, index: int, candidate: Candidate, told: Evaluation) -> Entry:
    law, recipe = candidate.to_data()
    text = program_text(task, candidate, "literature")
    return Entry(index, text, law, recipe, f"key {index}", (), "literature", told, "literature")
