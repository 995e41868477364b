"""A best setting that rows of its very size speak against is told with what these say."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from evolve.api.plans import plan_of
from evolve.cli.plan import document_of
from evolve.cli.plan_text import print_plan
from evolve.forecast.plan import PlannedRuns, plan_runs
from evolve.tasks.task import Task
from tests.forecast.test_tuned import LAW, LOSS, forecast_model_of, make_task

SIZE = {"params": 1e9, "tokens": 1e10}  # has three rows, of rates of 1e-4, 1e-3 and 1e-2


def rows_of(losses: tuple[float, ...], noise: float = 0.0) -> Task:
    """Rows of the law but for some noise, and for those of one size, which differ from it."""
    task = make_task()
    y = task.train.Y + noise * np.random.default_rng(0).normal(size=task.train.Y.shape)
    own = (task.train.X[:, 0] == 1e9) & (task.train.X[:, 1] == 1e10)
    y[own, 0] += losses
    return replace(task, train=replace(task.train, Y=y))


def planned(task: Task, at: dict[str, float] = SIZE, compute: str | None = None) -> PlannedRuns:
    given = {"compute": compute, "at": at, "most": {}}
    return plan_runs(task, forecast_model_of((LAW, LOSS)), **given)


def test_rows_of_the_size_that_say_otherwise_are_told_everywhere(
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = planned(rows_of((0.0, 1.0, -1.0), noise=0.01))
    assert found.best is not None
    assert found.best.values["lr"] == pytest.approx(1e-3)
    against = found.against_rows
    assert against is not None
    assert (against.n_rows, against.best, against.nearest) == (3, {"lr": 1e-2}, {"lr": 1e-3})
    assert against.nearest_value - against.best_value > 0.5
    words = "the rows say otherwise: of the 3 of this size the best has lr = 0.01 and loss "
    assert words in plan_of(found).against_rows
    assert document_of(found)["against_rows"]["best"] == {"lr": 1e-2}
    print_plan(found)
    assert words in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize(
    ("task", "at"),
    [
        (rows_of((0.0, 0.0, 0.0)), SIZE),  # the best row is the nearest
        (rows_of((0.0, 0.3, -0.3), noise=0.3), SIZE),  # no further off than noise
        (rows_of((0.0, 1.0, -1.0)), SIZE | {"params": 3e9}),  # no row has that size
    ],
)
def test_rows_that_say_nothing_clear_are_not_told(task: Task, at: dict[str, float]) -> None:
    found = planned(task, at)
    assert found.against_rows is None
    assert plan_of(found).against_rows == ""
    assert document_of(found)["against_rows"] is None


def test_a_budget_that_is_split_without_settings_has_no_rows_to_say_otherwise() -> None:
    task = rows_of((0.0, 1.0, -1.0))
    given = {"compute": "6*params*tokens", "budget": 6e19, "at": {"lr": 1e-3}, "most": {}}
    assert plan_runs(task, forecast_model_of((LAW, LOSS)), **given).against_rows is None
