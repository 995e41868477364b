"""A module's name to a clean process that runs it, exec'd: nothing of the parent is handed on.

The child sees the parent's module folders; no environment, descriptors, terminal or folder. The
packages `evolve` and `evolve.sandbox` are set up there as bare folders, so that only the modules
it asks for are loaded, and none that can read a task or a store.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Collection, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, Final

from evolve.errors import SandboxError
from evolve.sandbox.outcome import printable
from evolve.threads import ONE_THREAD

PASSED_ON: Final = (
    "EVOLVE_NO_NUMBA",
    "LD_LIBRARY_PATH",
    "NUMBA_CACHE_DIR",
    "NUMBA_CPU_NAME",
    "NUMBA_CPU_FEATURES",
    "NUMBA_DISABLE_JIT",
    "NPY_DISABLE_CPU_FEATURES",
    "OPENBLAS_CORETYPE",
)
_ONE_AT_A_TIME: Final = threading.Lock()
_BOOT: Final = """\
import json, sys, types
path, packages, without, module, arguments = json.loads(sys.argv[1])
sys.path[:] = path
for name, folder in packages:
    package = types.ModuleType(name)
    package.__path__ = [folder]
    sys.modules[name] = package
from evolve.sandbox.lockdown import die_with_parent
die_with_parent({}, without, arguments["parent"])
__import__(module)
sys.modules[module].main(**arguments)
"""


def clean_environment() -> dict[str, str]:
    """Return all that a sandboxed process sees of the environment."""
    environment = {"PATH": os.defpath, "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "0"}
    environment |= dict.fromkeys(ONE_THREAD, "1")
    environment |= {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    return environment


class Spawned:
    """A process that runs `module.main(**arguments)` in a session of its own, and its stderr.

    From its first steps on it dies with this process; `main` is also told which one that is, as
    `parent`, because becoming somebody else takes the parent-death signal away.
    """

    def __init__(
        self,
        module: str,
        arguments: dict[str, Any],
        descriptors: Sequence[int],
        without: Collection[str] = (),
    ) -> None:
        """Start the process.

        Args:
            module: Full name of the module to run.
            arguments: Further keyword arguments of its `main`; anything JSON can hold.
            descriptors: The only descriptors it inherits beside the standard three.
            without: "environment" and "descriptors" hand on the engine's own; "parent-death
                signal" lets it live on.

        Raises:
            SandboxError: Python cannot start one here.
        """
        self._errors, error_end = stderr_pipe()
        start = partial(_start, module, arguments, descriptors, error_end, without)
        with _ONE_AT_A_TIME:  # two threads at once would make two starters, and one would go
            started = _starter(os.getpid()).submit(start)
        try:
            with contextlib.ExitStack() as undo:
                undo.callback(self._abandon, started)
                self._process = started.result()
                undo.pop_all()
        finally:
            os.close(error_end)

    def _abandon(self, started: Future[subprocess.Popen[bytes]]) -> None:
        """Undo a start that was interrupted: no process stays, no descriptor is taken from it."""
        wait([started])
        if started.exception() is None:
            started.result().kill()
        self._errors.close()

    @property
    def pid(self) -> int:
        """Process id."""
        return self._process.pid

    @property
    def runs(self) -> bool:
        """Whether the process has not ended."""
        return self._process.poll() is None

    def ended(self, timeout_s: float) -> int | None:
        """Wait for the end: its exit status, negative for a signal; `None` if it runs on."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self._process.wait(timeout_s)
        return None

    def said(self, limit: int) -> str:
        """What it wrote to stderr since the last call, printable, at most `limit` long."""
        return self._errors.read(limit)

    def kill(self) -> None:
        """Kill the process and its group, without waiting; any thread may, at any time."""
        if self.runs:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, signal.SIGKILL)
            self._process.kill()

    def end(self) -> None:
        """Kill the process and its group, bury it and close its stderr; to be called once."""
        self.kill()
        self._process.wait()
        self._errors.close()


class Stderr:
    """The end of a pipe at which a process's stderr is read, by any thread; nothing once closed.

    The workers of several threads ask a nursery that is gone for its last words. The number of a
    closed descriptor may be that of another worker's wire by then, whose answer would be read.
    """

    def __init__(self, descriptor: int) -> None:
        """Take the descriptor, which does not block."""
        self._descriptor: int | None = descriptor
        self._lock = threading.Lock()

    def read(self, limit: int) -> str:
        """What has come since the last call, as `read_some`."""
        with self._lock:
            return "" if self._descriptor is None else read_some(self._descriptor, limit)

    def close(self) -> None:
        """Close the descriptor; to be called once."""
        with self._lock:
            descriptor, self._descriptor = self._descriptor, None
            if descriptor is not None:
                os.close(descriptor)


def stderr_pipe() -> tuple[Stderr, int]:
    """Where a process's stderr is read, and the descriptor that it writes to; neither blocks."""
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    os.set_blocking(writing, False)
    return Stderr(reading), writing


def read_some(descriptor: int, limit: int) -> str:
    """Return what waits in a pipe that does not block, printable, at most `limit` long."""
    try:
        return printable(os.read(descriptor, limit), limit)
    except OSError:
        return ""


@lru_cache(maxsize=1)
def _starter(pid: int) -> ThreadPoolExecutor:
    """The one thread of this process, `pid`, that starts others.

    The kernel sends the parent-death signal when the *thread* that started a process ends. This
    one lives as long as the process, whoever asks; a fork of it, of another `pid`, makes its own.
    """
    return ThreadPoolExecutor(1, "evolve-starter")


def _start(
    module: str,
    arguments: dict[str, Any],
    descriptors: Sequence[int],
    error_descriptor: int,
    without: Collection[str],
) -> subprocess.Popen[bytes]:
    if os.name != "posix" or not sys.executable:
        raise SandboxError("sandbox: needs a POSIX system and a Python executable")
    folder = Path(__file__).resolve().parent
    packages = [("evolve", str(folder.parent)), ("evolve.sandbox", str(folder))]
    path = [entry for entry in sys.path if entry and os.path.isabs(entry)]
    message = {**arguments, "parent": os.getpid()}
    boot = json.dumps([path, packages, sorted(without), module, message])
    environment = clean_environment()
    if "environment" in without:
        environment = {**os.environ, **environment}
    closing = "descriptors" not in without
    for descriptor in descriptors:
        os.set_inheritable(descriptor, not closing)
    return subprocess.Popen(
        [sys.executable, "-s", "-S", "-P", "-c", _BOOT, boot],
        env=environment,
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=error_descriptor,
        close_fds=closing,
        pass_fds=tuple(descriptors) if closing else (),
        start_new_session=True,
    )
