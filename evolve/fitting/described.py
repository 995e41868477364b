"""What fits here, in words that a run keeps: asked of a process that has loaded the compiler."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np

Message = tuple[dict[str, Any], tuple[np.ndarray, ...]]


def describe() -> dict[str, str]:
    """Whether the fitter is compiled, and the processor that LLVM makes code for."""
    from evolve.fitting.compiled import COMPILED

    if not COMPILED:
        return {"fitter": "plain numpy", "processor for LLVM": ""}
    binding = import_module("llvmlite.binding")  # numba's own, there where code is compiled
    return {"fitter": "compiled", "processor for LLVM": str(binding.get_host_cpu_name())}


def init(meta: dict[str, Any], arrays: tuple[np.ndarray, ...]) -> dict[str, str]:
    """Prepare the answer."""
    del meta, arrays
    return describe()


def handle(state: dict[str, str], meta: dict[str, Any], arrays: tuple[np.ndarray, ...]) -> Message:
    """Answer."""
    del meta, arrays
    return state, ()
