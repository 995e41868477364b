"""A recipe states what differs from the defaults and refuses what no fit can do."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evolve.law.recipe import (
    FIRST_NAMES,
    LOSSES,
    TARGET_SCALES,
    TIES,
    Recipe,
    recipe_from_data,
    recipe_with_first_names,
)

recipes = st.builds(
    Recipe,
    target_scale=st.sampled_from(TARGET_SCALES),
    loss=st.sampled_from(LOSSES),
    f_scale=st.floats(1e-6, 1e3),
    scale_weight=st.floats(0.0, 10.0),
    ridge=st.floats(0.0, 1e6),
    shrinkage=st.floats(0.0, 1e6),
    tied=st.sampled_from(TIES),
    n_starts=st.integers(1, 10_000),
)


@given(recipes)
def test_a_recipe_is_read_back_from_json(recipe: Recipe) -> None:
    assert recipe_from_data(json.loads(json.dumps(recipe.to_data()))) == recipe


@given(recipes)
def test_a_recipe_stored_under_the_first_names_is_the_same(recipe: Recipe) -> None:
    stored = {FIRST_NAMES.get(name, name): v for name, v in recipe.to_data().items()}
    assert set(stored) == {
        *("residual", "loss", "width", "far", "ridge", "pool", "share", "starts")
    }
    assert recipe_from_data(stored) == recipe


def test_what_other_programs_read_holds_both_names_of_a_field() -> None:
    both = recipe_with_first_names({"residual": "log", "loss": "huber", "f_scale": 0.03})
    assert both == {
        "target_scale": "log",
        "residual": "log",
        "loss": "huber",
        "f_scale": 0.03,
        "width": 0.03,
    }


@given(recipes)
def test_the_arguments_of_a_call_say_all_that_decides_the_fit(recipe: Recipe) -> None:
    again = recipe_from_data(recipe.arguments())
    assert again.arguments() == recipe.arguments()
    if recipe.loss != "l2":
        assert again == recipe


def test_a_call_states_target_scale_and_loss_and_else_only_what_is_not_the_default() -> None:
    assert Recipe().arguments() == {"target_scale": "linear", "loss": "l2"}
    stated = Recipe("log", "cauchy", 0.03, shrinkage=1.0).arguments()
    assert stated == {"target_scale": "log", "loss": "cauchy", "f_scale": 0.03, "shrinkage": 1.0}


def test_an_f_scale_that_nothing_reads_is_not_stated() -> None:
    assert Recipe(f_scale=0.5).arguments() == Recipe().arguments()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("target_scale", "square"),
        ("loss", "l1"),
        ("tied", "all"),
        ("f_scale", 0.0),
        ("f_scale", math.nan),
        ("scale_weight", -0.1),
        ("scale_weight", math.inf),
        ("ridge", -1.0),
        ("shrinkage", 1e7),
        ("n_starts", 0),
    ],
)
def test_a_field_outside_its_range_is_named_with_its_value(field: str, value: Any) -> None:
    with pytest.raises(ValueError, match=f"recipe: {field} must be .* not {value!r}"):
        Recipe(**{field: value})


def test_a_name_that_no_field_has_is_answered_with_the_nearest() -> None:
    with pytest.raises(ValueError, match=r"recipe: .* not 'n_start' \(did you mean 'n_starts'\?"):
        recipe_from_data({"n_start": 3})


def test_a_field_may_not_be_given_under_both_of_its_names() -> None:
    with pytest.raises(ValueError, match="f_scale must be given once, not as 'width' too"):
        recipe_from_data({"width": 0.1, "f_scale": 0.1})
