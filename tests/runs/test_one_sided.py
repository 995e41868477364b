"""Rows far to one side of a law are pointed out; noise, and rows on both sides, are not."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from evolve.runs.one_sided import one_sided_rows
from evolve.runs.results import save_results
from evolve.runs.tabulate import row_of
from evolve.search.problem import make_search_problem
from evolve.tasks.task import Task
from tests.run_of_literature import store_of
from tests.small_tasks import task_of

SIZES = 10.0 ** np.linspace(6, 9, 30)


def table(off: Sequence[int], by: float, noise: float = 0.002, n_targets: int = 1) -> Task:
    """Runs along a power law, some of them off it by a factor."""
    factors = np.exp(np.random.default_rng(3).normal(0.0, noise, 30))
    factors[list(off)] *= 1.0 + by
    targets = np.tile(((1.5 + 60.0 * SIZES**-0.2) * factors)[:, None], n_targets)
    return task_of(SIZES, targets, max_constants=5)


def said(task: Task, folder: Path) -> list[str]:
    """What is said of a run that holds one power of the feature and a floor."""
    starts = make_search_problem(task, 0).starts
    law = next(p.candidate for p in starts if p.candidate and p.candidate.law.n_constants == 3)
    with store_of(task, folder, [law]) as store:
        save_results(store, [row_of(task, store.entry(0), "champion")], chosen=True)
        return one_sided_rows(store, task)


def test_runs_that_were_tuned_worse_are_pointed_out(tmp_path: Path) -> None:
    task = table((4, 11, 12, 20, 27), 0.06)
    (words,) = said(task, tmp_path / "r")
    assert words.startswith("5 of 30 rows lie far above the law of 3 constants in y0, ")
    named = re.findall(r"a=(\S+)[,;]", words)
    assert set(named) == {f"{SIZES[row]:.4g}" for row in (4, 11, 12, 20, 27)}
    assert "none nearly so far below: a=" in words


def test_of_very_many_runs_that_were_tuned_worse_the_farthest_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("evolve.runs.one_sided.MOST_NAMED", 2)
    (words,) = said(table((4, 11, 12, 20, 27), 0.06), tmp_path / "r")
    assert "none nearly so far below, the farthest 2 of them: a=" in words
    assert len(re.findall(r"a=(\S+)[,;]", words)) == 2


def test_the_same_rows_are_told_of_two_targets_and_no_more(tmp_path: Path) -> None:
    assert len(said(table((4, 11, 12, 20, 27), 0.06, n_targets=3), tmp_path / "r")) == 2


def test_a_law_that_hardly_leaves_rows_to_spare_tells_nothing_of_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = table((4, 11, 12, 20, 27), 0.06)
    monkeypatch.setattr("evolve.runs.one_sided.ROWS_A_CONSTANT", 10)
    assert len(said(task, tmp_path / "enough")) == 1
    monkeypatch.setattr("evolve.runs.one_sided.ROWS_A_CONSTANT", 11)
    assert said(task, tmp_path / "few") == []


@pytest.mark.parametrize(
    ("off", "by", "noise"),
    [((), 0.0, 0.002), ((4, 20), 0.06, 0.002), ((4, 11, 20), 0.06, 0.05)],
    ids=["noise", "two rows", "as much noise"],
)
def test_of_noise_nothing_is_said(
    off: tuple[int, ...], by: float, noise: float, tmp_path: Path
) -> None:
    assert said(table(off, by, noise), tmp_path / "r") == []


def test_of_a_corner_that_the_law_misses_nothing_is_said(tmp_path: Path) -> None:
    assert said(table((10, 11, 12, 13), 0.06), tmp_path / "r") == []


def test_of_rows_on_both_sides_nothing_is_said(tmp_path: Path) -> None:
    task = table((4, 11, 20), 0.06)
    task.train.Y[[8, 16]] *= 0.94
    assert said(task, tmp_path / "r") == []
