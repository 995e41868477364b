"""A forking process killed at any moment of its start is started again, and leaves nothing."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from dying_zygote import PHASES

from evolve.sandbox import Limits, forks
from evolve.sandbox.forks import Zygotes
from evolve.sandbox.spawn import Spawned

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs a zygote")
LIMITS = Limits(start_s=20.0)  # so that a start which nobody ends is an error and no wait


@pytest.fixture
def phases(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The phases in which the next forking processes die; then they live."""
    waiting: list[str] = []
    started: list[int] = []

    def spawn(
        module: str,
        arguments: dict[str, Any],
        descriptors: Sequence[int],
        without: Collection[str],
    ) -> Spawned:
        phase = waiting.pop(0) if waiting else ""
        spawned = Spawned("dying_zygote", {**arguments, "phase": phase}, descriptors, without)
        started.append(spawned.pid)
        return spawned

    monkeypatch.setattr(forks, "Spawned", spawn)
    yield waiting
    end = time.monotonic() + 60.0  # a busy machine is slow
    while (left := _in_sessions(started)) and time.monotonic() < end:
        time.sleep(0.01)
    assert left == []


def _in_sessions(leaders: Collection[int]) -> list[str]:
    """Processes that live in the sessions of others."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            words = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(words[3]) in leaders and words[0] != "Z":
            found.append(path.parent.name)
    return found


@pytest.mark.parametrize("without", [[], ["namespaces"]], ids=["own ids", "ids of the engine"])
@pytest.mark.parametrize("phase", PHASES)
def test_a_zygote_killed_in_a_phase_of_its_start_is_replaced(
    phase: str, without: list[str], phases: list[str]
) -> None:
    if not without and phase == "listening":
        pytest.skip("the first of its namespace cannot kill itself")
    zygotes = Zygotes(LIMITS, without)
    phases.append(phase)
    try:
        report = zygotes.wait_until_ready()
        assert "could not start" not in report["seccomp"]
        assert zygotes.pid is not None
        os.kill(zygotes.pid, 0)
    finally:
        zygotes.close()


def test_zygotes_that_are_all_killed_are_given_up(phases: list[str]) -> None:
    phases += ["loading"] * 3
    zygotes = Zygotes(LIMITS)
    with pytest.raises(forks.SandboxError, match="SIGKILL from outside, 3 times in a row"):
        zygotes.wait_until_ready()
    zygotes.close()
