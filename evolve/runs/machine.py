"""The machine and the libraries that a run's entries come from, and what of them decides digits.

A digest is kept only where every sum is rounded as before. The fitter's machine code may reorder
sums and contract products with them (`fitting/compiled.py`): how it does so follows from LLVM's
version, the processor's vector instructions, and the name under which LLVM tunes for it. numpy and
the C library choose their exponentials and logarithms, and BLAS its products of matrices, by the
same instructions when they are loaded. So versions and instructions must be the same; what the
processor is sold as, the patch release of Python and the kernel of the system need not. Last
digits decide which of two equally good laws is kept, and with it all that follows.
"""

from __future__ import annotations

import platform
from collections.abc import Mapping
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from evolve.errors import SandboxError
from evolve.evaluation.loading import loaded_fitter
from evolve.sandbox import Worker

LIBRARIES = ("numpy", "scipy", "numba", "llvmlite")
# Keys of `describe_machine` under which another value may change a run's digits.
DECISIVE = (
    *("python", *LIBRARIES, "fitter", "architecture", "system", "C library"),
    *("processor for LLVM", "instructions"),
)
MACHINE = "machine"  # key among the versions of a run


def describe_machine() -> dict[str, str]:
    """Name Python, libraries, system and processor, as a run keeps them."""
    fitter = _fitter()
    major, minor, patch = platform.python_version_tuple()
    return {
        "python": f"{major}.{minor}",
        **{name: _version(name) for name in LIBRARIES},
        "fitter": fitter["fitter"],
        "architecture": platform.machine(),
        "system": platform.system(),
        "C library": " ".join(platform.libc_ver()).strip(),
        "processor for LLVM": fitter["processor for LLVM"],
        "instructions": _instructions(),
        "python patch": patch,
        "kernel": platform.release(),
        "processor": _processor(),
    }


def machine_changes(versions: Mapping[str, Any], *, decisive: bool) -> list[str]:
    """Say what differs between the machine of a stored run and this one.

    Args:
        versions: Of the run; a run of an earlier version has no machine among them, and then
            nothing is known to differ.
        decisive: Whether to name what may change digits, or what does not.
    """
    before = recorded_machine(versions)
    if before is None:
        return []
    return [
        _change(key, before[key], now)
        for key, now in describe_machine().items()
        if (key in DECISIVE) == decisive and before.get(key, now) != now
    ]


def recorded_machine(versions: Mapping[str, Any]) -> dict[str, str] | None:
    """The machine that a run keeps; None for a run of an earlier version."""
    machine = versions.get(MACHINE)
    if not isinstance(machine, dict):
        return None
    return {str(key): str(value) for key, value in machine.items()}


def machine_remark(versions: Mapping[str, Any]) -> str | None:
    """One line for whoever resumes a run on another machine, or a run that names none."""
    if recorded_machine(versions) is None:
        return (
            "this run was made before runs kept their machine and libraries; under others than "
            "it began with it does not repeat to the last digit"
        )
    changed = machine_changes(versions, decisive=False)
    return f"going on elsewhere, to the same digits: {'; '.join(changed)}" if changed else None


def _change(key: str, before: str, now: str) -> str:
    if key != "instructions":
        return f"{key} was {before or 'unknown'}, is {now or 'unknown'}"
    old, new = set(before.split()), set(now.split())
    parts = (("without", old - new), ("with", new - old))
    words = [f"{word} {' '.join(sorted(names))}" for word, names in parts if names]
    return f"this processor is {' and '.join(words)}"


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "missing"


def _fitter() -> dict[str, str]:
    """What fits here and the processor that LLVM makes code for.

    Where workers are forked one of them is asked, for only who loads the compiler knows, and it
    is half of the memory of a process that loads no more. One that compiles first takes long.
    """
    parent = loaded_fitter()
    if parent is None:
        from evolve.fitting.described import describe  # loads the compiler

        return describe()
    with Worker("evolve.fitting.described", nursery=parent) as worker:
        outcome = worker.call({})
    if not outcome.ok:
        raise SandboxError(f"sandbox: the fitter could not be asked: {outcome.message}")
    return {key: str(outcome.meta[key]) for key in ("fitter", "processor for LLVM")}


def _instructions() -> str:
    """The vector instructions of this processor that numpy knows of, in its order."""
    dispatch = import_module("numpy._core._multiarray_umath")
    features = getattr(dispatch, "__cpu_features__", {})
    return " ".join(name for name, present in features.items() if present)


def _processor() -> str:
    """What the processor is sold as."""
    try:
        lines = Path("/proc/cpuinfo").read_text(errors="replace").splitlines()
    except OSError:
        lines = []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor())
