"""Kills of a run at random moments to proof that nothing is lost: the store ends up the same.

One run is left in peace. The same run is killed with SIGKILL again and again, and resumed each
time; then once more with next to no room on its disk. Both must end with the first one's digest,
every store on the way must be whole, and no process may outlive its run.

    python benchmarks/kill.py [--kills 100] [--full-disk-kills 20] [--evaluations 4000]
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from disk import leave_free, small_disk
from moments import Moment, Pace
from orphans import adopt_orphans, survivors

from evolve.errors import StoreError
from evolve.evaluation.record import Entry
from evolve.runs.store import STORE_NAME, Store
from evolve.search.proposers.protocol import BATCH

RUN = "killed"


@dataclass(frozen=True)
class Job:
    """A run to make: the same words each time give the same store."""

    task: str = "data_constrained"
    evaluations: int = 4000
    seed: int = 0
    workers: int = 2

    def start(self, runs: Path) -> subprocess.Popen[str]:
        """Start the run in a folder of runs, or resume what is there."""
        total = ["--evaluations", str(self.evaluations), "--workers", str(self.workers)]
        if (runs / RUN / STORE_NAME).exists():
            words = ["resume", RUN, *total]
        else:
            words = ["--task", self.task, "--seed", str(self.seed), "--run", RUN, *total]
        return subprocess.Popen(
            [sys.executable, "-m", "evolve", *words, "--runs-dir", str(runs), "--quiet"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )


@dataclass
class Tally:
    """What was seen while a run was killed."""

    kills: int = 0
    lives: int = 0
    survivors: list[str] = field(default_factory=list)
    slowest: float = 0.0  # seconds until all processes of a killed run were gone
    finished: int = 0
    lengths: list[int] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    errors: Counter[str] = field(default_factory=Counter)

    def look_for_survivors(self) -> None:
        """Note what outlives the run, and how long what does not took."""
        words, seconds = survivors()
        self.survivors += words
        self.slowest = max(self.slowest, seconds)


def read(runs: Path) -> list[Entry]:
    """Every entry of the run, each checked against its checksum; none before the run is made."""
    if not (runs / RUN / STORE_NAME).exists():
        return []
    with Store.open(runs / RUN, write=False) as store:
        return store.entries()


def length(runs: Path) -> int:
    """Number of entries of the run; 0 before it is made."""
    if not (runs / RUN / STORE_NAME).exists():
        return 0
    with Store.open(runs / RUN, write=False) as store:
        return len(store)


def digest(runs: Path) -> str:
    """Hash of what must repeat in the run's store."""
    with Store.open(runs / RUN, write=False) as store:
        return store.digest()


def bare(entry: Entry) -> Entry:
    """An entry without what may differ from run to run."""
    return replace(entry, evaluation=replace(entry.evaluation, seconds=0.0, message="", facts={}))


def difference(found: Sequence[Entry], reference: Sequence[Entry]) -> str:
    """Where a store leaves the reference, of which it must be the start; empty if nowhere."""
    for one, other in zip(found, reference, strict=False):
        if bare(one) != bare(other):
            return (
                f"entry {one.index}: {one.operator} {one.evaluation.status} "
                f"{one.evaluation.score} against {other.operator} {other.evaluation.status} "
                f"{other.evaluation.score}"
            )
    return "" if len(found) <= len(reference) else f"{len(found)} entries are too many"


def wait_for_batch(process: subprocess.Popen[str], runs: Path, before: int) -> None:
    """Wait until the run has more entries than before, or has ended."""
    while process.poll() is None and not (runs / RUN / STORE_NAME).exists():
        time.sleep(0.02)
    if process.poll() is None:
        with Store.open(runs / RUN, write=False) as store:
            while process.poll() is None and len(store) <= before:
                time.sleep(0.02)


