"""A run that another process writes is followed until it ends, and is not disturbed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from report_runs import small_run
from small_tasks import entry_of, random_candidates

from evolve.api.progress import NullProgress
from evolve.cli.app import call
from evolve.evaluation.record import Entry
from evolve.runs.follow import follow
from evolve.runs.run import create_run
from evolve.runs.settings import RunConfig
from evolve.runs.store import Store
from evolve.search.problem import make_search_problem, space_of
from evolve.tasks.task import Task, load_task

ROOT = Path(__file__).resolve().parents[2]
N = 6


class Listener(NullProgress):
    """Keeps what it is told."""

    def __init__(self) -> None:
        super().__init__()
        self.n_replayed = 0
        self.told: list[int] = []
        self.chose = 0

    def replayed(self, best: Entry | None, statuses: Mapping[str, int]) -> None:
        self.n_replayed = sum(statuses.values())
        super().replayed(best, statuses)

    def batch(self, best: Entry | None, entries: Sequence[Entry]) -> bool:
        self.told += [entry.index for entry in entries]
        return super().batch(best, entries)

    def choosing(self) -> None:
        self.chose += 1


@pytest.fixture(scope="module")
def task() -> Task:
    return load_task("parallel", [ROOT / "tasks"])


@pytest.fixture(scope="module")
def entries(task: Task) -> list[Entry]:
    made = random_candidates(space_of(task), N)
    return [entry_of(i, candidate, -float(i)) for i, candidate in enumerate(made)]


def test_every_entry_is_told_once_and_in_order_until_the_writer_leaves(
    task: Task, entries: list[Entry], tmp_path: Path
) -> None:
    writing = create_run(tmp_path / "r", make_search_problem(task, 0), RunConfig(0, 100))
    writing.append(entries[:1])
    left = [entries[1:3], [], entries[3:]]
    listener = Listener()

    def step(seconds: float) -> None:
        writing.append(left.pop(0))
        if not left:
            writing.close()

    with Store.open(tmp_path / "r", write=False) as reading:
        follow(reading, task, listener, sleep=step)
    assert left == []
    assert listener.n_replayed == 1
    assert listener.told == list(range(1, N))
    assert listener.progress.done == N
    assert listener.progress.total == 100
    assert listener.chose == 0


def test_a_spent_budget_means_that_the_champion_is_being_chosen(
    task: Task, entries: list[Entry], tmp_path: Path
) -> None:
    writing = create_run(tmp_path / "r", make_search_problem(task, 0), RunConfig(0, N))
    writing.append(entries)
    n_looks = iter(range(3))
    listener = Listener()

    def step(seconds: float) -> None:
        if next(n_looks) == 2:
            writing.close()

    with Store.open(tmp_path / "r", write=False) as reading:
        follow(reading, task, listener, sleep=step)
    assert listener.chose == 1


def test_the_writer_goes_on_while_a_reader_looks(
    task: Task, entries: list[Entry], tmp_path: Path
) -> None:
    """A transaction of the writer begins and ends within the reader's loop, without waiting."""
    writing = create_run(tmp_path / "r", make_search_problem(task, 0), RunConfig(0, 100))
    seen: list[float] = []

    def step(seconds: float) -> None:
        with Store.open(tmp_path / "r", write=False) as other:
            assert len(other) == len(writing)
        writing.append([entries[len(seen)]])
        seen.append(seconds)
        if len(seen) == N:
            writing.close()

    with Store.open(tmp_path / "r", write=False) as reading:
        follow(reading, task, Listener(), every_s=0.25, sleep=step)
    assert seen == [0.25] * N


def test_a_run_that_has_ended_shows_its_table_at_once(
    task: Task, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    small_run(task, tmp_path / "r", 3).close()
    assert call(["show", "r", "--watch", "--runs-dir", str(tmp_path)]) == 0
    out = capfd.readouterr().out
    assert "r, task parallel: done, 3 of 3 evaluations" in out
    assert "literature" in out
    assert "python -m evolve resume r" in out


def test_one_document_is_printed_at_the_end_for_machines(
    task: Task, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    small_run(task, tmp_path / "r", 3).close()
    assert call(["show", "r", "--watch", "--json", "--runs-dir", str(tmp_path)]) == 0
    assert json.loads(capfd.readouterr().out)["run"] == "r"


def test_a_writer_that_was_killed_leaves_its_entries_to_be_resumed(
    task: Task, entries: list[Entry], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with create_run(tmp_path / "r", make_search_problem(task, 0), RunConfig(0, 100)) as writing:
        writing.append(entries)
    assert call(["show", "r", "--watch", "--runs-dir", str(tmp_path)]) == 0
    out = capfd.readouterr().out
    assert "ended early, 6 of 100 evaluations" in out
    assert "resume it to choose a champion" in out


def heed_interrupts() -> None:
    """Undo what a shell does to jobs in the background, which inherit that SIGINT is ignored."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def watching(folder: Path) -> subprocess.Popen[str]:
    """A process that watches the run `r` of a folder, after its first line."""
    words = ["-m", "evolve", "show", "r", "--watch", "--runs-dir", str(folder)]
    process = subprocess.Popen(
        [sys.executable, *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=dict(os.environ),
        preexec_fn=heed_interrupts,
    )
    assert process.stdout is not None
    assert "of 100;" in process.stdout.readline()
    return process


def test_an_interrupt_ends_watching_with_130_and_leaves_the_run_alone(
    task: Task, entries: list[Entry], tmp_path: Path
) -> None:
    with create_run(tmp_path / "r", make_search_problem(task, 0), RunConfig(0, 100)) as writing:
        writing.append(entries[:2])
        process = watching(tmp_path)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
        assert process.returncode == 130
        assert "Traceback" not in err
        writing.append(entries[2:])
        assert len(writing) == N


def test_watching_ends_by_itself_when_the_run_does(
    task: Task, entries: list[Entry], tmp_path: Path
) -> None:
    with create_run(tmp_path / "r", make_search_problem(task, 0), RunConfig(0, 100)) as writing:
        writing.append(entries)
        process = watching(tmp_path)
        time.sleep(0.1)
        assert process.poll() is None
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "6 of 100 evaluations" in out
