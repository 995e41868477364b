"""Every space gets first candidates: different, allowed, the same for the same seed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from small_tasks import SPACES, positive_rows

from evolve.law.bounds import MOST_DEPTH, depth
from evolve.law.graph import Law, evaluate, renumber
from evolve.search.operators import OPERATORS, SearchSpace
from evolve.search.proposers.grammar import finish
from evolve.search.proposers.initial import RECIPES, generic_laws, starting_proposals

MULTIPLE = 16
every_space = pytest.mark.parametrize("space", SPACES.values(), ids=list(SPACES))


def starts(space: SearchSpace, seed: int = 0) -> list:  # type: ignore[type-arg]
    return starting_proposals(space, generic_laws(space), MULTIPLE, seed)


@every_space
def test_generic_laws_predict_positive_rows(space: SearchSpace) -> None:
    rows = positive_rows(space)
    for root in generic_laws(space).values():
        law = Law(*renumber(root))
        assert np.isfinite(evaluate(law.root, rows, np.full(law.n_constants, 0.01))).all()


@every_space
def test_first_candidates_differ_and_are_allowed(space: SearchSpace) -> None:
    made = starts(space)
    assert len({p.key for p in made}) == len(made)
    for p in made:
        assert finish(p.candidate, space) == p.candidate
        assert p.parents == ()
        assert p.operator in {*generic_laws(space), *OPERATORS}


@every_space
def test_the_list_is_filled_up_to_a_multiple(space: SearchSpace) -> None:
    made = starts(space)
    assert made
    assert len(made) % MULTIPLE == 0


@every_space
def test_the_seed_decides_the_filling_alone(space: SearchSpace) -> None:
    one, same, other = starts(space), starts(space), starts(space, seed=1)
    assert one == same
    n_laws = sum(p.candidate.recipe in RECIPES and p.operator not in OPERATORS for p in one)
    assert n_laws > 0
    assert one[:n_laws] == other[:n_laws]


def test_every_law_that_fits_in_is_tried_under_every_recipe() -> None:
    space = replace(SPACES["three logs"], max_constants=30)
    made = starts(space)
    for name in ("sum of powers", "linear", "power of 0"):
        assert {p.candidate.recipe for p in made if p.operator == name} == set(RECIPES)


@every_space
@pytest.mark.parametrize("max_constants", [1, 2, 3])
def test_a_task_that_allows_few_constants_has_first_candidates(
    space: SearchSpace, max_constants: int
) -> None:
    made = starts(replace(space, max_constants=max_constants))
    assert made
    assert max(p.candidate.law.n_constants for p in made) <= max_constants


def test_the_same_law_given_twice_is_proposed_once() -> None:
    space = SPACES["one log"]
    (name, root), *_ = generic_laws(space).items()
    twice = starting_proposals(space, {name: root, "again": root}, 1, 0)
    assert {p.operator for p in twice} == {name}


def test_laws_are_turned_where_a_target_may_go_either_way() -> None:
    space = SearchSpace(units=(1.0,), logarithmic=(True,), max_constants=5)
    x = np.array([[1.0], [2.0], [4.0], [1e9]])
    falling = generic_laws(space)
    turned = generic_laws(replace(space, either_way=True))
    assert set(falling) < set(turned)
    root, n = renumber(turned["sum of powers, turned"])
    assert n == 3
    values = evaluate(root, x, np.array([2.0, 0.0, -0.5]))
    assert np.allclose(np.abs(np.diff(values)), np.abs(np.diff(x[:, 0] ** -0.5)))
    assert (np.diff(values) > 0.0).all()


def test_a_target_that_may_rise_has_a_straight_line_in_the_sizes_themselves() -> None:
    space = SearchSpace(units=(1.0, 1.0), logarithmic=(True, False), max_constants=5)
    assert "straight line" not in generic_laws(space)
    laws = generic_laws(replace(space, either_way=True))
    root, n = renumber(laws["straight line"])
    assert n == 3
    x = np.array([[1.0, 0.0], [1e9, 0.5], [1e12, 1.0]])
    values = evaluate(root, x, np.array([2.0, -3.0, 0.25]))
    np.testing.assert_allclose(values, 2.0 - 3.0 * x[:, 0] + 0.25 * x[:, 1])
    root, n = renumber(laws["straight line and products"])
    assert n == 4
    values = evaluate(root, x, np.array([2.0, -3.0, 0.25, 7.0]))
    expected = 2.0 - 3.0 * x[:, 0] + 0.25 * x[:, 1] + 7.0 * x[:, 0] * x[:, 1]
    np.testing.assert_allclose(values, expected)
    alone = SearchSpace(units=(1.0,), logarithmic=(True,), max_constants=5, either_way=True)
    assert "straight line and products" not in generic_laws(alone)
    of_shares = replace(space, logarithmic=(False, False), either_way=True)
    assert "straight line" not in generic_laws(of_shares)  # it is "linear" there


def test_a_table_of_many_features_has_first_candidates_no_deeper_than_a_law_may_be() -> None:
    space = SearchSpace(units=(1.0,) * 25, logarithmic=(True,) * 25, max_constants=12)
    assert max(map(depth, generic_laws(space).values())) <= MOST_DEPTH
    assert starts(space)
