"""A formula without a recipe is fitted on the scale on which its noise is even."""

from __future__ import annotations

import numpy as np
import pytest
from small_tasks import task_of

from evolve.law.candidate import candidate_from_data
from evolve.search.named import named_entry
from evolve.tasks.task import Task

X = np.repeat(np.geomspace(0.5, 300.0, 12), 2)
LAW = 0.9 / (1.0 + (10.0 / X) ** 1.5)
NOISE = np.random.default_rng(1).normal(size=X.size)


def scale_of(y: np.ndarray, law: str = "A/(1 + (K/a)^h)") -> str:
    task: Task = task_of(X, y, features=[{"name": "a"}], max_constants=4)
    entry = named_entry(task, law)
    assert entry.law is not None
    assert entry.recipe is not None
    return candidate_from_data(entry.law, entry.recipe).recipe.target_scale


@pytest.mark.parametrize("law", ["A/(1 + (K/a)^h)", "sigmoid"])
def test_noise_that_is_added_is_fitted_as_it_is(law: str) -> None:
    assert scale_of(np.abs(LAW + 0.02 * NOISE), law) == "linear"


def test_noise_that_multiplies_is_fitted_by_logarithms() -> None:
    assert scale_of(LAW * np.exp(0.03 * NOISE)) == "log"


def test_losses_that_hardly_differ_are_fitted_by_logarithms_as_in_the_literature() -> None:
    loss = 2.0 + 1.5 * X**-0.3
    assert scale_of(loss * np.exp(0.002 * NOISE), "E + A*a^-b") == "log"
    assert scale_of(loss * np.exp(0.002 * NOISE), "one power") == "log"


def test_a_scale_on_which_the_fit_is_further_from_its_rows_is_not_taken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    y = np.abs(LAW + 0.02 * NOISE)
    assert scale_of(y) == "linear"
    monkeypatch.setattr(
        "evolve.search.scale_of_fit.added_error", lambda y, p, _: -float(np.abs(y - p).mean())
    )
    assert scale_of(y) == "log"
