from __future__ import annotations

import errno
import fcntl
import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from store_service import entries, new_store, start_python, start_writer

from evolve.errors import StoreError
from evolve.runs import lock
from evolve.runs.lock import LOCK_NAME, WriterLock, writer
from evolve.runs.store import Store

PID_OF_NOBODY = 2**22 + 1  # above the largest that Linux gives


@pytest.fixture
def no_flock(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file system whose kernel has no locks to give."""

    def refuse(fd: int, operation: int) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", refuse)


def holder(**changes: object) -> dict[str, object]:
    return {**lock._describe(os.getpid()), **changes}


def leave(folder: Path, **changes: object) -> None:
    """Leave the lock file of a process that never gave the lock back."""
    (folder / LOCK_NAME).write_text(json.dumps(holder(**changes)))


def test_a_second_writer_is_told_who_the_first_is(tmp_path: Path) -> None:
    new_store(tmp_path / "r").close()
    first = start_writer(tmp_path / "r")
    assert first.stdout is not None
    first.stdout.readline()
    message = f"run 'r' is being written by process {first.pid} on {socket.gethostname()}; "
    with pytest.raises(StoreError, match=message):
        Store.open(tmp_path / "r", write=True)
    with pytest.raises(StoreError, match="run 'r' exists"):
        new_store(tmp_path / "r")
    found = writer(tmp_path / "r")
    assert found is not None
    assert found["pid"] == first.pid
    first.kill()
    first.communicate()
    assert writer(tmp_path / "r") is None
    Store.open(tmp_path / "r", write=True).close()


def test_a_second_writer_in_the_same_process_is_refused(tmp_path: Path) -> None:
    with (
        new_store(tmp_path / "r"),
        pytest.raises(StoreError, match=f"by process {os.getpid()} on"),
    ):
        Store.open(tmp_path / "r", write=True)
    Store.open(tmp_path / "r", write=True).close()


def test_a_store_that_was_dropped_unclosed_gives_its_lock_back(tmp_path: Path) -> None:
    store = new_store(tmp_path / "r")
    del store
    Store.open(tmp_path / "r", write=True).close()


def test_a_refused_opening_keeps_no_lock(tmp_path: Path) -> None:
    new_store(tmp_path / "r").close()
    whole = (tmp_path / "r" / "run.sqlite").read_bytes()
    (tmp_path / "r" / "run.sqlite").write_bytes(b"noise")
    with pytest.raises(StoreError):
        Store.open(tmp_path / "r", write=True)
    (tmp_path / "r" / "run.sqlite").write_bytes(whole)
    Store.open(tmp_path / "r", write=True).close()


def test_a_child_does_not_keep_the_lock_of_a_dead_parent(tmp_path: Path) -> None:
    new_store(tmp_path / "r").close()
    code = """
import os, sys, time
from pathlib import Path
from evolve.runs.store import Store
store = Store.open(Path(sys.argv[1]), write=True)
reading, writing = os.pipe()
child = os.fork()
if child == 0:
    os.write(writing, b"x")
    sys.stdin.read()
    os._exit(0)
os.read(reading, 1)  # a child has the lock until it runs
print(child, flush=True)
os.kill(os.getpid(), 9)
"""
    parent = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path / "r")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    assert parent.wait() == -9
    os.kill(child, 0)  # alive
    Store.open(tmp_path / "r", write=True).close()
    parent.communicate()


def test_a_lock_given_back_names_nobody(tmp_path: Path) -> None:
    held = WriterLock(tmp_path)
    assert writer(tmp_path) is not None
    held.release()
    held.release()
    assert (tmp_path / LOCK_NAME).read_bytes() == b""
    assert writer(tmp_path) is None


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b"\xff\xfe", b'{"pid": "x"}'])
def test_an_unfinished_lock_file_is_taken_over(tmp_path: Path, content: bytes) -> None:
    (tmp_path / LOCK_NAME).write_bytes(content)
    WriterLock(tmp_path).release()


@pytest.mark.parametrize(
    "changes",
    [
        {"pid": PID_OF_NOBODY, "started": 1},
        {"pid": 1, "started": -1},
        {"boot": "an earlier start of this machine"},
        {"pid": PID_OF_NOBODY, "host": "the same machine under another name"},
    ],
    ids=["dead", "pid used again", "machine started again", "container"],
)
@pytest.mark.parametrize("kernel", ["flock", "no flock"])
def test_a_stale_lock_is_taken_over(
    tmp_path: Path, changes: dict[str, object], kernel: str, request: pytest.FixtureRequest
) -> None:
    if kernel == "no flock":
        request.getfixturevalue("no_flock")
    leave(tmp_path, **changes)
    WriterLock(tmp_path).release()


@pytest.mark.parametrize("kernel", ["flock", "no flock"])
def test_a_lock_from_another_machine_is_left_alone(
    tmp_path: Path, kernel: str, request: pytest.FixtureRequest
) -> None:
    if kernel == "no flock":
        request.getfixturevalue("no_flock")
    leave(tmp_path, pid=77, host="elsewhere", boot="elsewhere")
    message = "by process 77 on elsewhere; .*; if that process is dead, delete .*run.lock"
    with pytest.raises(StoreError, match=message):
        WriterLock(tmp_path)


@pytest.mark.usefixtures("no_flock")
def test_without_kernel_locks_a_living_writer_is_respected(tmp_path: Path) -> None:
    process = start_python("import time; time.sleep(600)")
    leave(tmp_path, pid=process.pid, started=lock._started(process.pid))
    with pytest.raises(StoreError, match=f"by process {process.pid}"):
        WriterLock(tmp_path)
    process.kill()
    process.communicate()
    held = WriterLock(tmp_path)
    with pytest.raises(StoreError, match=f"by process {os.getpid()}"):
        WriterLock(tmp_path)
    held.release()
    WriterLock(tmp_path).release()


@pytest.mark.usefixtures("no_flock")
def test_a_dead_writer_that_nobody_waited_for_is_dead(tmp_path: Path) -> None:
    process = start_python("import time; time.sleep(600)")
    started = lock._started(process.pid)
    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    leave(tmp_path, pid=process.pid, started=started)
    WriterLock(tmp_path).release()
    process.communicate()


def test_two_new_runs_of_one_name_do_not_mix(tmp_path: Path) -> None:
    code = """
import sys
from pathlib import Path
from store_service import new_store
from evolve.errors import StoreError
try:
    with new_store(Path(sys.argv[1]), n=3):
        print("made")
except StoreError:
    print("refused")
"""
    processes = [start_python(code, str(tmp_path / "r")) for _ in range(4)]
    told = sorted(process.communicate()[0].strip() for process in processes)
    assert told == ["made", "refused", "refused", "refused"]
    with Store.open(tmp_path / "r", write=False) as store:
        assert store.entries() == entries(0, 3)


def test_a_lock_that_is_a_link_or_a_second_name_empties_no_other_file(tmp_path: Path) -> None:
    new_store(tmp_path / "r").close()
    precious, lock = tmp_path / "precious.txt", tmp_path / "r" / "run.lock"
    precious.write_text("precious")
    for make, words in ((os.symlink, "symbolic link"), (os.link, "second name")):
        lock.unlink()
        make(precious, lock)
        with pytest.raises(StoreError, match=f"run.lock: cannot be written: .*{words}"):
            Store.open(tmp_path / "r", write=True)
        assert writer(tmp_path / "r") is None
        assert precious.read_text() == "precious"


@pytest.mark.parametrize(
    "text", ["[" * 4000, '{"pid": -1}', '{"pid": 1e3}', '{"pid": 99999999999999}', "[1]", "\x00"]
)
def test_a_lock_file_that_names_no_process_is_nobodys(tmp_path: Path, text: str) -> None:
    new_store(tmp_path / "r").close()
    (tmp_path / "r" / "run.lock").write_text(text)
    assert writer(tmp_path / "r") is None
    Store.open(tmp_path / "r", write=True).close()
