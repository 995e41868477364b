"""Parts of the kernel: called by their address, and compiled by a fork the first time."""

from __future__ import annotations

import os
import subprocess
import sys
import time
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
    said = [run_in(tmp_path, "halves.py") for _ in range(2)]
    assert said[0] == ["2.0", "1", "True", "False"]  # the part was loaded, not compiled
    assert said[1][0] == "2.0"
    assert said[1][2:] == ["False", "False"]


ORPHAN = """
import os, time
from functools import partial
import halves
from evolve.fitting.beside import compile_beside, side_by_side
from evolve.sandbox.lockdown import die_with_parent

fork = os.fork
def told():
    child = fork()
    if child:
        print(child, flush=True)
    return child
os.fork = told
with side_by_side(partial(die_with_parent, {}, (), os.getpid())):
    compile_beside(halves.quarter, (8.0, 0), lambda: time.sleep(600.0))
"""


@needs_numba
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process of its parent")
def test_a_fork_that_compiles_ends_with_the_process_that_it_is_beside(tmp_path: Path) -> None:
    (tmp_path / "halves.py").write_text(MODULE)
    (tmp_path / "orphan.py").write_text(ORPHAN)
    with subprocess.Popen(
        [sys.executable, str(tmp_path / "orphan.py")], env=env_in(tmp_path), stdout=subprocess.PIPE
    ) as beside:
        assert beside.stdout is not None
        fork = int(beside.stdout.readline())
        beside.kill()
    assert is_gone(fork)


@needs_numba
@pytest.mark.parametrize("ending", ["_half*.nbi", "quarter*.nbc"])
def test_stored_code_that_was_cut_short_is_compiled_again(ending: str, tmp_path: Path) -> None:
    (tmp_path / "halves.py").write_text(MODULE)
    run_in(tmp_path, "halves.py")
    (file,) = (tmp_path / "code").rglob(f"*{ending}")
    os.truncate(file, 40)
    run_in(tmp_path, "halves.py")
    assert file.stat().st_size > 40
    assert run_in(tmp_path, "halves.py")[2:] == ["False", "False"]


THREADS = """
import threading
import numba
from evolve.fitting.parts import any_is_new, part

def _half(x):
    return 0.5 * x

def _twice(x):
    return 2.0 * x

before = numba.config.CACHE_DIR
threads = [threading.Thread(target=part("float64(float64)", f)[1]) for f in (_half, _twice)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(numba.config.CACHE_DIR == before, any_is_new())
"""


@needs_numba
def test_parts_that_threads_compile_at_once_leave_numbas_own_folder_as_it_is(
    tmp_path: Path,
) -> None:
    (tmp_path / "threads.py").write_text(THREADS)
    assert run_in(tmp_path, "threads.py") == ["True", "True"]
    assert run_in(tmp_path, "threads.py") == ["True", "False"]


def run_in(folder: Path, module: str) -> list[str]:
    """The words that a module prints, whose machine code is kept in a folder beside it."""
    return subprocess.run(
        [sys.executable, str(folder / module)],
        env=env_in(folder),
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()


def env_in(folder: Path) -> dict[str, str]:
    """An environment in which modules of a folder run, and keep their machine code there."""
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(folder)]),
        "NUMBA_CACHE_DIR": str(folder / "code"),
    }


def is_gone(pid: int, within_s: float = 60.0) -> bool:
    """Whether a process ends in time; one that nobody has waited for is gone, too."""
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return True
        if state == "Z":
            return True
        time.sleep(0.01)
    return False
