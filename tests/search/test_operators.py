"""Every registered operator and term keeps the grammar's contract on laws of every space."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from random_laws import N_FEATURES, UNITS, laws
from small_tasks import SPACES, n_targets, positive_rows, random_candidates

from evolve.law.candidate import Candidate
from evolve.law.canonical import canonical
from evolve.law.graph import (
    Law,
    call,
    const,
    constants_of,
    evaluate,
    feat,
    features_of,
    num,
    renumber,
)
from evolve.law.printer import print_program
from evolve.law.recipe import Recipe
from evolve.law.trace import trace_law, trace_recipe
from evolve.search.operators import OPERATORS, SearchSpace, operator
from evolve.search.operators.registry import chosen, cumulated, drawn
from evolve.search.operators.structure import join_link, split_link, sum_of, terms_of
from evolve.search.operators.terms import TERMS, fresh, total
from evolve.search.proposers.grammar import allowed_recipe, finish
from evolve.search.proposers.initial import generic_laws

N_PARENTS = 8


def parents_of(space: SearchSpace) -> list[Candidate]:
    """A sum of powers, random candidates, and as many with two of their constants tied."""
    powers = finish(Candidate(Law(generic_laws(space)["sum of powers"], 0), Recipe()), space)
    free = [c for c in (powers, *random_candidates(space, N_PARENTS)) if c is not None]
    tied = [OPERATORS["tie_constants"](c, c, space, np.random.default_rng(4)) for c in free]
    return [*free, *(made for c in tied if c and (made := finish(c, space)))]


PARENTS = {name: parents_of(space) for name, space in SPACES.items()}
every_space = pytest.mark.parametrize("space_name", sorted(SPACES))
every_operator = pytest.mark.parametrize("name", sorted(OPERATORS))
every_term = pytest.mark.parametrize("name", sorted(TERMS))

LOGS = SPACES["three logs"]
A, B, _ = LOGS.variables()
FIRST = call("exp", call("add", const(0), call("mul", const(1), A)))
SECOND = call("exp", call("add", const(2), call("mul", const(3), B)))
TWO_POWERS = Candidate(Law(call("add", FIRST, SECOND), 4), Recipe("log", "huber", 0.05))
THREE_TERMS = Candidate(Law(call("add", const(4), TWO_POWERS.law.root), 5), Recipe())
FLOOR = Candidate(Law(call("add", const(0), FIRST), 2), Recipe())


def children(name: str, space_name: str) -> list[Candidate]:
    """What an operator makes of every parent of a space, each with a generator of its own."""
    parents = PARENTS[space_name]
    made = [
        OPERATORS[name](parent, other, SPACES[space_name], np.random.default_rng([i, 9]))
        for i, (parent, other) in enumerate(zip(parents, parents[1:] + parents[:1], strict=True))
    ]
    return [child for child in made if child is not None]


def assert_evaluates(law: Law, space: SearchSpace) -> None:
    rows = positive_rows(space)
    constants = np.random.default_rng(1).uniform(-1.0, 1.0, (2, law.n_constants))
    assert evaluate(law.root, rows, constants).shape == (2, len(rows))


def assert_prints_and_traces_back(candidate: Candidate, space: SearchSpace) -> None:
    law, names = candidate.law, [f"x{j}" for j in range(len(space.units))]
    targets = [f"y{t}" for t in range(n_targets(space))]
    axes = (0,) if space.axes else ()
    text = print_program(law, candidate.recipe, names, targets, units=space.units, axes=axes)
    traced = trace_law(text, len(names), len(targets))
    assert canonical(traced.root) == canonical(law.root)
    assert traced.n_constants == law.n_constants
    constants = np.random.default_rng(6).uniform(-1.0, 1.0, (len(targets), law.n_constants))
    rows = positive_rows(space)
    with np.errstate(all="ignore"):
        np.testing.assert_allclose(
            traced.predict(rows, constants), law.predict(rows, constants), rtol=1e-9
        )
    recipe = trace_recipe(text)
    assert recipe is not None
    assert recipe.arguments() == candidate.recipe.arguments()


def assert_keeps_the_contract(child: Candidate, space: SearchSpace) -> None:
    """A child evaluates as it is; finished, it is refused or allowed, prints and traces back."""
    root, n_constants = renumber(child.law.root)
    assert_evaluates(Law(root, n_constants), space)
    finished = finish(child, space)
    if finished is None:
        return
    assert 1 <= finished.law.n_constants <= space.max_constants
    assert constants_of(finished.law.root) == set(range(finished.law.n_constants))
    assert features_of(finished.law.root)
    assert allowed_recipe(finished.recipe, space) == finished.recipe
    assert_evaluates(finished.law, space)
    assert_prints_and_traces_back(finished, space)


# every operator


@every_operator
@every_space
def test_an_operator_gives_nothing_or_a_candidate_that_keeps_the_contract(
    name: str, space_name: str
) -> None:
    for child in children(name, space_name):
        assert isinstance(child, Candidate)
        assert_keeps_the_contract(child, SPACES[space_name])


@every_operator
def test_an_operator_changes_some_candidate_of_some_space(name: str) -> None:
    changed = [
        child not in PARENTS[space] and finish(child, SPACES[space]) is not None
        for space in SPACES
        for child in children(name, space)
    ]
    assert any(changed)


@every_operator
@every_space
def test_an_operator_makes_the_same_of_the_same_generator(name: str, space_name: str) -> None:
    assert children(name, space_name) == children(name, space_name)


@every_operator
def test_an_operator_leaves_its_parents_alone(name: str) -> None:
    for space_name in SPACES:
        before = [candidate.to_data() for candidate in PARENTS[space_name]]
        children(name, space_name)
        assert [candidate.to_data() for candidate in PARENTS[space_name]] == before


@every_operator
def test_an_operator_says_what_it_does(name: str) -> None:
    assert (OPERATORS[name].__doc__ or "").strip().splitlines()[0].endswith((".", ":"))


def test_a_name_is_registered_once() -> None:
    taken = next(iter(OPERATORS.values()))
    with pytest.raises(ValueError, match="registered twice"):
        operator(taken)


# every term


@every_term
@every_space
def test_a_term_makes_a_law_that_keeps_the_contract(name: str, space_name: str) -> None:
    space = SPACES[space_name]
    make, weight = TERMS[name]
    assert weight > 0
    for seed in range(N_PARENTS):
        rng, new = np.random.default_rng(seed), fresh()
        root = total([next(new), make(space, rng, new)])
        assert features_of(root)
        assert_keeps_the_contract(Candidate(Law(root, 0), Recipe()), space)
        assert root == total([const(10_000), make(space, np.random.default_rng(seed), _after(1))])


def _after(n: int) -> object:
    new = fresh()
    for _ in range(n):
        next(new)
    return new


# what single operators do


def apply(name: str, parent: Candidate, other: Candidate = FLOOR, seed: int = 0) -> Candidate:
    child = OPERATORS[name](parent, other, LOGS, np.random.default_rng(seed))
    assert child is not None
    return child


def n_terms(candidate: Candidate) -> int:
    return len(terms_of(split_link(candidate.law.root)[1]))


@pytest.mark.parametrize(
    ("name", "more"),
    [("add_term", 1), ("drop_term", -1), ("replace_term", 0), ("add_floor", 1), ("interact", 0)],
)
def test_the_number_of_terms_changes_as_the_name_says(name: str, more: int) -> None:
    assert n_terms(apply(name, THREE_TERMS)) == 3 + more


@pytest.mark.parametrize(
    ("name", "more"), [("tie_constants", -1), ("fix_constant", -1), ("add_factor", 1)]
)
def test_the_number_of_constants_changes_as_the_name_says(name: str, more: int) -> None:
    assert len(constants_of(apply(name, TWO_POWERS).law.root)) == 4 + more


def test_an_untied_constant_gets_a_twin() -> None:
    tied = apply("tie_constants", TWO_POWERS)
    assert len(constants_of(apply("untie_constants", tied).law.root)) == 4
    assert OPERATORS["untie_constants"](TWO_POWERS, FLOOR, LOGS, np.random.default_rng(0)) is None


def test_a_link_that_is_put_on_comes_off_again() -> None:
    linked = apply("change_link", TWO_POWERS)
    assert linked.law.root == call("exp", TWO_POWERS.law.root)
    assert apply("change_link", linked) == TWO_POWERS


def test_no_exponential_link_is_put_on_where_targets_may_be_negative() -> None:
    space = SPACES["a log and two as they are"]
    x = call("log", space.variable(0))
    line = Candidate(Law(call("add", const(0), call("mul", const(1), x)), 2), Recipe())
    assert OPERATORS["change_link"](line, line, space, np.random.default_rng(0)) is None


def test_the_power_of_a_sum_is_the_sum_to_a_power() -> None:
    root, _ = renumber(apply("power_of_sum", TWO_POWERS).law.root)
    rows, constants = positive_rows(LOGS), np.array([0.3, 0.2, -0.4, 0.1, -0.5])
    f, g = 0.2 + -0.4 * np.log(rows[:, 0] / 1e9), 0.1 + -0.5 * np.log(rows[:, 1] / 1e3)
    np.testing.assert_allclose(
        evaluate(root, rows, constants), (np.exp(f) + np.exp(g)) ** 0.3, rtol=1e-12
    )


def test_a_recipe_is_crossed_without_its_law() -> None:
    child = apply("cross_recipe", TWO_POWERS, FLOOR)
    assert child == Candidate(TWO_POWERS.law, FLOOR.recipe)
    assert OPERATORS["cross_recipe"](FLOOR, FLOOR, LOGS, np.random.default_rng(0)) is None


def test_a_changed_recipe_leaves_the_law() -> None:
    made = [
        OPERATORS["change_recipe"](FLOOR, FLOOR, LOGS, np.random.default_rng(i)) for i in range(20)
    ]
    changed = [child for child in made if child is not None]
    assert len({child.recipe for child in changed}) > 5
    assert all(child.law == FLOOR.law and child.recipe != FLOOR.recipe for child in changed)


def test_a_crossed_term_brings_constants_of_its_own() -> None:
    for seed in range(10):
        child = apply("cross_terms", FLOOR, TWO_POWERS, seed)
        given = [t for t in terms_of(child.law.root) if t not in terms_of(FLOOR.law.root)]
        kept = [t for t in terms_of(child.law.root) if t in terms_of(FLOOR.law.root)]
        assert all(constants_of(g).isdisjoint(constants_of(k)) for g in given for k in kept)


@settings(max_examples=30)
@given(laws())
def test_a_law_is_the_sum_of_its_terms_inside_its_links(law: Law) -> None:
    links, body = split_link(law.root)
    assert join_link(links, body) == law.root
    rows = np.random.default_rng(2).uniform(0.5, 2.0, (5, N_FEATURES)) * UNITS
    constants = np.random.default_rng(3).uniform(-1.0, 1.0, law.n_constants)
    np.testing.assert_allclose(
        evaluate(join_link(links, sum_of(terms_of(body))), rows, constants),
        evaluate(law.root, rows, constants),
        rtol=1e-9,
        atol=1e-12,
    )


def test_a_sum_of_subtracted_terms_alone_stays_negative() -> None:
    negative = [call("neg", feat(0)), call("neg", feat(1))]
    value = evaluate(sum_of(negative), np.array([[2.0, 5.0]]), np.zeros(0))
    assert value.tolist() == [-7.0]
    assert terms_of(call("sub", num(1.0), call("sub", feat(0), feat(1)))) == [
        num(1.0),
        call("neg", feat(0)),
        feat(1),
    ]


def test_what_is_drawn_is_what_a_generator_would_choose() -> None:
    weights = np.array([0.2, 0.5, 0.0, 0.3])
    ours, theirs = np.random.default_rng(3), np.random.default_rng(3)
    for _ in range(50):
        assert drawn(ours, cumulated(weights)) == theirs.choice(4, p=weights)
        assert chosen(ours, "abcdefg") == theirs.choice(list("abcdefg"))