def live(job: Job, runs: Path, moment: Moment, tally: Tally) -> bool:
    """One life of the run, killed at a moment; True if it came to its end before."""
    tally.lives += 1
    before = length(runs)
    process = job.start(runs)
    if moment.grown:
        wait_for_batch(process, runs, before)
    try:
        _, errors = process.communicate(timeout=moment.seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        tally.kills += 1
        tally.look_for_survivors()
        return False
    tally.look_for_survivors()
    if process.returncode:
        lines = errors.strip().splitlines()
        tally.errors[lines[-1] if lines else f"exit code {process.returncode}"] += 1
        if len(lines) != 1:
            tally.faults.append(f"{len(lines)} lines on stderr: {errors[-2000:]}")
    return process.returncode == 0


def check(runs: Path, reference: Sequence[Entry], tally: Tally) -> None:
    """Note it where the store is damaged, has lost a batch or leaves the reference."""
    try:
        found = read(runs)
    except StoreError as error:
        tally.faults.append(str(error))
        return
    if tally.lengths and len(found) < tally.lengths[-1]:
        tally.faults.append(f"{tally.lengths[-1] - len(found)} entries were lost")
    tally.lengths.append(len(found))
    fault = difference(found, reference)
    if fault:
        tally.faults.append(fault)


def finish(job: Job, runs: Path, reference: Sequence[Entry], tally: Tally) -> bool:
    """Let the run come to its end; whether its store is then the reference's."""
    process = job.start(runs)
    _, errors = process.communicate()
    if process.returncode:
        tally.faults.append(f"exit code {process.returncode} at the end: {errors[-2000:]}")
    check(runs, reference, tally)
    return tally.lengths[-1:] == [len(reference)]


def leave_in_peace(job: Job, runs: Path) -> Pace:
    """Run from beginning to end and take the times; another batch before compiles the fitter."""
    replace(job, evaluations=BATCH).start(runs / "first").wait()
    began = time.monotonic()
    process = job.start(runs)
    wait_for_batch(process, runs, 0)
    first = time.monotonic() - began
    _, errors = process.communicate()
    if process.returncode:
        raise SystemExit(f"the run itself fails: {errors}")
    whole = time.monotonic() - began
    return Pace(first, (whole - first) / max(length(runs) / BATCH, 1.0), whole)


def kill(
    job: Job, top: Path, reference: Sequence[Entry], n_kills: int, pace: Pace, rng: random.Random
) -> Tally:
    """Kill a run at random moments and resume it, so many times.

    A run that comes to its end before is checked, and another one is begun.
    """
    tally = Tally()
    runs = top / "run 0"
    while tally.kills < n_kills and not tally.faults:
        ended = live(job, runs, pace.moment(rng), tally)
        check(runs, reference, tally)
        if ended:
            if tally.lengths[-1:] != [len(reference)]:
                tally.faults.append(f"ended with {tally.lengths[-1:]} entries")
            tally.finished += 1
            runs, tally.lengths = top / f"run {tally.finished}", []
    if not finish(job, runs, reference, tally):
        tally.faults.append("the run never came to its end")
    return tally


def kill_on_full_disk(
    job: Job, disk: Path, reference: Sequence[Entry], n_kills: int, pace: Pace, rng: random.Random
) -> Tally:
    """Kill a run whose disk has room for a few batches at most, so many times."""
    tally = Tally()
    while tally.kills < n_kills and not tally.faults:
        leave_free(disk, rng.randrange(0, 400_000))
        live(job, disk, pace.moment(rng), tally)
        check(disk, reference, tally)
    (disk / "ballast").unlink()
    if not finish(job, disk, reference, tally):
        tally.faults.append("the run never came to its end")
    return tally


def report(title: str, tally: Tally, same: bool, seconds: float) -> bool:
    """Print what was seen; whether all was well."""
    print(f"{title}: {tally.kills} kills in {tally.lives} lives, {seconds:.0f} s")
    print(f"  entries in the store after each life: {tally.lengths}")
    print(f"  ended between kills: {tally.finished}; processes left over: {tally.survivors or 0}")
    print(f"  processes of a killed run were gone within {tally.slowest:.2f} s")
    for message, n in tally.errors.most_common():
        print(f"  {n} x {message}")
    for fault in tally.faults:
        print(f"  FAULT {fault}")
    print(f"  digest of the last store: {'the same' if same else 'DIFFERENT'}")
    return same and not tally.faults and not tally.survivors


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--full-disk-kills", type=int, default=20)
    parser.add_argument("--evaluations", type=int, default=4000)
    parser.add_argument("--task", default="data_constrained")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0, help="of the moments, not of the run")
    return parser.parse_args()


def main() -> int:
    """Run the three parts and print the figures; 1 if anything was lost."""
    given = arguments()
    job = Job(given.task, given.evaluations, workers=given.workers)
    rng = random.Random(given.seed)
    adopt_orphans()
    with tempfile.TemporaryDirectory() as name:
        top = Path(name)
        pace = leave_in_peace(job, top / "peace")
        reference, expected = read(top / "peace"), digest(top / "peace")
        waits = sum(entry.evaluation.status in ("timeout", "cpu") for entry in reference)
        print(f"one run in peace: {len(reference)} entries, {waits} time-outs, {pace}")
        began = time.monotonic()
        tally = kill(job, top, reference, given.kills, pace, rng)
        same = digest(top / f"run {tally.finished}") == expected
        well = report("killed", tally, same, time.monotonic() - began)
        if given.full_disk_kills:
            began = time.monotonic()
            with small_disk(top / "disk") as disk:
                tally = kill_on_full_disk(job, disk, reference, given.full_disk_kills, pace, rng)
                same = digest(disk) == expected
            well &= report("killed on a full disk", tally, same, time.monotonic() - began)
    print("nothing was lost" if well else "SOMETHING WAS LOST")
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
