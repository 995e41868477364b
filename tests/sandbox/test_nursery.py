"""A nursery forks workers with all walls, is shared, comes back when it is killed, and goes."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from evolve.errors import SandboxError
from evolve.sandbox import Limits, Worker
from evolve.sandbox.nursery import CAN_FORK, Nursery, nursery

pytestmark = pytest.mark.skipif(not CAN_FORK, reason="needs processes that can be forked safely")
MODULE = "sandbox_service"
LIMITS = Limits(cpu_s=5.0, memory_mib=256)


def is_gone(pid: int, within_s: float = 60.0) -> bool:
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, 0)
            time.sleep(0.01)
            continue
        return True
    return False


def parent_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def test_a_forked_worker_has_every_wall_of_an_executed_one() -> None:
    with (
        nursery(MODULE) as parent,
        Worker(MODULE, nursery=parent) as forked,
        Worker(MODULE) as executed,
    ):
        assert forked.wait_until_ready() == executed.wait_until_ready()
        assert os.getsid(forked.pid or 0) == forked.pid


def test_workers_of_all_who_are_inside_come_from_one_process_that_ends_with_the_last() -> None:
    with nursery(MODULE) as outer:
        with (
            nursery(MODULE) as inner,
            Worker(MODULE, nursery=outer) as one,
            Worker(MODULE, nursery=inner) as other,
        ):
            assert one.pid
            assert other.pid
            first, pids = parent_of(one.pid), (one.pid, other.pid)
            assert parent_of(other.pid) == first
        assert all(is_gone(pid) for pid in pids)
        with Worker(MODULE, nursery=outer) as again:
            assert again.pid
            assert parent_of(again.pid) == first
    assert is_gone(first)


def test_a_nursery_that_is_killed_takes_its_workers_along_and_is_started_again() -> None:
    with nursery(MODULE) as parent, Worker(MODULE, nursery=parent) as worker:
        assert worker.call({"do": "echo"}).ok
        assert worker.pid
        pid, first = worker.pid, parent_of(worker.pid)
        os.kill(first, signal.SIGKILL)
        assert is_gone(pid)
        assert worker.call({"do": "echo"}).meta["n"] == 1
        assert parent_of(worker.pid) != first


def test_what_was_made_to_be_loaded_is_loaded_by_a_fresh_process() -> None:
    with nursery(MODULE) as parent, Worker(MODULE, nursery=parent) as worker:
        assert worker.call({"do": "environment"}).meta["words"] == ["again"]


def test_closing_leaves_no_process_and_no_descriptor() -> None:
    with nursery(MODULE):  # the thread that starts processes has its own
        pass
    before = len(os.listdir("/dev/fd"))
    with nursery(MODULE) as parent:
        worker = Worker(MODULE, nursery=parent, limits=LIMITS)
        assert worker.call({"do": "exit"}).status == "no-answer"
        assert worker.call({"do": "echo"}).ok
        pid = worker.pid
        worker.close()
        worker.close()
        assert pid is not None
        assert is_gone(pid)
    assert len(os.listdir("/dev/fd")) == before


def test_a_module_that_is_missing_is_named() -> None:
    with (
        nursery("no_such_service") as parent,
        Worker("no_such_service", nursery=parent) as worker,
        pytest.raises(SandboxError, match="no_such"),
    ):
        worker.call({})


def test_an_order_to_a_nursery_that_is_closed_starts_it_again() -> None:
    closed = Nursery(MODULE)
    closed.close()
    with Worker(MODULE, nursery=closed) as worker:
        assert worker.call({"do": "echo"}).ok
    closed.close()


def test_nursery_and_workers_die_with_the_engine(tmp_path: Path) -> None:
    script = tmp_path / "engine.py"
    script.write_text(
        "import sys\n"
        f"sys.path[:0] = {[p for p in sys.path if p]!r}\n"
        "from evolve.sandbox import Worker, Limits\n"
        "from evolve.sandbox.nursery import nursery\n"
        f"with nursery({MODULE!r}) as parent:\n"
        f"    w = Worker({MODULE!r}, limits=Limits(cpu_s=60, wall_s=60), nursery=parent)\n"
        "    w.call({'do': 'echo'})\n"
        "    print(w.pid, flush=True)\n"
        "    w.call({'do': 'sleep'})\n"
    )
    engine = subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True)
    assert engine.stdout is not None
    pid = int(engine.stdout.readline())
    above = parent_of(pid)
    engine.kill()
    engine.wait()
    engine.stdout.close()
    assert is_gone(pid)
    assert is_gone(above)
