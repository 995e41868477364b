"""What a report says of folds and rows is what the run was scored by."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from evolve.evaluation.fitted import fit_rows
from evolve.law.candidate import Candidate
from evolve.law.graph import Law, call, const, feat
from evolve.law.recipe import Recipe
from evolve.report.model import fit_model
from evolve.scoring.metrics import nmae, nmse, r2
from evolve.scoring.row_weights import weights_from
from tests.small_tasks import power_task

POWER = Candidate(Law(call("mul", const(0), call("pow", feat(0), const(1))), 2), Recipe("log"))


def test_every_number_of_rows_with_weights_goes_by_them() -> None:
    task = power_task()
    weights = weights_from(np.geomspace(1.0, 100.0, task.train.n_rows))
    task = replace(task, train=replace(task.train, weights=weights))
    model, train = fit_model(task, POWER), task.train
    for view in model.search_folds:
        held = train.at(view.fold.held)
        assert view.r2 == pytest.approx(1.0 - nmse(held.Y, view.predictions, held.counts))
        assert view.nmae == pytest.approx(nmae(held.Y, view.predictions, held.counts))
        assert view.r2 != pytest.approx(r2(held.Y, view.predictions))
    wanted = r2(train.Y, model.fitted.predictions, train.counts)
    assert model.train.overall.r2 == pytest.approx(wanted)
    assert model.score(train).overall.r2 == pytest.approx(wanted)
    assert fit_rows(task, POWER).train_r2 == pytest.approx(wanted)
