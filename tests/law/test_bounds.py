from __future__ import annotations

from typing import Any

import pytest
from small_tasks import SPACES, random_candidates

from evolve.law.bounds import MOST_DEPTH, Bounds, check_law, check_recipe, depth
from evolve.law.candidate import Candidate
from evolve.law.graph import call, feat, from_data

BOUNDS = Bounds(n_features=2, n_constants=5, n_nodes=100)


def law(root: Any, n_constants: Any = 1, **more: Any) -> dict[str, Any]:
    return {"root": root, "n_constants": n_constants, "own_feature_first": False, **more}


def nested(n: int) -> list[Any]:
    root: list[Any] = ["feat", 0]
    for _ in range(n):
        root = ["exp", root]
    return root


@pytest.mark.parametrize("space", SPACES.values(), ids=SPACES)
def test_laws_and_recipes_of_a_search_are_within_bounds(space: Any) -> None:
    bounds = Bounds(len(space.units), space.max_constants, 1000)
    for candidate in random_candidates(space, 20):
        data, recipe = Candidate.to_data(candidate)
        check_law(data, bounds)
        check_recipe(recipe)


WRONG = [
    (law(["addd", ["feat", 0], ["feat", 1]]), "no operation 'addd' .did you mean 'add'"),
    (law(["add", ["feat", 0]]), "add must have 2 arguments, it has 1"),
    (law(["feat", 2]), "feat must be 0 to 1, it is 2"),
    (law(["feat", True]), "feat must be"),
    (law(["const", 1]), "const must be 0 to 0, it is 1"),
    (law(["num", float("inf")]), "a number must be finite"),
    (law(["num", 10**400]), "a number must be finite"),
    (law(["feat", 0], 10**9), "n_constants must be 0 to 5, it is 1000000000"),
    (law(["feat", 0], 1.0), "n_constants must be"),
    (law(["feat", 0], own_feature_first=1), "must be true or false"),
    (law(["feat", 0], more=1), "and nothing else"),
    (law("feat"), "must be lists that begin with an operation"),
    (law([["feat"], 0]), "must be lists that begin with an operation"),
    (None, "law: must hold"),
]


@pytest.mark.parametrize(("value", "words"), WRONG, ids=lambda value: str(value)[:30])
def test_what_is_no_law_is_said(value: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        check_law(value, BOUNDS)


def test_a_law_that_is_too_large_or_too_deep_is_refused_before_it_is_walked() -> None:
    wide: list[Any] = ["feat", 0]
    for _ in range(30):
        wide = ["add", wide, wide]
    with pytest.raises(ValueError, match="at most 100 operations"):
        check_law(law(wide), BOUNDS)
    many = Bounds(2, 5, 10**6)
    check_law(law(nested(MOST_DEPTH)), many)
    for n in (MOST_DEPTH + 1, 100_000):
        with pytest.raises(ValueError, match="nest at most"):
            check_law(law(nested(n)), many)


def test_the_depth_of_a_law_counts_operations_inside_each_other() -> None:
    assert depth(feat(0)) == 0
    assert depth(call("add", call("exp", feat(0)), feat(1))) == 2
    assert depth(from_data(nested(7))) == 7


@pytest.mark.parametrize(
    ("recipe", "words"),
    [
        ({"evil": 1}, "fields are"),
        ({"f_scale": "1"}, "f_scale cannot be '1'"),
        ({"n_starts": 1.5}, "n_starts cannot be 1.5"),
        ({"n_starts": True}, "n_starts cannot be True"),
        ({"ridge": float("nan")}, "ridge must be finite"),
        ({"loss": ["l2"]}, "loss cannot be a list"),
        ({"starts": 10**9}, "n_starts must be in"),
        ([], "must hold the fields"),
        (None, "must hold the fields"),
    ],
)
def test_what_is_no_recipe_is_said(recipe: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        check_recipe(recipe)
