"""The verb that scores says why a part of the rows may do worse than the whole."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from evolve.cli.score import OF_A_PART, Split, _show
from evolve.evaluation.foreign import Scored
from evolve.scoring.metrics import Metrics, Scores
from evolve.scoring.row_weights import weights_from
from tests.small_tasks import power_task


@pytest.mark.parametrize(("r2", "is_told"), [(-0.8, True), (0.9, False), (float("nan"), False)])
def test_a_group_that_does_far_worse_than_all_rows_is_explained(
    r2: float, is_told: bool, capfd: pytest.CaptureFixture[str]
) -> None:
    parts = {"wide": Metrics(r2, 1.0 - r2, 0.1, 2), "deep": Metrics(0.99, 0.01, 0.1, 2)}
    scores = Scores(Metrics(0.99, 0.01, 0.1, 4), {}, parts)
    _show(Scored(scores, {}, np.zeros((4, 1)), 0.1, ""), power_task(), "r", Split.TEST, json=False)
    assert (OF_A_PART in " ".join(capfd.readouterr().out.split())) == is_told


@pytest.mark.parametrize("is_weighted", [True, False])
def test_rows_with_weights_are_said_to_count_alike(
    is_weighted: bool, capfd: pytest.CaptureFixture[str]
) -> None:
    task = power_task()
    weights = weights_from(np.arange(1.0, task.train.n_rows + 1.0)) if is_weighted else None
    weighted = replace(task, train=replace(task.train, weights=weights))
    scores = Scores(Metrics(0.9, 0.1, 0.1, 4), {}, {})
    _show(Scored(scores, {}, np.zeros((4, 1)), 0.1, ""), weighted, "r", Split.TRAIN, json=False)
    assert ("train rows, each counting alike" in capfd.readouterr().out) == is_weighted
