"""Makes small runs for the tests of reports, evaluated in this process."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from evolve.evaluation.record import Entry, Evaluation
from evolve.law.canonical import complexity
from evolve.report.model import fit_model
from evolve.runs.results import save_results
from evolve.runs.run import create_run
from evolve.runs.settings import RunConfig
from evolve.runs.store import Store
from evolve.runs.tabulate import result_rows
from evolve.scoring.fold import FoldScore
from evolve.scoring.objective import score
from evolve.scoring.price import price_of
from evolve.search.archive import Archive
from evolve.search.problem import SearchProblem, make_search_problem
from evolve.search.proposers.protocol import Proposal
from evolve.tasks.task import Task

# What a machine without any wall says of its sandbox.
BARE = {"level": "weak", "platform": "none", "mechanisms": {}}


def small_run(task: Task, folder: Path, n: int, *, ended: bool = True) -> Store:
    """A run of the first `n` starting laws of a task, open for writing."""
    problem = make_search_problem(task, 0)
    entries = [_entry(task, problem, i, p) for i, p in enumerate(problem.starts[:n])]
    store = create_run(folder, problem, RunConfig(seed=0, evaluations=n or 1))
    store.append(entries)
    store.set_note("sandbox", BARE)
    if ended:
        save_results(store, result_rows(store, problem, None), chosen=True)
    return store


def archive_of(entries: Sequence[Entry]) -> Archive:
    archive = Archive()
    archive.tell(entries)
    return archive


def _entry(task: Task, problem: SearchProblem, index: int, proposal: Proposal) -> Entry:
    candidate = proposal.candidate
    views = fit_model(task, candidate).search_folds
    folds = tuple(
        FoldScore(v.fold.name, len(v.fold.held), 1 - v.r2, v.r2, v.fold.weight) for v in views
    )
    size = candidate.law.n_constants, complexity(candidate.law.root)
    price = price_of(*size, task.train.n_values)
    good = all(fold.r2 == fold.r2 for fold in folds)
    evaluation = Evaluation(
        status="ok" if good else "not-finite",
        message="",
        score=score(folds, price) if good else None,
        stage=1,
        folds=folds if good else (),
        n_constants=size[0],
        complexity=size[1],
        seconds=0.1,
        facts={},
    )
    law, recipe = candidate.to_data()
    return Entry(
        index,
        problem.text_of(proposal),
        law,
        recipe,
        proposal.key,
        (),
        proposal.operator,
        evaluation,
        proposal.origin,
    )
