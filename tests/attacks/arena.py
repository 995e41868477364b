"""Attack programs to what they achieved: run through the real lane, with everything to steal.

The arena holds a secret number where an engine holds held-out targets (its memory, a file, its
environment), a file to destroy, folders to write to, listeners to reach and a process to kill.
After each attack it looks for what changed, and has an honest program answer once more.

    python -m attacks.arena [--gate] [--without MECHANISM ...] [ATTACK ...]
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import json
import os
import secrets
import select
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from unittest import mock

import numpy as np

from attacks.registry import ATTACKS
from evolve.sandbox import ForeignLane, Limits, Outcome

PROGRAMS = Path(__file__).parent / "programs"
HONEST = """
import numpy as np
from scipy.optimize import least_squares


def scaling_law_func(data_points, params):
    return params[0] + params[1] * data_points[:, 0] ** (-params[2])


def fit_scaling_law(data_points, loss_values):
    start = np.array([1.0, 1.0, 0.5])
    return least_squares(lambda p: scaling_law_func(data_points, p) - loss_values, start).x
"""
QUICK = Limits(cpu_s=0.3, predict_cpu_s=0.3, wall_s=8.0, memory_mib=128)
PATIENT = Limits(cpu_s=0.3, predict_cpu_s=0.3, wall_s=0.8, memory_mib=128)
BREACH = 666.125
NOBODY = 65534
X = np.linspace(1.0, 9.0, 40).reshape(-1, 1)
Y = 1.5 + 2.0 * X[:, 0] ** -0.3


@dataclass(frozen=True)
class Result:
    """How one attack ended.

    Attributes:
        name: Of the attack.
        status: Of its first call that failed, or `ok`.
        message: That call's message.
        breaches: What it achieved; empty if nothing.
        seconds: It took.
    """

    name: str
    status: str
    message: str
    breaches: tuple[str, ...]
    seconds: float


class Arena:
    """Everything an attack might want, and the lanes it is run through."""

    def __init__(self, gate: bool, without: Collection[str] = ()) -> None:
        """Set everything up; `without` names mechanisms to leave out."""
        with contextlib.ExitStack() as stack:
            self._set_up_prey(stack)
            lanes = [
                stack.enter_context(
                    ForeignLane(
                        limits,
                        gate=gate,
                        without=without,
                        fork=False if "fresh process" in without else None,
                        allow_weak=True,
                    )
                )
                for limits in (QUICK, PATIENT)
            ]
            self._lanes = {"quick": lanes[0], "patient": lanes[1]}
            self._expected = {name: self._honest(lane) for name, lane in self._lanes.items()}
            self._stack = stack.pop_all()

    def __enter__(self) -> Arena:
        """Return the arena."""
        return self

    def __exit__(self, *_: object) -> None:
        """Tear everything down."""
        self._stack.close()

    def run(self, name: str) -> Result:
        """Let one attack loose and see what it achieved."""
        attack = ATTACKS[name]
        lane = self._lanes[attack.lane]
        text = self._text(name)
        pid, processes, descriptors = lane.pid, _below(os.getpid()), _n_descriptors()
        began = time.monotonic()
        outcomes = _pipeline(lane, text)
        time.sleep(attack.wait_s)
        seconds = time.monotonic() - began
        breaches = [*self._stolen(outcomes), *self._damage()]
        if lane.pid != pid or any(o.status == "zygote-lost" for o in outcomes):
            breaches.append("lost the zygote")
        if name.startswith("stash") and outcomes[0].ok:
            again = lane.fit(text, [X], [Y])
            if not _same(again.arrays, outcomes[0].arrays):
                breaches.append("remembered an earlier call")
        honest = self._honest(lane)
        if not _same(honest, self._expected[attack.lane]):
            breaches.append("changed an honest program's answer")
        time.sleep(0.01)
        of_lane = {lane.pid, *_below(lane.pid)} if lane.pid and lane.pid != pid else set()
        if left := _below(os.getpid()) - processes - of_lane:
            breaches.append(f"left {len(left)} processes")
            _end(left)
        if lane.pid == pid and _n_descriptors() != descriptors:
            breaches.append("left descriptors")
        last = outcomes[-1]
        return Result(name, last.status, last.message, tuple(breaches), round(seconds, 2))

    def _honest(self, lane: ForeignLane) -> tuple[np.ndarray, ...]:
        fitted = lane.fit(HONEST, [X], [Y])
        predicted = lane.predict(HONEST, [X], list(fitted.arrays))
        return fitted.arrays + predicted.arrays

    def _set_up_prey(self, stack: contextlib.ExitStack) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="evolve-arena-"))
        stack.callback(shutil.rmtree, self._folder, ignore_errors=True)
        self._folder.chmod(0o755)
        self._drop = self._folder / "drop"
        self._drop.mkdir()
        self._drop.chmod(0o777)
        needle = float(secrets.randbelow(90_000) + 10_000)
        self._secret = needle + 0.25
        self._held_out = np.array([needle + 1.0, self._secret])
        secret_file = self._folder / "test.csv"
        secret_file.write_text(f"{self._secret!r}\n")
        open_file = stack.enter_context(secret_file.open("rb"))
        inherited = fcntl.fcntl(open_file.fileno(), fcntl.F_DUPFD, 20)
        stack.callback(os.close, inherited)
        os.set_inheritable(inherited, True)
        self._victim = self._drop / "victim"
        self._make_victim()
        stack.enter_context(mock.patch.dict(os.environ, EVOLVE_TEST_SECRET=repr(self._secret)))
        self._prey = subprocess.Popen([sys.executable, "-S", "-c", "input()"], stdin=-1)
        stack.callback(_stop, self._prey)
        self._listeners = self._listen(stack)
        self._words = {
            "SECRET_FILE": str(secret_file),
            "VICTIM_FILE": str(self._victim),
            "DROP": str(self._drop),
            "NEEDLE": repr(needle),
            "BREACH": repr(BREACH),
            "ENGINE_PID": str(os.getpid()),
            "VICTIM_PID": str(self._prey.pid),
            "ENGINE_ADDRESS": str(self._held_out.ctypes.data + 8),
            "TCP_PORT": str(self._listeners[0].getsockname()[1]),
            "UDP_PORT": str(self._listeners[1].getsockname()[1]),
            "ABSTRACT": self._folder.name,
            "UNIX_PATH": str(self._folder / "socket"),
        }

    def _listen(self, stack: contextlib.ExitStack) -> list[socket.socket]:
        addresses: list[tuple[int, int, object]] = [
            (socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", 0)),
            (socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", 0)),
            (socket.AF_UNIX, socket.SOCK_STREAM, f"\0{self._folder.name}"),
            (socket.AF_UNIX, socket.SOCK_STREAM, str(self._folder / "socket")),
        ]
        listeners = []
        for family, kind, address in addresses:
            listener = stack.enter_context(socket.socket(family, kind))
            listener.bind(address)  # type: ignore[arg-type]
            if kind == socket.SOCK_STREAM:
                listener.listen()
            listeners.append(listener)
        (self._folder / "socket").chmod(0o777)
        return listeners

    def _make_victim(self) -> None:
        with contextlib.suppress(FileNotFoundError):
            self._victim.unlink()
        self._victim.write_text("precious")
        self._victim.chmod(0o666)
        self._victim_stat = self._stat()

    def _stat(self) -> tuple[int, ...]:
        stat = self._victim.stat()
        return stat.st_mode, stat.st_size, stat.st_nlink, stat.st_ino, stat.st_mtime_ns

    def _text(self, name: str) -> str:
        text = (PROGRAMS / f"{name}.py").read_text()
        for word, value in self._words.items():
            text = text.replace(f"@{word}@", value)
        return text

    def _stolen(self, outcomes: Sequence[Outcome]) -> Iterator[str]:
        said = " ".join(o.stdout + o.message for o in outcomes)
        values = np.concatenate([a.ravel() for o in outcomes for a in o.arrays] or [np.zeros(1)])
        if np.any(values == self._secret) or repr(self._secret) in said:
            yield "learnt the secret"
        if np.any(values == BREACH):
            yield "did what it tried"

    def _damage(self) -> Iterator[str]:
        """Yield what happened to the prey, and put it right again."""
        try:
            harmed = self._stat() != self._victim_stat
        except OSError:
            harmed = True
        if harmed:
            yield "changed a file"
        made = [path for path in self._drop.iterdir() if path != self._victim]
        if made:
            yield "made a file"
        for path in made:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        with contextlib.suppress(FileNotFoundError):
            Path("/dev/shm/evolve-attack").unlink()
        if harmed or made:
            self._make_victim()
        if self._prey.poll() is not None:
            yield "killed a process"
        for listener in select.select(self._listeners, [], [], 0)[0]:
            yield "reached the network"
            if listener.type == socket.SOCK_STREAM:
                listener.accept()[0].close()
            else:
                listener.recv(99)


def _pipeline(lane: ForeignLane, text: str) -> list[Outcome]:
    """Fit, predict, predict in batches, until one of them fails."""
    outcomes = [lane.fit(text, [X], [Y])]
    if outcomes[-1].ok:
        constants = list(outcomes[0].arrays)
        outcomes.append(lane.predict(text, [X], constants))
        if outcomes[-1].ok:
            predictions = list(outcomes[1].arrays)
            outcomes.append(lane.predict_in_batches(text, [X], constants, predictions))
    return outcomes


def _same(some: Sequence[np.ndarray], others: Sequence[np.ndarray]) -> bool:
    return len(some) == len(others) and all(
        a.tobytes() == b.tobytes() for a, b in zip(some, others, strict=True)
    )


def _below(pid: int) -> set[int]:
    """Return the process ids of all descendants."""
    found: set[int] = set()
    for path in Path("/proc").glob(f"{pid}/task/*/children"):
        with contextlib.suppress(OSError):
            for child in map(int, path.read_text().split()):
                found |= {child} | _below(child)
    return found


def _n_descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


def _end(pids: Collection[int]) -> None:
    for pid in pids:
        with contextlib.suppress(OSError):
            os.kill(pid, 9)


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.communicate()


def run_all(names: Sequence[str], gate: bool, without: Collection[str] = ()) -> list[Result]:
    """Run attacks in this process."""
    with Arena(gate, without) as arena:
        return [arena.run(name) for name in names]


def run_all_as_nobody(
    names: Sequence[str], gate: bool, without: Collection[str] = ()
) -> list[Result]:
    """Run attacks in an engine that belongs to an ordinary user; for root.

    Python may lie where only root can read it, so it is mounted where everybody can, seen by that
    engine alone. That user gets a copy of the compiled fitter, which each lane would else compile.

    Raises:
        RuntimeError: This machine does not allow that.
    """
    arguments = [*names, *["--gate"] * gate, *(f"--without={name}" for name in without)]
    path = os.pathsep.join(entry for entry in sys.path if entry)
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        prefix, code = Path(folder, "python"), Path(folder, "code")
        prefix.mkdir()
        _give_code_to_nobody(code)
        python = str(prefix / "bin" / Path(sys.executable).resolve().name)
        become = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
        ran = subprocess.run(
            ["unshare", "--mount", "sh", "-c", 'mount --bind "$1" "$2" && shift 2 && exec "$@"']
            + ["sh", sys.base_prefix, str(prefix), *become, python, "-m", "attacks.arena"]
            + arguments,
            cwd="/",
            env={
                "PATH": os.environ["PATH"],
                "PYTHONPATH": path,
                "NUMBA_CACHE_DIR": str(code),
            },
            capture_output=True,
            text=True,
            check=False,
        )
    if ran.returncode != 0:
        raise RuntimeError(ran.stderr[-2000:])
    results = [json.loads(line) for line in ran.stdout.splitlines()]
    return [Result(**{**r, "breaches": tuple(r["breaches"])}) for r in results]


def _give_code_to_nobody(parent: Path) -> None:
    """Copy this user's compiled fitter, if it is kept anywhere, into a folder of theirs."""
    from evolve.fitting.compiled import code_folder  # loads the compiler, which no attack needs
    from evolve.fitting.fit import warm

    warm()
    parent.mkdir()
    kept, _ = code_folder()
    if kept is not None:
        shutil.copytree(kept, parent / kept.name)
        for path in (parent / kept.name, *(parent / kept.name).rglob("*")):
            os.chown(path, NOBODY, NOBODY)


def main() -> None:
    """Print one JSON object an attack."""
    parser = argparse.ArgumentParser()
    parser.add_argument("attacks", nargs="*", default=[])
    parser.add_argument("--gate", action="store_true")
    parser.add_argument("--without", action="append", default=[])
    arguments = parser.parse_args()
    with Arena(arguments.gate, arguments.without) as arena:
        for name in arguments.attacks or ATTACKS:
            print(json.dumps(asdict(arena.run(name))), flush=True)


if __name__ == "__main__":
    main()
