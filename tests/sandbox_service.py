"""A service for the worker tests: echoes, and every way of failing."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np


def main(parent: int) -> None:
    """Run for ever, as a process that was started by `Spawned`."""
    with contextlib.suppress(OSError):  # nobody may be left to read it
        os.write(2, b"runs\n")
    time.sleep(3600)


def preload(in_fork: Callable[[], object]) -> bool:
    """Say that what was loaded is to be loaded again by a fresh process."""
    return True


def init(meta: dict[str, Any], arrays: tuple[np.ndarray, ...]) -> dict[str, Any]:
    """Keep what was given, and count the requests."""
    if meta.get("fail"):
        raise RuntimeError("init was told to fail")
    return {"given": meta, "arrays": arrays, "n": 0}


def handle(
    state: dict[str, Any], meta: dict[str, Any], arrays: tuple[np.ndarray, ...]
) -> tuple[dict[str, Any], Sequence[np.ndarray]]:
    """Do what `meta["do"]` names."""
    state["n"] += 1
    return _ACTIONS[meta["do"]](state, meta, arrays)


def _echo(state: Any, meta: Any, arrays: Any) -> Any:
    return {"n": state["n"], "given": state["given"]}, [*arrays, *state["arrays"]]


def _spin(state: Any, meta: Any, arrays: Any) -> Any:
    while True:
        pass


def _sleep(state: Any, meta: Any, arrays: Any) -> Any:
    time.sleep(3600)


def _raise(state: Any, meta: Any, arrays: Any) -> Any:
    raise ValueError("as told\x1b[31m")


def _bomb(state: Any, meta: Any, arrays: Any) -> Any:
    return {}, [np.ones((1 << 33,))]


def _large(state: Any, meta: Any, arrays: Any) -> Any:
    return {}, [np.ones(1 << 20)]


def _wait(state: Any, meta: Any, arrays: Any) -> Any:
    time.sleep(meta["seconds"])
    return {"n": state["n"]}, []


def _end(state: Any, meta: Any, arrays: Any) -> Any:
    os.kill(os.getpid(), meta["signal"])


def _exit(state: Any, meta: Any, arrays: Any) -> Any:
    os._exit(3)


def _segfault(state: Any, meta: Any, arrays: Any) -> Any:
    ctypes.string_at(0)


def _kill(state: Any, meta: Any, arrays: Any) -> Any:
    os.kill(os.getppid(), signal.SIGTERM)


def _open(state: Any, meta: Any, arrays: Any) -> Any:
    with open("/etc/hostname") as file:
        file.read()


def _environment(state: Any, meta: Any, arrays: Any) -> Any:
    loaded = [n for n in ("evolve.tasks.task", "evolve.runs.store", "sqlite3") if n in sys.modules]
    return {"names": sorted(os.environ), "loaded": loaded, "words": sys.argv[2:]}, []


_ACTIONS = {
    name.removeprefix("_"): action
    for name, action in list(globals().items())
    if name.startswith("_") and callable(action)
}
