"""Parts of the kernel: called by their address, and compiled by a fork the first time."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from evolve.fitting.compiled import COMPILED, jit
from evolve.fitting.parts import part
from evolve.typing import Array

ROOT = Path(__file__).resolve().parents[2]
needs_numba = pytest.mark.skipif(not COMPILED, reason="nothing is compiled")


def _add_loops(x: Array, times: float) -> float:
    total = 0.0
    for i in range(x.shape[0]):
        total += x[i]
    return times * total


add, add_at = part("float64(float64[::1], float64)", _add_loops)


@jit
def doubled(x: Array, address: int) -> float:
    """Twice the sum of some values."""
    said: float = add(address, x, 2.0)
    return said


@jit
def wrong(x: Array, address: int) -> float:
    """A call with a table where values are wanted."""
    said: float = add(address, x.reshape(1, 3), 2.0)
    return said


def test_a_part_is_called_by_its_address() -> None:
    assert doubled(np.array([1.0, 2.0, 4.0]), add_at()) == 14.0


@needs_numba
def test_a_part_that_is_given_other_types_is_not_called() -> None:
    from numba.core.errors import TypingError

    with pytest.raises(TypingError, match="a part that takes"):
        wrong(np.array([1.0, 2.0, 4.0]), add_at())


MODULE = """
import os
from evolve.fitting.compiled import entry, is_new
from evolve.fitting.parts import any_is_new, part
from evolve.fitting.beside import compile_beside, side_by_side

def _half(x):
    return 0.5 * x

half, half_at = part("float64(float64)", _half)

@entry
def quarter(x, address):
    return half(address, half(address, x))

def found():
    return half_at()

if __name__ == "__main__":
    import halves
    forks, fork = [], os.fork
    os.fork = lambda: forks.append(1) or fork()
    with side_by_side():
        compile_beside(halves.quarter, (8.0, 0), halves.found)
        compile_beside(halves.quarter, (8.0, 0), halves.found)
    value = halves.quarter(8.0, halves.found())
    print(value, len(forks), is_new(halves.quarter), any_is_new())
"""


@needs_numba
@pytest.mark.skipif(not hasattr(os, "fork"), reason="nothing can be forked")
def test_the_first_time_a_fork_compiles_the_parts_and_leaves_them_to_be_loaded(
    tmp_path: Path,
) -> None:
    (tmp_path / "halves.py").write_text(MODULE)
    said = [
        subprocess.run(
            [sys.executable, str(tmp_path / "halves.py")],
            env={
                **os.environ,
                "PYTHONPATH": os.pathsep.join([str(ROOT), str(tmp_path)]),
                "NUMBA_CACHE_DIR": str(tmp_path / "code"),
            },
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split()
        for _ in range(2)
    ]
    assert said[0] == ["2.0", "1", "True", "False"]  # the part was loaded, not compiled
    assert said[1][0] == "2.0"
    assert said[1][2:] == ["False", "False"]
