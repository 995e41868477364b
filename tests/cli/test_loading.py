"""What the command line does with what it has loaded."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import pytest

from evolve.cli.app import call
from evolve.errors import EvolveError


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
