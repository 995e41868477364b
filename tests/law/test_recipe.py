"""A recipe states what differs from the defaults and refuses what no fit can do."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evolve.law.recipe import LOSSES, RESIDUALS, SHARES, Recipe

recipes = st.builds(
    Recipe,
    residual=st.sampled_from(RESIDUALS),
    loss=st.sampled_from(LOSSES),
    width=st.floats(1e-6, 1e3),
    far=st.floats(0.0, 10.0),
    ridge=st.floats(0.0, 1e6),
    pool=st.floats(0.0, 1e6),
    share=st.sampled_from(SHARES),
    starts=st.integers(1, 10_000),
)


@given(recipes)
def test_a_recipe_is_read_back_from_json(recipe: Recipe) -> None:
    assert Recipe(**json.loads(json.dumps(recipe.to_data()))) == recipe


@given(recipes)
def test_the_arguments_of_a_call_say_all_that_decides_the_fit(recipe: Recipe) -> None:
    again = Recipe(**recipe.arguments())
    assert again.arguments() == recipe.arguments()
    if recipe.loss != "l2":
        assert again == recipe


def test_a_call_states_residual_and_loss_and_else_only_what_is_not_the_default() -> None:
    assert Recipe().arguments() == {"residual": "linear", "loss": "l2"}
    told = Recipe("log", "cauchy", 0.03, pool=1.0).arguments()
    assert told == {"residual": "log", "loss": "cauchy", "width": 0.03, "pool": 1.0}


def test_a_width_that_nothing_reads_is_not_stated() -> None:
    assert Recipe(width=0.5).arguments() == Recipe().arguments()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("residual", "square"),
        ("loss", "l1"),
        ("width", 0.0),
        ("width", math.nan),
        ("far", -0.1),
        ("far", math.inf),
        ("ridge", -1.0),
        ("pool", 1e7),
        ("starts", 0),
    ],
)
def test_a_field_outside_its_range_is_named_with_its_value(field: str, value: Any) -> None:
    with pytest.raises(ValueError, match=f"recipe: {field} must be .* not {value!r}"):
        Recipe(**{field: value})
