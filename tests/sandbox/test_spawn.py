"""A process that was started for the sandbox runs as long as its engine at most."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from evolve.sandbox.lockdown import ORPHANED
from evolve.sandbox.spawn import Spawned, clean_environment, stderr_pipe

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="needs the parent-death signal"
)
PATIENCE_S = 20.0
ENGINE = """
import os, signal, sys, threading, time
sys.path[:0] = {path!r}
from evolve.sandbox import ForeignLane, Worker
from evolve.sandbox.spawn import Spawned
{body}
"""


def engine(body: str) -> subprocess.Popen[str]:
    """A process that runs `body` and prints the id of what it has started."""
    path = [entry for entry in sys.path if entry]
    return subprocess.Popen(
        [sys.executable, "-c", ENGINE.format(path=path, body=body)],
        stdout=subprocess.PIPE,
        text=True,
    )


def first_number(process: subprocess.Popen[str]) -> int:
    assert process.stdout is not None
    return int(process.stdout.readline())


def is_there(pid: int) -> bool:
    """Whether a process exists and has not ended; one that nobody waited for has."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] not in "ZX"


def goes(pid: int) -> bool:
    end = time.monotonic() + PATIENCE_S
    while is_there(pid) and time.monotonic() < end:
        time.sleep(0.01)
    return not is_there(pid)


def wait_until_it_loads(pid: int) -> None:
    """Wait until a process has the first library mapped that it loads after its first steps."""
    end = time.monotonic() + PATIENCE_S
    while "numpy" not in Path(f"/proc/{pid}/maps").read_text():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_a_process_dies_with_its_engine() -> None:
    process = engine("print(Spawned('sandbox_service', {}, []).pid, flush=True); time.sleep(60)")
    pid = first_number(process)
    time.sleep(0.3)
    assert is_there(pid)
    process.kill()
    process.communicate()
    assert goes(pid)


def test_a_process_whose_engine_died_before_its_first_step_ends() -> None:
    process = engine(
        "print(Spawned('sandbox_service', {}, []).pid, flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    pid = first_number(process)
    process.communicate()
    assert goes(pid)


@pytest.mark.parametrize(
    "start",
    ["Worker('evolve.fitting.service').start()", "ForeignLane(allow_weak=True).__enter__()"],
    ids=["worker", "zygote"],
)
def test_what_still_loads_dies_with_its_engine_whichever_thread_started_it(start: str) -> None:
    made, _, action = start.rpartition(".")
    process = engine(
        f"it = {made}\n"
        f"thread = threading.Thread(target=lambda: it.{action})\n"
        "thread.start(); thread.join()\n"
        "print(it.pid, flush=True); time.sleep(60)"
    )
    pid = first_number(process)
    wait_until_it_loads(pid)
    os.kill(pid, 19)  # SIGSTOP: it never comes to watch its wire
    process.kill()
    process.communicate()
    assert goes(pid)


@pytest.mark.parametrize(("parent", "code"), [("os.getppid()", 0), ("1 << 22", ORPHANED)])
def test_a_parent_that_is_already_gone_is_noticed(parent: str, code: int) -> None:
    process = engine(
        f"from evolve.sandbox.lockdown import die_with_parent\ndie_with_parent({{}}, (), {parent})"
    )
    process.communicate()
    assert process.returncode == code


def test_a_process_started_by_a_thread_outlives_the_thread() -> None:
    made: list[Spawned] = []
    thread = threading.Thread(
        target=lambda: made.append(Spawned("sandbox_service", {}, [])), daemon=True
    )
    thread.start()
    thread.join()
    (process,) = made
    assert process.ended(0.3) is None
    assert process.runs
    process.end()
    assert not is_there(process.pid)


def test_ending_a_process_keeps_its_last_words_until_then_and_no_descriptor() -> None:
    before = len(os.listdir("/proc/self/fd"))
    process = Spawned("sandbox_service", {}, [])
    said, end = "", time.monotonic() + PATIENCE_S
    while not said and time.monotonic() < end:
        said = process.said(100)
    assert said == "runs"
    process.end()
    assert len(os.listdir("/proc/self/fd")) == before


def test_a_process_that_cannot_run_its_module_says_so() -> None:
    process = Spawned("no_such_module", {}, [])
    assert process.ended(PATIENCE_S) == 1
    assert "no_such_module" in process.said(4000)
    process.end()


def test_whether_anything_is_compiled_is_said_to_processes_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("EVOLVE_NO_NUMBA", "1")
    assert clean_environment()["EVOLVE_NO_NUMBA"] == "1"


def test_what_was_said_is_read_once_and_nothing_after_the_close_whoevers_the_number_is() -> None:
    errors, writing = stderr_pipe()
    os.write(writing, b"last words")
    assert errors.read(100) == "last words"
    assert errors.read(100) == ""
    number = errors._descriptor
    assert number is not None
    errors.close()
    reading, other = os.pipe()
    os.dup2(reading, number)  # as the system does with the next descriptor that is opened
    os.write(other, b"an answer")
    assert errors.read(100) == ""
    errors.close()
    assert os.read(number, 100) == b"an answer"
    for descriptor in {writing, reading, other, number}:
        os.close(descriptor)
