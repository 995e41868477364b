"""Messages to workers hold all that a candidate is."""

from __future__ import annotations

import json
from dataclasses import fields

import pytest

from evolve.fitting.messages import FitRequest, unpack_request
from evolve.law.candidate import Candidate
from evolve.law.graph import Law, call, const, feat
from evolve.law.recipe import Recipe

PLAIN = Law(call("mul", const(0), feat(0)), 1)
WRITTEN = Law(PLAIN.root, 1, own_feature_first=True, names=("A",), as_written=True)
RECIPE = Recipe("log", "huber", 0.05, 1.0, 0.1, 0.2, "slopes", 3)


def test_the_law_and_the_recipe_of_this_test_differ_from_plain_ones_in_every_field() -> None:
    for one, other, same in ((PLAIN, WRITTEN, {"root", "n_constants"}), (Recipe(), RECIPE, set())):
        names = [field.name for field in fields(one)]
        assert {name for name in names if getattr(one, name) == getattr(other, name)} == same


@pytest.mark.parametrize("law", [PLAIN, WRITTEN])
@pytest.mark.parametrize("recipe", [Recipe(), RECIPE])
def test_a_request_comes_out_of_its_message_as_it_was(law: Law, recipe: Recipe) -> None:
    request = FitRequest(Candidate(law, recipe), (0, 3), errors=True)
    assert unpack_request(json.loads(json.dumps(request.pack()))) == request
