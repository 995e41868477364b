"""Epochs go through joblib to processes, Dask or Ray, and come back the same from everywhere."""

from __future__ import annotations

import sys
from dataclasses import replace

import joblib
import pytest
from small_tasks import power_task

from evolve.errors import EvolveError
from evolve.runs.rows import digest_of
from evolve.search.epochs import search_by_epochs
from evolve.search.islands import Islands
from evolve.search.loop import Budget
from evolve.search.machines import (
    HERE,
    JOBLIB,
    Machines,
    jobs_on,
    machines_here,
    nodes_of,
)
from evolve.search.memory import MemoryJournal, islands_in_memory
from evolve.search.pace import Pace
from evolve.search.problem import SearchProblem, make_search_problem
from evolve.search.proposers.protocol import BATCH

TOTAL = 3 * BATCH


@pytest.fixture(scope="module")
def problem() -> SearchProblem:
    whole = make_search_problem(power_task(max_constants=4), 3, n_seeds=2)
    return replace(whole, starts=whole.starts[:BATCH])


@pytest.fixture(scope="module")
def by_batches(problem: SearchProblem) -> str:
    """Digest of a search that goes batch by batch in this process."""
    journal = MemoryJournal()
    islands_in_memory(problem, TOTAL, 0, journal)
    return digest_of(journal.entries)


def by_jobs(problem: SearchProblem, machines: Machines, n_workers: int = 2) -> str:
    """Digest of a search by epochs."""
    journal = MemoryJournal()
    with problem.proposing() as proposers, jobs_on(machines, n_workers) as run:
        search_by_epochs(
            journal,
            Islands(problem.layout, proposers),
            problem,
            run,
            pace=Pace(Budget(TOTAL)),
            token="test",
            require="weak",
            on_batch=lambda archive, entries: True,
            on_node=lambda node: None,
        )
    return digest_of(journal.entries)


def test_a_dask_cluster_of_the_caller_gives_the_same_entries(
    problem: SearchProblem, by_batches: str
) -> None:
    distributed = pytest.importorskip("distributed")
    with (
        distributed.Client(
            processes=False, n_workers=1, threads_per_worker=2, dashboard_address=None
        ) as client,
        joblib.parallel_config("dask", client=client),
    ):
        assert machines_here() == Machines(JOBLIB)
        assert by_jobs(problem, machines_here()) == by_batches
        (node,) = nodes_of(machines_here(), 1)
    assert node.sandbox["level"] in ("weak", "partial", "strong")


@pytest.mark.slow
@pytest.mark.parametrize(("executor", "module"), [("loky", "joblib"), ("dask", "distributed")])
def test_processes_started_for_a_run_give_the_same_entries(
    problem: SearchProblem, by_batches: str, executor: str, module: str
) -> None:
    pytest.importorskip(module)
    assert by_jobs(problem, Machines(executor)) == by_batches


@pytest.mark.slow
def test_a_ray_cluster_gives_the_same_entries(problem: SearchProblem, by_batches: str) -> None:
    pytest.importorskip("ray")
    assert by_jobs(problem, Machines("ray")) == by_batches


@pytest.mark.parametrize(("executor", "module"), [("dask", "distributed"), ("ray", "ray")])
def test_a_missing_library_is_named_with_its_extra(
    executor: str, module: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    words = rf"{executor} needs {module}, run: pip install 'evolve-laws\[{executor}\]'"
    with pytest.raises(EvolveError, match=words), jobs_on(Machines(executor), 1):
        pass


def test_an_executor_that_is_none_and_an_address_that_is_not_taken_are_refused() -> None:
    with pytest.raises(EvolveError, match=r"executor: 'dusk' is none of .*did you mean 'dask'"):
        Machines("dusk")
    with pytest.raises(EvolveError, match="address: local takes none"):
        Machines(address="tcp://somewhere:8786")


def test_without_a_cluster_of_the_caller_it_is_this_machine() -> None:
    assert machines_here() == HERE
    with joblib.parallel_config("threading", n_jobs=2):
        assert machines_here() == HERE
