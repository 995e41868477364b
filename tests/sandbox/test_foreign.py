"""Programs run in the foreign lane as they would here, and what they return is checked."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from attacks.arena import HONEST
from scipy.optimize import least_squares

from evolve.errors import SandboxError
from evolve.sandbox import ForeignLane, Limits
from evolve.sandbox.foreign_child import run_job

OURS = (
    "from evolve.fitting import fit_law\n"
    "def scaling_law_func(X, params):\n"
    "    return params[0] + params[1] * X[:, 0] ** (-params[2])\n"
    "def fit_scaling_law(X, y):\n"
    "    return fit_law(scaling_law_func, X, y, n_constants=3)\n"
)
X = np.linspace(1.0, 9.0, 40).reshape(-1, 1)
Y = 1.5 + 2.0 * X[:, 0] ** -0.3
LIMITS = Limits(cpu_s=1.0, wall_s=20.0, memory_mib=256)
PATIENCE_S = 60.0  # a busy machine is slow; nothing waits longer than it must


@pytest.fixture(scope="module")
def lane() -> Iterator[ForeignLane]:
    with ForeignLane(LIMITS, allow_weak=True) as lane:
        yield lane


def honest_law(x: np.ndarray, p: np.ndarray) -> np.ndarray:
    return p[0] + p[1] * x[:, 0] ** (-p[2])


def test_a_program_fits_and_predicts_bit_for_bit_as_in_process(lane: ForeignLane) -> None:
    fitted = lane.fit(HONEST, [X, X[:20]], [Y, Y[:20] + 1.0])
    assert fitted.ok, fitted.message
    start = np.array([1.0, 1.0, 0.5])
    here = least_squares(lambda p: honest_law(X, p) - Y, start).x
    assert fitted.arrays[0].tobytes() == here.tobytes()
    predicted = lane.predict(HONEST, [X, X[:5]], list(fitted.arrays))
    assert predicted.arrays[0].tobytes() == honest_law(X, here).tobytes()
    assert predicted.arrays[1].shape == (5,)
    assert fitted.cpu_s > 0
    assert fitted.max_rss_mib > 10


def test_several_targets_give_two_dimensional_answers(lane: ForeignLane) -> None:
    text = (
        "import numpy as np\n"
        "def fit_scaling_law(X, Y):\n"
        "    return np.linalg.lstsq(np.hstack([np.ones((len(X), 1)), X]), Y, rcond=None)[0].T\n"
        "def scaling_law_func(X, params):\n"
        "    return np.hstack([np.ones((len(X), 1)), X]) @ params.T\n"
    )
    both = np.column_stack([X[:, 0], 2.0 * X[:, 0] + 1.0])
    fitted = lane.fit(text, [X], [both])
    assert fitted.arrays[0].shape == (2, 2)
    predicted = lane.predict(text, [X], list(fitted.arrays))
    np.testing.assert_allclose(predicted.arrays[0], both)
    again = lane.predict_in_batches(text, [X], list(fitted.arrays), list(predicted.arrays))
    assert again.ok, again.message


def test_our_own_fitter_runs_in_the_lane(lane: ForeignLane) -> None:
    fitted = lane.fit(OURS, [X], [Y])
    assert fitted.ok, fitted.message
    predicted = lane.predict(OURS, [X], list(fitted.arrays))
    np.testing.assert_allclose(predicted.arrays[0], Y, rtol=1e-3)


def test_a_program_of_an_earlier_release_is_fitted_without_a_word(
    lane: ForeignLane, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (
        "from evolve.fitting import fit_law\n"
        "def scaling_law_func(X, params):\n"
        "    return params[0] + params[1] * X[:, 0] ** (-params[2])\n"
        "def fit_scaling_law(X, y):\n"
        "    return fit_law(scaling_law_func, X, y, n_constants=3, {})\n"
    )
    first = lane.fit(text.format("residual='log', loss='huber', width=0.1, starts=4"), [X], [Y])
    assert first.ok, first.message
    assert (first.stdout, first.message) == ("", "")
    present = "target_scale='log', loss='huber', f_scale=0.1, n_starts=4"
    assert np.array_equal(first.arrays[0], lane.fit(text.format(present), [X], [Y]).arrays[0])


@pytest.mark.filterwarnings("error")
def test_a_program_of_an_earlier_release_runs_where_warnings_are_errors() -> None:
    text = (
        "from evolve.fitting import fit_law\n"
        "def scaling_law_func(X, params):\n"
        "    return params[0] * X[:, 0]\n"
        "def fit_scaling_law(X, y):\n"
        "    return fit_law(scaling_law_func, X, y, n_constants=1, residual='log', starts=1)\n"
    )
    (constants,) = run_job({"kind": "fit", "text": text}, (X, 2.0 * X[:, 0]))
    assert constants == pytest.approx([2.0])


def test_the_law_dialect_gets_and_returns_rows_as_dicts(lane: ForeignLane) -> None:
    text = (
        "def law(input_data, group):\n"
        "    slope = {'a': 1.0, 'b': 2.0}[group]\n"
        "    return [{'loss': slope * row['size'], 'other': 1} for row in input_data]\n"
    )
    outcome = lane.law(text, [X, X[:3]], ["a", "b"], ["size"], ["loss"])
    np.testing.assert_array_equal(outcome.arrays[0], X)
    np.testing.assert_array_equal(outcome.arrays[1], 2.0 * X[:3])
    missing = lane.law(text, [X], ["a"], ["size"], ["loss", "accuracy"])
    assert missing.status == "bad-answer"
    assert "accuracy" in missing.message
    assert lane.law(text, [X], ["c"], ["size"], ["loss"]).status == "exception"


def test_what_a_program_prints_is_kept_up_to_a_cap(lane: ForeignLane) -> None:
    text = "def fit_scaling_law(X, y):\n    print('début\\x1b[2J', 'x' * 9000)\n    return [1.0]\n"
    outcome = lane.fit(text, [X], [Y])
    assert outcome.stdout.startswith("début?[2J xxx")
    assert len(outcome.stdout.encode()) <= 4096


def test_what_a_program_printed_before_it_was_killed_is_kept(lane: ForeignLane) -> None:
    text = "def fit_scaling_law(X, y):\n    print('here')\n    while True: pass\n"
    outcome = lane.fit(text, [X], [Y])
    assert (outcome.status, outcome.stdout) == ("cpu", "here")


def test_an_exception_names_the_line_of_the_program(lane: ForeignLane) -> None:
    text = "def helper(x):\n    return 1 / x\ndef fit_scaling_law(X, y):\n    return helper(0)\n"
    outcome = lane.fit(text, [X], [Y])
    assert outcome.status == "exception"
    assert outcome.message == "ZeroDivisionError: division by zero (line 2)"


def test_text_that_does_not_compile_is_an_exception(lane: ForeignLane) -> None:
    assert lane.fit("def f(a, a): pass\n", [X], [Y]).status == "exception"
    assert lane.fit("def f(:\n", [X], [Y]).status == "rejected"
    assert lane.fit("#" * 70_000, [X], [Y]).status == "rejected"


def test_unseeded_random_numbers_repeat(lane: ForeignLane) -> None:
    text = (
        "import numpy as np\n"
        "def fit_scaling_law(X, y):\n"
        "    return [*np.random.default_rng().normal(size=2), np.random.rand()]\n"
    )
    first, second = lane.fit(text, [X], [Y]), lane.fit(text, [X], [Y])
    np.testing.assert_array_equal(first.arrays[0], second.arrays[0])


def test_large_tables_travel_both_ways(lane: ForeignLane) -> None:
    text = "def scaling_law_func(X, params):\n    return X[:, 0] * params[0]\n"
    x = np.arange(400_000.0).reshape(-1, 1)
    outcome = lane.predict(text, [x], [np.array([2.0])])
    np.testing.assert_array_equal(outcome.arrays[0], 2.0 * x[:, 0])


def test_empty_groups_are_fine(lane: ForeignLane) -> None:
    text = "def scaling_law_func(X, params):\n    return X[:, 0] * params[0]\n"
    constants = [np.array([2.0])]
    outcome = lane.predict(text, [X[:0]], constants)
    assert outcome.arrays[0].shape == (0,)
    assert lane.predict_in_batches(text, [X[:1]], constants, [2.0 * X[:1, 0]]).ok


def test_threads_may_share_a_lane(lane: ForeignLane) -> None:
    text = "def fit_scaling_law(X, y):\n    return [y.mean()]\n"

    def fit(i: int) -> float:
        return float(lane.fit(text, [X], [Y + i]).arrays[0][0])

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(fit, range(12)))
    np.testing.assert_allclose(found, Y.mean() + np.arange(12))


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs a zygote")
def test_a_lost_zygote_is_replaced_and_the_job_done_again() -> None:
    slow = (
        "def fit_scaling_law(X, y):\n"
        "    for i in range(2_000_000):\n"
        "        pass\n"
        "    return [float(i)]\n"
    )
    with ForeignLane(LIMITS, allow_weak=True) as lane:
        assert lane.fit(HONEST, [X], [Y]).ok
        pid = lane.pid
        assert pid is not None
        timer = threading.Timer(0.02, os.killpg, (pid, signal.SIGKILL))
        timer.start()
        outcome = lane.fit(slow, [X], [Y])
        timer.join()
        assert outcome.ok, outcome.message
        assert lane.fit(HONEST, [X], [Y]).ok
        assert lane.pid != pid


SLOW = "import time\ndef fit_scaling_law(X, y):\n    time.sleep(2.0)\n    return [1.0]\n"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs a zygote")
@pytest.mark.parametrize(("n_kills", "status"), [(1, "ok"), (2, "memory")])
def test_a_program_killed_from_outside_is_run_once_more(n_kills: int, status: str) -> None:
    killed: list[int] = []

    def kill_first(zygote: int) -> None:
        while len(killed) < n_kills:
            for pid in _descendants(zygote):
                if pid not in killed and _session(pid) == pid != zygote:
                    time.sleep(0.05)  # it is past its walls
                    os.kill(pid, signal.SIGKILL)
                    killed.append(pid)
                    break

    with ForeignLane(LIMITS, gate=False, allow_weak=True) as lane:
        assert lane.fit(HONEST, [X], [Y]).ok
        assert lane.pid is not None
        killer = threading.Thread(target=kill_first, args=(lane.pid,))
        killer.start()
        outcome = lane.fit(SLOW, [X], [Y])
        killer.join()
    assert outcome.status == status
    assert ("SIGKILL from outside (2 times)" in outcome.message) == (n_kills == 2)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs a zygote")
def test_a_zygote_killed_while_it_loads_is_started_again() -> None:
    with ForeignLane(LIMITS, allow_weak=True) as lane:
        assert lane.pid is not None
        os.kill(lane.pid, signal.SIGKILL)
        assert lane.fit(HONEST, [X], [Y]).ok


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs a zygote")
def test_a_zygote_with_ids_of_its_own_killed_as_it_comes_up_is_started_again() -> None:
    with ForeignLane(LIMITS, allow_weak=True) as lane:
        zygote, end = lane.pid, time.monotonic() + PATIENCE_S
        assert zygote is not None
        while not (found := _with_ids_of_their_own(zygote)) and time.monotonic() < end:
            time.sleep(0.001)
        if not found:
            pytest.skip("no namespaces here")
        os.kill(found[0], signal.SIGKILL)
        assert lane.fit(HONEST, [X], [Y]).ok
        assert lane.pid != zygote


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs /proc")
def test_closing_leaves_no_process_and_no_descriptor() -> None:
    before = len(os.listdir("/proc/self/fd"))
    lane = ForeignLane(LIMITS, allow_weak=True)
    assert lane.fit(HONEST, [X], [Y]).ok
    pid = lane.pid
    lane.close()
    lane.close()
    assert len(os.listdir("/proc/self/fd")) == before
    deadline = time.monotonic() + PATIENCE_S
    while any(_session(p) == pid for p in _processes()) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not any(_session(p) == pid for p in _processes())


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs /proc")
def test_a_lane_and_its_programs_die_with_the_engine(tmp_path: Path) -> None:
    script = tmp_path / "engine.py"
    script.write_text(
        "import sys\n"
        f"sys.path[:0] = {[p for p in sys.path if p]!r}\n"
        "import numpy as np\n"
        "from evolve.sandbox import ForeignLane, Limits\n"
        "lane = ForeignLane(Limits(cpu_s=60), gate=False, allow_weak=True)\n"
        "x = [np.ones((2, 1))]\n"
        "assert lane.fit('def fit_scaling_law(X, y): return [1.0]', x, x).ok\n"
        "print(lane.pid, flush=True)\n"
        "lane.fit('def fit_scaling_law(X, y):\\n    while True: pass', x, x)\n"
    )
    engine = subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True)
    assert engine.stdout is not None
    session = int(engine.stdout.readline())
    deadline = time.monotonic() + PATIENCE_S
    while len(alive := _descendants(session)) < 2 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert len(alive) >= 2
    engine.kill()
    engine.wait()
    engine.stdout.close()
    deadline = time.monotonic() + PATIENCE_S
    while any(_session(pid) != -1 for pid in alive) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not any(_session(pid) != -1 for pid in alive)


def _descendants(pid: int) -> list[int]:
    found = [pid]
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):  # it ended since it was listed
            for child in path.read_text().split():
                found += _descendants(int(child))
    return found


def _with_ids_of_their_own(pid: int) -> list[int]:
    """Descendants with process ids of their own; libraries start others while they load."""
    found = []
    for child in _descendants(pid)[1:]:
        with contextlib.suppress(OSError):  # it ended since it was listed
            if os.readlink(f"/proc/{child}/ns/pid") != os.readlink("/proc/self/ns/pid"):
                found.append(child)
    return found


def _processes() -> list[int]:
    return [int(p.name) for p in Path("/proc").iterdir() if p.name.isdigit()]


def _session(pid: int) -> int:
    try:
        return os.getsid(pid)
    except OSError:
        return -1


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs prctl")
@pytest.mark.parametrize(("without", "readable"), [((), 0), (("not dumpable",), 1)])
def test_the_first_call_shields_the_memory_of_the_engine(
    without: tuple[str, ...], readable: int
) -> None:
    code = (
        "import ctypes, sys\n"
        f"sys.path[:0] = {[p for p in sys.path if p]!r}\n"
        "import numpy as np\n"
        "from evolve.sandbox import ForeignLane\n"
        "is_dumpable = lambda: ctypes.CDLL(None).prctl(3, 0, 0, 0, 0)\n"
        "before, x = is_dumpable(), [np.ones((2, 1))]\n"
        f"with ForeignLane(allow_weak=True, without={without!r}) as lane:\n"
        "    assert lane.fit('def fit_scaling_law(X, y): return [1.0]', x, x).ok\n"
        "print(before, is_dumpable())\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["1", str(readable)]


def test_a_fresh_interpreter_a_call_gives_the_same(lane: ForeignLane) -> None:
    with ForeignLane(LIMITS, fork=False, allow_weak=True) as slow:
        fitted = slow.fit(HONEST, [X], [Y])
        assert fitted.ok, fitted.message
        assert fitted.arrays[0].tobytes() == lane.fit(HONEST, [X], [Y]).arrays[0].tobytes()
        assert not slow.report().mechanisms[2].works


def test_a_weak_sandbox_refuses_programs_unless_it_is_allowed() -> None:
    without = ("seccomp", "landlock")
    with ForeignLane(LIMITS, without=without) as lane:
        with pytest.raises(SandboxError, match="level weak here"):
            lane.fit(HONEST, [X], [Y])
        assert lane.report().level == "weak"
