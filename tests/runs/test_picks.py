"""A law that is asked for and has no score is refused with its entry and the reason."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from evolve.errors import EvolveError
from evolve.runs.picks import Pick, picked
from evolve.tasks.task import load_task
from tests.run_of_literature import store_of
from tests.small_tasks import SPACES, entry_of, random_candidates


@pytest.mark.parametrize(
    ("status", "message", "said"),
    [
        ("screened", "", "screened: it fell behind in the first look, on one fold"),
        ("timeout", "", "timeout"),
        ("not-finite", "far: a prediction", "not-finite: far: a prediction"),
    ],
)
def test_an_entry_without_a_score_is_told_with_its_number_and_the_reason(
    tmp_path: Path, status: str, message: str, said: str
) -> None:
    task = load_task("parallel")
    (candidate,) = random_candidates(SPACES["one log"], 1)
    failed = replace(entry_of(0, candidate, None).evaluation, status=status, message=message)
    with (
        store_of(task, tmp_path / "run", [candidate], [failed]) as store,
        pytest.raises(EvolveError) as caught,
    ):
        picked(store, task, Pick(entry=0))
    assert str(caught.value) == f"entry: 0 (literature) has no score, {said}"
