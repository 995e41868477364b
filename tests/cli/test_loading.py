"""What the command line does with what it has loaded."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NoReturn

import pytest

from evolve.cli.app import call, main
from evolve.errors import EvolveError
from evolve.threads import ONE_THREAD


@pytest.fixture(autouse=True)
def collecting_as_before() -> Iterator[None]:
    before = gc.get_threshold()
    gc.unfreeze()
    yield
    gc.unfreeze()
    gc.set_threshold(*before)


@pytest.mark.parametrize("verb", ["run", "batch"])
def test_a_search_looks_for_no_garbage_in_what_was_loaded_before_and_seldom_elsewhere(
    verb: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []

    def search(*_: Any, **__: Any) -> NoReturn:
        seen.append((gc.get_freeze_count() > 0, gc.get_threshold()[0] >= 10_000))
        raise EvolveError("enough")

    monkeypatch.setattr("evolve.runs.session.hold_session", search)
    monkeypatch.setattr("evolve.api.batch.run_batch", search)
    monkeypatch.setattr("evolve.api.batch.plan_batch", lambda *_: ((), 1))
    what = [str(tmp_path)] if verb == "batch" else ["--task", "parallel", "--workers", "1"]
    assert call([verb, *what, "--runs-dir", str(tmp_path)]) == 2
    assert seen == [(True, True)]


def test_the_command_line_asks_for_one_thread_of_linear_algebra_unless_told_of_another_number(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(os, "environ", {"OMP_NUM_THREADS": "4"})
    monkeypatch.setattr(sys, "setswitchinterval", lambda seconds: None)
    seen = list[str]()

    def record(words: Sequence[str]) -> int:
        seen.extend(os.environ[name] for name in ONE_THREAD)
        return len(words)

    monkeypatch.setattr(sys.modules["evolve.cli.app"], "call", record)
    with pytest.raises(SystemExit):
        main([])
    assert seen == ["4" if name == "OMP_NUM_THREADS" else "1" for name in ONE_THREAD]


def test_numpy_is_not_loaded_before_the_command_line_says_how_many_threads_it_begins() -> None:
    code = "import evolve.cli, sys; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-P", "-c", code], check=False).returncode == 0
