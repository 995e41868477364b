"""Workers answer, fail by status, come back, and leave nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pytest
import sandbox_service

from evolve.errors import SandboxError
from evolve.sandbox import Limits, Worker
from evolve.sandbox.inprocess import InProcess
from evolve.sandbox.nursery import CAN_FORK, nursery

LIMITS = Limits(cpu_s=0.2, wall_s=3.0, memory_mib=256)


@pytest.fixture(
    scope="module",
    params=["executed", pytest.param("forked", marks=pytest.mark.skipif(not CAN_FORK, reason=""))],
)
def worker(request: pytest.FixtureRequest) -> Iterator[Worker]:
    given = ("sandbox_service", {"name": "w"}, [np.arange(3.0)], LIMITS)
    with (
        nursery("sandbox_service") if request.param == "forked" else nullcontext() as parent,
        Worker(*given, nursery=parent) as worker,
    ):
        yield worker


def test_a_worker_returns_what_its_module_answers(worker: Worker) -> None:
    outcome = worker.call({"do": "echo"}, [np.eye(2), np.array(np.nan)])
    assert outcome.ok
    assert outcome.meta["given"] == {"name": "w"}
    np.testing.assert_array_equal(outcome.arrays[0], np.eye(2))
    assert outcome.arrays[1].shape == ()
    np.testing.assert_array_equal(outcome.arrays[2], np.arange(3.0))


@pytest.mark.parametrize(
    ("action", "status"),
    [
        ("spin", "cpu"),
        ("sleep", "timeout"),
        ("raise", "exception"),
        ("bomb", "memory"),
        ("large", "answer-too-large"),
        ("exit", "no-answer"),
        ("segfault", "crash"),
    ],
)
def test_every_failure_has_a_status_and_the_next_call_works(
    worker: Worker, action: str, status: str
) -> None:
    outcome = worker.call({"do": action})
    assert outcome.status == status
    assert outcome.message.replace("\n", "").isprintable()
    after = worker.call({"do": "echo"})
    assert after.ok
    assert after.meta["given"] == {"name": "w"}


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs the Linux walls")
def test_a_locked_down_worker_cannot_open_or_kill(worker: Worker) -> None:
    assert worker.call({"do": "open"}).status == "exception"
    assert worker.call({"do": "kill"}).status == "violation"


def test_a_worker_sees_neither_environment_nor_tasks_nor_stores(
    worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("API_KEY", "secret")
    worker.close()
    outcome = worker.call({"do": "environment"})
    assert outcome.meta["loaded"] == []
    assert "API_KEY" not in outcome.meta["names"]
    assert "HOME" not in outcome.meta["names"]


def test_an_init_that_fails_is_an_error_of_ours() -> None:
    with Worker("sandbox_service", {"fail": True}) as worker:
        with pytest.raises(SandboxError, match="init was told to fail"):
            worker.call({"do": "echo"})
        assert worker.pid is None


def test_a_module_that_is_missing_is_named() -> None:
    with Worker("no_such_service") as worker, pytest.raises(SandboxError, match="no_such"):
        worker.call({})


def test_a_worker_that_was_killed_between_calls_is_started_again(worker: Worker) -> None:
    assert worker.call({"do": "echo"}).ok
    assert worker.pid is not None
    os.kill(worker.pid, signal.SIGKILL)
    time.sleep(0.05)
    assert worker.call({"do": "echo"}).ok


@pytest.mark.parametrize("name", ["SIGKILL", "SIGTERM"])
def test_a_worker_killed_from_outside_at_work_is_asked_again(worker: Worker, name: str) -> None:
    assert worker.call({"do": "echo"}).ok
    pid, n_starts = worker.pid, worker.n_starts
    assert pid is not None
    timer = threading.Timer(0.1, os.kill, (pid, getattr(signal, name)))
    timer.start()
    outcome = worker.call({"do": "wait", "seconds": 0.5})
    timer.join()
    assert outcome.ok
    assert outcome.meta == {"n": 1}
    assert worker.n_starts == n_starts + 1


def test_a_worker_killed_from_outside_while_it_loads_is_started_again(worker: Worker) -> None:
    worker.close()
    worker.start()
    assert worker.pid is not None
    os.kill(worker.pid, signal.SIGKILL)
    assert worker.call({"do": "echo"}).ok


def test_a_worker_killed_from_outside_again_and_again_is_an_error_not_an_outcome() -> None:
    with Worker("sandbox_service", limits=LIMITS, without=["seccomp"]) as worker:
        with pytest.raises(SandboxError, match="ended by SIGKILL from outside, 3 times in a row"):
            worker.call({"do": "end", "signal": int(signal.SIGKILL)})
        assert worker.n_starts == 3
        assert worker.call({"do": "end", "signal": int(signal.SIGABRT)}).status == "crash"


def test_a_worker_started_in_a_thread_outlives_it() -> None:
    with Worker("sandbox_service", limits=LIMITS) as worker:
        worker.close()
        thread = threading.Thread(target=lambda: worker.call({"do": "echo"}))
        thread.start()
        thread.join()
        assert worker.call({"do": "echo"}).meta["n"] == 2


def test_closing_leaves_no_process_and_no_descriptor() -> None:
    before = len(os.listdir("/dev/fd"))
    worker = Worker("sandbox_service", limits=LIMITS)
    worker.call({"do": "spin"})
    worker.call({"do": "echo"})
    pid = worker.pid
    worker.close()
    worker.close()
    assert len(os.listdir("/dev/fd")) == before
    assert pid is not None
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_a_worker_dies_with_its_parent(tmp_path: Path) -> None:
    script = tmp_path / "parent.py"
    script.write_text(
        "import sys, time, threading\n"
        f"sys.path[:0] = {[p for p in sys.path if p]!r}\n"
        "from evolve.sandbox import Worker, Limits\n"
        "w = Worker('sandbox_service', limits=Limits(cpu_s=60, wall_s=60))\n"
        "w.call({'do': 'echo'})\n"
        "print(w.pid, flush=True)\n"
        "w.call({'do': 'sleep'})\n"
    )
    parent = subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    parent.stdout.close()
    deadline = time.monotonic() + 60  # a busy machine is slow
    while Path(f"/proc/{pid}").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not Path(f"/proc/{pid}").exists()


# the same service without a process


def test_an_answer_given_in_this_process_is_that_of_a_worker() -> None:
    given = ("sandbox_service", {"name": "w"}, [np.arange(3.0)], LIMITS)
    with Worker(*given) as worker:
        far = worker.call({"do": "echo"})
    near = InProcess(*given).call({"do": "echo"})
    assert near.meta == far.meta
    np.testing.assert_array_equal(near.arrays[0], far.arrays[0])


def test_a_failure_in_this_process_is_a_status_but_an_interrupt_is_passed_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    service = InProcess("sandbox_service", {}, [], LIMITS)
    assert service.call({"do": "raise"}).status == "exception"

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setitem(sandbox_service._ACTIONS, "echo", interrupted)
    with pytest.raises(KeyboardInterrupt):
        service.call({"do": "echo"})
