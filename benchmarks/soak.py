"""Thousands of evaluations, one in ten of them hostile, to proof that the engine keeps nothing.

    python benchmarks/soak.py [--evaluations 10000] [--minutes 60] [--task parallel] [--workers 1]

Real runs (store, locked-down workers, both lanes, archive, choice of the champion) go on in this
process, of one seed after another where the grammar has no more to offer. After each batch,
programs of `tests/attacks` are let loose in the foreign lane, so many that they make one
evaluation in ten. It ends when both numbers are reached. Memory, descriptors, threads, processes
and files of the engine are counted after each batch, and once more when all is closed.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from attacks.arena import Arena  # noqa: E402
from attacks.registry import ATTACKS  # noqa: E402
from lane import Lane  # noqa: E402

from evolve.api.progress import NullProgress  # noqa: E402
from evolve.evaluation.record import Entry  # noqa: E402
from evolve.runs import run  # noqa: E402
from evolve.runs.crosscheck import disagreements  # noqa: E402
from evolve.runs.run import carry_on, create_run  # noqa: E402
from evolve.runs.settings import RunConfig  # noqa: E402
from evolve.search.problem import make_search_problem  # noqa: E402
from evolve.tasks.task import load_task  # noqa: E402

HOSTILE_SHARE = 0.1
MOST_GROWTH_MIB = 50.0
ROWS = 14  # of the table


@dataclass(frozen=True)
class Sample:
    """What the engine held after a batch.

    Attributes:
        minutes: Since the beginning.
        evaluations: So far, hostile ones included.
        hostile: So far.
        rss_mib: Resident memory of the engine.
        descriptors: Open in the engine.
        threads: Of the engine.
        processes: Below the engine.
        zombies: Of them, ended and not waited for.
        files: In the folder of temporary files, without the run's own.
    """

    minutes: float
    evaluations: int
    hostile: int
    rss_mib: float
    descriptors: int
    threads: int
    processes: int
    zombies: int
    files: int


@dataclass
class Tally:
    """What was seen."""

    samples: list[Sample] = field(default_factory=list)
    statuses: Counter[str] = field(default_factory=Counter)
    endings: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)


class Soak(NullProgress):
    """Lets attacks loose between the batches of a run, and counts what the engine holds."""

    def __init__(self, arena: Arena, tally: Tally, given: argparse.Namespace) -> None:
        """Shuffle the attacks; every one of them comes before any comes again."""
        super().__init__()
        self._arena, self._tally, self._given = arena, tally, given
        self._attacks = _for_ever(sorted(set(given.attacks or ATTACKS)), given.seed)
        self._began = time.monotonic()
        self._n_hostile = 0
        self.n_grammar = 0
        self.enough = False

    def batch(self, best: Entry | None, entries: Sequence[Entry]) -> bool:
        """Attack, count, and end the run when there was enough."""
        super().batch(best, entries)
        self.n_grammar += len(entries)
        if Lane.latest is not None:
            Lane.latest.settle()
        wait_for_zygotes()
        self._tally.statuses.update(entry.evaluation.status for entry in entries)
        while self._n_hostile < HOSTILE_SHARE * (self.n_grammar + self._n_hostile):
            self._attack(next(self._attacks))
        sample = self._sample()
        self._tally.samples.append(sample)
        if len(self._tally.samples) % 20 == 1 and not self._given.json:
            print(sample, file=sys.stderr, flush=True)
        many = sample.evaluations >= self._given.evaluations
        self.enough = many and sample.minutes >= self._given.minutes
        return not self.enough

    def _attack(self, name: str) -> None:
        self._n_hostile += 1
        result = self._arena.run(name)
        self._tally.endings[result.status] += 1
        if result.breaches:
            self._tally.faults.append(f"{name}: {', '.join(result.breaches)}")
        elif result.status not in ATTACKS[name].ends.split():
            self._tally.faults.append(f"{name} ended with {result.status}: {result.message}")

    def _sample(self) -> Sample:
        states = list(states_below(os.getpid()))
        return Sample(
            minutes=round((time.monotonic() - self._began) / 60.0, 2),
            evaluations=self.n_grammar + self._n_hostile,
            hostile=self._n_hostile,
            rss_mib=round(rss_mib(), 1),
            descriptors=len(os.listdir("/proc/self/fd")),
            threads=sum(not t.name.startswith("evolve-crosscheck") for t in threading.enumerate()),
            processes=len(states),
            zombies=states.count("Z"),
            files=n_files(self._given.beside_others),
        )


def _for_ever(names: list[str], seed: int) -> Iterator[str]:
    rng = random.Random(seed)
    while True:
        rng.shuffle(names)
        yield from names


def states_below(pid: int) -> Iterator[str]:
    """One letter for the state of each process below one; Z is dead and not waited for."""
    for child in _children(pid):
        with suppress(OSError):
            yield Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()[0]
        yield from states_below(child)


def wait_for_zygotes() -> None:
    """Wait until every forking process has loaded: one that comes up later looks left over."""
    end = time.monotonic() + 300.0
    while any(_loads(pid) for pid in _children(os.getpid())) and time.monotonic() < end:
        time.sleep(0.2)


def _loads(pid: int) -> bool:
    """Whether a process is a zygote that has not yet forked the one with ids of its own."""
    with suppress(OSError):
        words = Path(f"/proc/{pid}/cmdline").read_text()
        return "evolve.sandbox.zygote" in words and not _children(pid)
    return False


def _children(pid: int) -> list[int]:
    found: list[int] = []
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            found += map(int, path.read_text().split())
    return found


def rss_mib() -> float:
    """Resident memory of this process."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / (1 << 20)


