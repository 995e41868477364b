"""Epochs of islands as jobs of loky, Dask and Ray: pace, digests, and many workers simulated.

    python benchmarks/scale_out.py --task parallel --workers 1 2 4
    python benchmarks/scale_out.py --simulate runs/NAME --workers 64 512

The first searches the same islands through each executor that is installed, with so many local
processes, and prints evaluations per second after the first epoch, which starts everything; all
must come to the same digest. The second lays epochs whose evaluations last as long as those of
a stored run (drawn with replacement) on as many workers as there are islands, adds what the driver
does for every entry, measured here, and prints the share of the workers' time that is used.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from uuid import uuid4

import numpy as np

from evolve.evaluation.record import Entry
from evolve.runs.folders import find_run
from evolve.runs.rows import digest_of
from evolve.runs.run import stored_problem
from evolve.runs.store import Store
from evolve.scoring.objective import EPOCH
from evolve.search.archive import Archive, kinds_of, remember_kinds
from evolve.search.epochs import search_by_epochs
from evolve.search.islands import Islands, Layout
from evolve.search.loop import Budget
from evolve.search.machines import Machines, jobs_on
from evolve.search.memory import MemoryJournal
from evolve.search.pace import Pace
from evolve.search.problem import make_search_problem
from evolve.search.proposers.protocol import BATCH
from evolve.tasks.task import load_task

LIBRARIES = {"loky": "joblib", "dask": "distributed", "ray": "ray"}
ISLANDS = 4
ROUNDS = 20  # epochs that are simulated


def searched(executor: str, workers: int, task: str, epochs: int) -> tuple[float, str]:
    """Evaluations per second after the first epoch, and the digest of all entries."""
    problem = make_search_problem(load_task(task), 0, n_islands=ISLANDS)
    layout, journal = problem.layout, MemoryJournal()
    times: dict[int, float] = {}  # by entries, after each round of jobs

    def on_batch(archive: Archive, entries: Sequence[Entry]) -> bool:
        times[archive.size] = time.monotonic()
        return True

    total = layout.n_common + epochs * layout.round
    with problem.proposing() as proposers, jobs_on(Machines(executor), workers) as run:
        search_by_epochs(
            journal,
            Islands(layout, proposers),
            problem,
            run,
            pace=Pace(Budget(total)),
            token=uuid4().hex,
            require="",
            on_batch=on_batch,
            on_node=lambda node: None,
        )
    warm = layout.n_common + layout.round
    return (total - warm) / (times[total] - times[warm]), digest_of(journal.entries)


def driver_seconds(store: Store, folder: Path) -> float:
    """Processor time of storing an entry and telling it to two archives, mean over a run."""
    problem, entries = stored_problem(store), store.entries()
    islands = Islands(Layout(len(problem.starts), 1, 2), [problem.proposer()] * 2)
    remember_kinds(kinds_of(entries))  # as jobs give them along
    copy = Store.create(folder, settings=store.settings, task=store.task, versions=store.versions)
    with copy:
        began = time.process_time()
        copy.append(entries)
        for start in range(0, len(entries), BATCH):
            islands.tell(entries[start : start + BATCH])
        return (time.process_time() - began) / len(entries)


def efficiency(
    durations: np.ndarray, workers: int, driver: float, rng: np.random.Generator
) -> float:
    """Share of the workers' time that evaluates, with an island for each and a driver beside."""
    size = ROUNDS, workers, EPOCH * BATCH
    epochs = rng.choice(durations, size).sum(axis=2)
    waited = epochs.max(axis=1) + driver * workers * EPOCH * BATCH
    return float(epochs.sum() / (workers * waited.sum()))


def simulate(name: str, counts: Sequence[int]) -> None:
    """Print the simulated efficiency of so many workers."""
    with (
        tempfile.TemporaryDirectory() as folder,
        Store.open(find_run(name, Path("runs")), write=False) as store,
    ):
        durations = np.array([e.evaluation.seconds for e in store.each() if e.parents])
        driver = driver_seconds(store, Path(folder) / "copy")
    print(
        f"{len(durations)} evaluations, mean {durations.mean():.4f} s; driver {driver:.5f} s each"
    )
    for workers in counts:
        share = efficiency(durations, workers, driver, np.random.default_rng(0))
        print(f"{workers} workers and islands, simulated: efficiency {share:.2f}")


def main() -> None:
    """Parse the arguments and measure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--task", default="parallel")
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2, 4])
    parser.add_argument("--epochs", type=int, default=2, help="the first of them starts all")
    parser.add_argument("--executors", nargs="+", default=[*LIBRARIES], choices=[*LIBRARIES])
    parser.add_argument("--simulate", metavar="RUN", default="")
    given = parser.parse_args()
    if given.simulate:
        simulate(given.simulate, given.workers)
        return
    digests = set()
    for executor in given.executors:
        if find_spec(LIBRARIES[executor]) is None:
            print(f"{executor}: not installed")
            continue
        for workers in given.workers:
            pace, digest = searched(executor, workers, given.task, given.epochs)
            digests.add(digest)
            print(
                f"{executor} {workers}: {pace:.1f} evaluations/s, digest {digest[:16]}", flush=True
            )
    if len(digests) > 1:
        raise SystemExit("the digests differ")


if __name__ == "__main__":
    main()
