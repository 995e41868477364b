"""A candidate is its law and its recipe, in memory and as JSON."""

from __future__ import annotations

import json

import pytest
from small_tasks import SPACES, random_candidates

from evolve.law.candidate import Candidate, candidate_from_data
from evolve.law.graph import Law, call, const, feat
from evolve.law.recipe import Recipe

LINE = Law(call("mul", const(0), feat(0)), 1)


@pytest.mark.parametrize("space", SPACES.values(), ids=list(SPACES))
def test_a_candidate_is_read_back_from_json(space: object) -> None:
    for candidate in random_candidates(space, 5):  # type: ignore[arg-type]
        law, recipe = json.loads(json.dumps(candidate.to_data()))
        assert candidate_from_data(law, recipe) == candidate


def test_candidates_are_the_same_when_law_and_recipe_are() -> None:
    assert Candidate(LINE, Recipe()) == Candidate(LINE, Recipe())
    assert Candidate(LINE, Recipe()) != Candidate(LINE, Recipe("log"))
    assert Candidate(LINE, Recipe()) != Candidate(
        Law(LINE.root, 1, own_feature_first=True), Recipe()
    )
    assert len({Candidate(LINE, Recipe()), Candidate(LINE, Recipe())}) == 1
