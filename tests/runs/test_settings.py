"""Settings of a run that cannot be meant are refused, and come back from a store as they were."""

from __future__ import annotations

import json
from dataclasses import asdict

import numpy as np
import pytest

from evolve.errors import EvolveError
from evolve.runs.settings import RunConfig, config_from_data, whole, with_budget
from evolve.search.proposers.llm.config import models_of
from evolve.search.proposers.llm.settings import ModelConfig


def test_settings_are_read_back_from_their_json() -> None:
    settings = RunConfig(3, 100, n_seeds=4, n_islands=2)
    assert config_from_data(json.loads(json.dumps(asdict(settings)))) == settings


def test_what_a_run_of_an_earlier_version_lacks_is_one_search() -> None:
    settings = config_from_data({"seed": 1})
    assert (settings.n_seeds, settings.n_islands) == (1, 1)


@pytest.mark.parametrize("number", [0, -1, 1001])
def test_a_number_of_searches_that_cannot_be_meant_is_refused(number: int) -> None:
    with pytest.raises(EvolveError, match=r"n_seeds: must be 1"):
        RunConfig(n_seeds=number)
    with pytest.raises(EvolveError, match=r"n_islands: must be 1"):
        RunConfig(n_islands=number)


def test_a_number_beyond_all_is_refused() -> None:
    with pytest.raises(EvolveError, match=r"seed: must be .* or less, it is 1\.000e\+400"):
        RunConfig(10**400)


@pytest.mark.parametrize("value", [2.5, "3", None, float("nan"), float("inf"), True])
def test_what_is_no_whole_number_is_refused(value: object) -> None:
    assert whole("n_seeds", np.float64(3.0)) == 3
    with pytest.raises(EvolveError, match="n_seeds: must be a whole number, it is"):
        whole("n_seeds", value)


@pytest.mark.parametrize("value", [2.0**64, np.float64(2**53 + 2), -1e30])
def test_a_float_that_stands_for_several_whole_numbers_is_none_of_them(value: float) -> None:
    assert whole("seed", 2.0**53) == 2**53
    assert whole("seed", np.uint64(2**64 - 1)) == 2**64 - 1
    assert whole("seed", 2**64 - 1) == 2**64 - 1
    with pytest.raises(EvolveError, match="seed: a float such as .* stands for several"):
        whole("seed", value)


def test_language_models_take_part_in_one_search_alone() -> None:
    models = ModelConfig(models_of(["m"], {}))
    with pytest.raises(EvolveError, match="n_seeds: must be 1 where llm"):
        RunConfig(proposers=("grammar", "llm"), models=models, n_seeds=2)


def test_a_run_that_goes_on_is_not_asked_for_less_than_it_has_made() -> None:
    before = RunConfig(evaluations=96)
    assert with_budget(before, None, 96) == before
    assert with_budget(before, 96, 96) == before
    assert with_budget(before, 128, 96).evaluations == 128
    with pytest.raises(EvolveError, match="at least the 96 that the run has made, it is 64"):
        with_budget(before, 64, 96)
