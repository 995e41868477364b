"""Names of forms hold the places of features, and nothing else that looks like one."""

from __future__ import annotations

import re

import pytest

from evolve.search.form_names import parts_around_places, places_in, with_words
from evolve.search.operators import SearchSpace
from evolve.search.proposers.initial import generic_laws
from evolve.search.proposers.literature import named_forms, published_forms

N_PRODUCTS = re.compile(r"\d+(?= products)")  # the one other number in a name


@pytest.mark.parametrize("most", [6, 20])
def test_every_number_in_the_name_of_a_form_is_a_place_or_counts_products(most: int) -> None:
    space = SearchSpace((1.0,) * 4, (True,) * 4, most, axes=(0, 1))
    names = generic_laws(space) | named_forms(space) | published_forms(space)
    words = dict(enumerate(["params", "tokens", "lr", "batch"]))
    for name in names:
        assert not re.search(r"\d", N_PRODUCTS.sub("", with_words(name, words))), name
    assert any(places_in(name) for name in names)


def test_an_optimum_that_moves_with_one_axis_is_called_by_that_axis() -> None:
    assert with_words("valleys along 1, turned", {1: "tokens"}) == "valleys along tokens, turned"
    assert parts_around_places("valleys along 1") == ["valleys along ", ""]
    assert with_words("valleys along 1", {0: "params"}) == "valleys along 1"
