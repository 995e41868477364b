"""Settings of every test: random examples are the same each time and have no deadline.

Files with slow tests come first, so that none of them is left for one core when the others end.

Runs that several files of tests read are made once a session, and so are the processes that runs
fork theirs from.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from kept_processes import shared

os.environ.pop("COLUMNS", None)  # processes of tests have one, which would wrap what is said
settings.register_profile("repeatable", deadline=None, derandomize=True)
settings.load_profile("repeatable")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    n_slow = Counter(item.path for item in items if item.get_closest_marker("slow"))
    items.sort(key=lambda item: -n_slow[item.path])


@pytest.fixture(scope="session", autouse=True)
def processes_that_runs_share() -> Iterator[None]:
    with shared():
        yield


@pytest.fixture(scope="session")
def literature_runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Runs `dc` and `par`, of two tasks, that hold laws of the literature; only to be read.

    In `dc` the sum of powers is the best. Neither has ended.
    """
    from evolve.search.problem import make_search_problem
    from evolve.tasks.task import load_task
    from tests.run_of_literature import store_of

    folder = tmp_path_factory.mktemp("runs")
    task = load_task("data_constrained")
    seeds = {s.name: s.candidate for s in make_search_problem(task, 0).seeds}
    names = ("hoffmann_2022", "kaplan_2020")
    store_of(task, folder / "dc", [c for n in names if (c := seeds[n]) is not None]).close()
    store_of(load_task("parallel"), folder / "par").close()
    return folder