def n_files(beside_others: bool) -> int:
    """Entries of the folder of temporary files and, unless others use it too, of shared memory."""
    folders = [Path(tempfile.gettempdir()), *([] if beside_others else [Path("/dev/shm")])]
    return sum(len(list(folder.iterdir())) for folder in folders if folder.is_dir())


def left_over() -> list[str]:
    """Command lines of processes that this one started and that still run."""
    mark, found = f'"parent": {os.getpid()}', []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            words = path.read_text().replace("\0", " ")
            found += [words[-120:]] * (mark in words)
    return found


def soak(given: argparse.Namespace) -> Tally:
    """Search and attack until both numbers are reached, then close everything and look again."""
    run.CrossCheck = Lane  # type: ignore[misc]
    tally, files = Tally(), n_files(given.beside_others)
    descriptors = len(os.listdir("/proc/self/fd"))
    task = load_task(given.task)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        arena = stack.enter_context(Arena(gate=False))
        watcher, n_stored, seed = Soak(arena, tally, given), 0, given.seed
        while not watcher.enough:
            problem, settings = make_search_problem(task, seed), RunConfig(seed, None)
            with create_run(folder / f"seed-{seed}", problem, settings) as store:
                carry_on(store, problem, settings, given.workers, watcher)
                n_stored += len(store)
                tally.faults += [f"seed {seed}: {line}" for line in disagreements(store)]
            seed += 1
    if n_stored != watcher.n_grammar:
        tally.faults.append(f"{n_stored} entries stored, {watcher.n_grammar} made")
    time.sleep(0.5)
    if n_left := n_files(given.beside_others) - files:
        tally.faults.append(f"{n_left} temporary files left")
    if len(os.listdir("/proc/self/fd")) > descriptors:
        tally.faults.append(f"{len(os.listdir('/proc/self/fd')) - descriptors} descriptors left")
    if states := list(states_below(os.getpid())):
        tally.faults.append(f"{len(states)} processes left: {' '.join(states)}")
    tally.faults += [f"still runs: {words}" for words in left_over()]
    return tally


def judge(tally: Tally) -> dict[str, float]:
    """The figures that have a bar; what is above it becomes a fault."""
    first, last = tally.samples[0], tally.samples[-1]
    figures = {
        "memory grew, MiB": round(last.rss_mib - first.rss_mib, 1),
        "most zombies": max(sample.zombies for sample in tally.samples),
        "descriptors grew": last.descriptors - first.descriptors,
        "threads grew": last.threads - first.threads,
        "processes grew": last.processes - first.processes,
        "files grew": last.files - first.files,
    }
    bars = {"memory grew, MiB": MOST_GROWTH_MIB}
    for name, value in figures.items():
        if value > bars.get(name, 0):
            tally.faults.append(f"{name}: {value}, at most {bars.get(name, 0):g}")
    return figures


def report(tally: Tally, figures: dict[str, float]) -> None:
    """Print a table of the samples, the endings and the verdict."""
    names = list(asdict(tally.samples[0]))
    print(" ".join(f"{name:>11}" for name in names))
    steps = max(len(tally.samples) - 1, 1)
    rows = sorted({round(i * steps / (ROWS - 1)) for i in range(ROWS)} & set(range(steps + 1)))
    for row in (row for row in rows if row < len(tally.samples)):
        print(" ".join(f"{value:>11}" for value in asdict(tally.samples[row]).values()))
    print(f"grammar programs: {dict(tally.statuses.most_common())}")
    print(f"hostile programs: {dict(tally.endings.most_common())}")
    for name, value in figures.items():
        print(f"{name}: {value:g}")
    for fault, n in Counter(tally.faults).most_common():
        print(f"FAULT {n} x {fault}")
    print("something was kept or lost" if tally.faults else "nothing was kept")


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--evaluations", type=int, default=10_000, help="at least so many")
    parser.add_argument("--minutes", type=float, default=60.0, help="at least so long")
    parser.add_argument("--task", default="parallel")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--attacks", nargs="*", help="only these [default: all]")
    parser.add_argument("--beside-others", action="store_true", help="leave /dev/shm uncounted")
    parser.add_argument("--json", action="store_true", help="print one JSON document, no table")
    return parser.parse_args()


def main() -> int:
    """Soak, print what was seen; 1 if anything was kept or lost."""
    given = arguments()
    with tempfile.TemporaryDirectory() as folder:
        tempfile.tempdir = folder
        tally = soak(given)
        tempfile.tempdir = None
    figures = judge(tally)
    if given.json:
        samples = [asdict(sample) for sample in tally.samples]
        print(json.dumps({"figures": figures, **vars(tally), "samples": samples}))
    else:
        report(tally, figures)
    return 1 if tally.faults else 0


if __name__ == "__main__":
    sys.exit(main())
