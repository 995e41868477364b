"""Programs that the engine has printed are fitted and asked in one process, which stays."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import numpy as np
import pytest

from evolve.errors import SandboxError
from evolve.fitting import SERVICE
from evolve.sandbox import ForeignLane, Limits, PrintedLane

TEXT = (
    "from evolve.fitting import fit_law\n"
    "def scaling_law_func(X, params):\n"
    "    return params[0] + params[1] * X[:, 0] ** (-params[2])\n"
    "def fit_scaling_law(X, y):\n"
    "    return fit_law(scaling_law_func, X, y, n_constants=3)\n"
)
LOOP = "    while True:\n        y = y + 1.0\n    return fit_law"
ENDLESS = TEXT.replace("    return fit_law", LOOP)
LAWLESS = "import os\n" + TEXT
WRONG = TEXT.replace("X[:, 0]", "X[:, 7]")
X = np.linspace(1.0, 9.0, 40).reshape(-1, 1)
Y = 1.5 + 2.0 * X[:, 0] ** -0.3
FAR = np.array([[20.0], [90.0]])
LIMITS = Limits(cpu_s=1.0, wall_s=20.0, memory_mib=256)


@pytest.fixture(scope="module")
def lane() -> Iterator[PrintedLane]:
    with PrintedLane(LIMITS, SERVICE) as made:
        yield made


def pid_of(lane: PrintedLane) -> int:
    assert lane._worker is not None
    assert lane._worker.pid is not None
    return lane._worker.pid


def test_a_printed_program_predicts_what_it_does_where_any_program_runs(lane: PrintedLane) -> None:
    found = lane.predict(TEXT, [X, X[:20]], [Y, Y[:20] + 1.0], [FAR, X[:3]])
    assert found.ok, found.message
    with ForeignLane(LIMITS, allow_weak=True) as other:
        fitted = other.fit(TEXT, [X, X[:20]], [Y, Y[:20] + 1.0])
        asked = other.predict(TEXT, [FAR, X[:3]], list(fitted.arrays))
    assert [a.tobytes() for a in found.arrays] == [a.tobytes() for a in asked.arrays]


def test_weights_are_those_of_the_rows_of_each_group(lane: PrintedLane) -> None:
    bent, few = Y + 0.1 * (X[:, 0] > 5.0), np.where(X[:, 0] > 5.0, 1e-6, 1.0)
    plain, weighed, again = (
        lane.predict(TEXT, [X], [bent], [X], weights).arrays[0] for weights in ([], [few], [])
    )
    near = X[:, 0] <= 5.0
    np.testing.assert_allclose(weighed[near], Y[near], rtol=1e-4)
    assert np.abs(plain[near] - Y[near]).max() > 1e-3
    assert plain.tobytes() == again.tobytes()  # what one call weighs, the next does not


def test_one_process_serves_all_calls_and_one_that_broke_a_limit_is_replaced(
    lane: PrintedLane,
) -> None:
    assert lane.predict(TEXT, [X], [Y], [FAR]).ok
    first = pid_of(lane)
    for text, status in ((WRONG, "exception"), (LAWLESS, "rejected"), ("def", "rejected")):
        assert lane.predict(text, [X], [Y], [FAR]).status == status
    assert pid_of(lane) == first
    assert lane.predict(ENDLESS, [X], [Y], [FAR]).status == "cpu"
    assert lane.predict(TEXT, [X], [Y], [FAR]).ok
    assert pid_of(lane) != first


def test_a_process_that_somebody_kills_is_started_again_and_asked_again(lane: PrintedLane) -> None:
    before = lane.predict(TEXT, [X], [Y], [FAR])
    os.kill(pid_of(lane), signal.SIGKILL)
    after = lane.predict(TEXT, [X], [Y], [FAR])
    assert after.ok, after.message
    assert after.arrays[0].tobytes() == before.arrays[0].tobytes()


def test_a_lane_that_is_stopped_by_another_thread_ends_its_call_and_starts_no_more() -> None:
    with PrintedLane(Limits(cpu_s=300.0), SERVICE) as made:
        assert made.predict(TEXT, [X], [Y], [FAR]).ok
        timer = threading.Timer(0.2, made.stop)
        timer.start()
        began = time.monotonic()
        with pytest.raises(SandboxError, match="stopped|killed|ended"):
            made.predict(ENDLESS, [X], [Y], [FAR])
        assert time.monotonic() - began < 120.0
        with pytest.raises(SandboxError):
            made.predict(TEXT, [X], [Y], [FAR])


def test_the_process_has_the_walls_of_a_worker_and_loads_no_scipy(lane: PrintedLane) -> None:
    assert lane._worker is not None
    walls = lane._worker.wait_until_ready()
    assert {"seccomp", "limits", "landlock"} <= set(walls)
    words = (
        "import sys; from evolve.sandbox.foreign_child import init\n"
        "init({'printed': True}, ()); assert 'scipy.optimize' not in sys.modules\n"
        "init({}, ()); assert 'scipy.optimize' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", words], check=True)
