"""Proposals are new, allowed, and depend on archive and generator alone."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from small_tasks import SPACES, archive_of, entry_of, random_candidates

from evolve.law.candidate import Candidate
from evolve.law.canonical import key, simplify
from evolve.law.graph import Law, Node, call, const, constants_of, feat, num
from evolve.law.recipe import Recipe
from evolve.search.archive import Archive
from evolve.search.operators import OPERATORS, SearchSpace
from evolve.search.proposers.grammar import (
    Proposal,
    allowed_recipe,
    finish,
    propose,
)
from evolve.search.proposers.stock import operator_weights, pick, stock_of

every_space = pytest.mark.parametrize("space", SPACES.values(), ids=list(SPACES))
LOGS = SPACES["three logs"]
HERE = Path(__file__).resolve().parent
TESTS = HERE.parents[1]
A = LOGS.variables()[0]


def proposals(space: SearchSpace, n: int, archive: Archive | None = None) -> list[Proposal]:
    archive = archive or archive_of(random_candidates(space, 6))
    taken: set[str] = set()
    made = []
    for index in range(n):
        rng = np.random.default_rng([0, index])
        proposal = propose(stock_of(archive), space, rng, archive.seen, taken)
        assert proposal is not None
        taken.add(proposal.key)
        made.append(proposal)
    return made


def finished(
    root: Node, space: SearchSpace = LOGS, recipe: Recipe | None = None
) -> Candidate | None:
    return finish(Candidate(Law(root, 0), recipe or Recipe()), space)


def line(constant: Node, slope: Node = const(1)) -> Node:  # noqa: B008
    return call("add", constant, call("mul", slope, A))


# propose


@every_space
def test_a_proposal_is_new_allowed_and_in_its_final_form(space: SearchSpace) -> None:
    archive = archive_of(random_candidates(space, 6))
    made = proposals(space, 12, archive)
    assert len({p.key for p in made}) == 12
    for p in made:
        assert p.key == key(p.candidate.law, p.candidate.recipe)
        assert p.key not in archive.seen
        assert finish(p.candidate, space) == p.candidate
        assert p.operator in OPERATORS
        assert all(0 <= parent < archive.size for parent in p.parents)


@every_space
def test_the_same_archive_and_generator_give_the_same_proposals(space: SearchSpace) -> None:
    assert proposals(space, 5) == proposals(space, 5)


def test_the_order_in_which_an_interpreter_hashes_changes_no_proposal() -> None:
    code = "from test_grammar import LOGS, proposals\nprint(*[p.key for p in proposals(LOGS, 20)])"
    elsewhere = subprocess.run(
        [sys.executable, "-c", code],
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join(map(str, (HERE, TESTS, TESTS.parent))),
            "PYTHONHASHSEED": "1",
        },
        capture_output=True,
        text=True,
        check=True,
    )
    assert elsewhere.stdout.split() == [p.key for p in proposals(LOGS, 20)]


def test_a_single_small_elite_goes_on_giving_new_proposals() -> None:
    space = SPACES["one log"]
    law = Law(call("add", const(0), call("mul", const(1), space.variables()[0])), 2)
    archive = archive_of([Candidate(law, Recipe())])
    assert len({p.key for p in proposals(space, 100, archive)}) == 100


def test_an_archive_without_elites_gives_no_proposal() -> None:
    failures = Archive()
    failures.tell([entry_of(0, random_candidates(LOGS, 1)[0], None), entry_of(1, None, -1.0)])
    for archive in (Archive(), failures):
        rng = np.random.default_rng(0)
        assert propose(stock_of(archive), LOGS, rng, archive.seen, set()) is None


def test_two_mutations_in_one_proposal_do_not_share_new_constants(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        "evolve.search.proposers.stock.operator_weights", lambda _: (["slopes"], [1.0])
    )
    terms: list[Node] = []

    def slopes(parent: Candidate, *_: object) -> Candidate:
        terms.append(call("mul", const(10_000), call("tanh", feat(len(terms) % 3))))
        root = call("add", parent.law.root, terms[-1])
        return Candidate(Law(root, 0), parent.recipe)

    monkeypatch.setitem(OPERATORS, "slopes", slopes)
    parent = finished(line(const(0)))
    assert parent is not None
    archive = archive_of([parent])
    grown = {
        p.candidate.law.n_constants
        for seed in range(12)
        if (p := propose(stock_of(archive), LOGS, np.random.default_rng(seed), archive.seen, ()))
    }
    assert grown == {3, 4}  # each slope and the unit of its feature


# choosing parents and operators


def test_better_elites_are_picked_more_often() -> None:
    elites = archive_of(random_candidates(LOGS, 12)).elites()
    rng = np.random.default_rng(0)
    picked = Counter(pick(elites, rng, 0.12).entry.index for _ in range(500))
    best, worst = elites[0].entry.index, elites[-1].entry.index
    assert picked[best] > 5 * max(picked[worst], 1)


def test_every_elite_can_be_picked() -> None:
    elites = archive_of(random_candidates(LOGS, 5)).elites()
    rng = np.random.default_rng(0)
    assert {pick(elites, rng, 1.0).entry.index for _ in range(300)} == {
        e.entry.index for e in elites
    }


def test_operators_start_alike_and_those_that_win_are_drawn_more_often() -> None:
    names, weights = operator_weights(Archive())
    assert names == sorted(OPERATORS)
    np.testing.assert_allclose(weights, 1.0 / len(names))
    archive = Archive()
    some = random_candidates(LOGS, 1)[0]
    archive.tell([entry_of(i, some, -float(i), operator="add_term") for i in range(30)])
    archive.tell([entry_of(30 + i, some, 9.0, operator="drop_term") for i in range(30)])
    weight = dict(zip(*operator_weights(archive), strict=True))
    assert sum(weight.values()) == pytest.approx(1.0)
    assert weight["add_term"] > weight["add_floor"] > weight["drop_term"] > 0.0


# finish


def test_a_finished_law_is_simple_and_its_constants_are_in_order() -> None:
    candidate = finished(line(call("add", const(10_004), const(7)), const(10_001)))
    assert candidate is not None
    assert candidate.law == simplify(candidate.law)
    assert constants_of(candidate.law.root) == {0, 1}


def test_a_finished_law_sees_its_own_feature_first_where_targets_own_features() -> None:
    own = SPACES["own features"]
    candidate = finished(call("mul", const(0), own.variables()[0]), own)
    assert candidate is not None
    assert candidate.law.own_feature_first


@pytest.mark.parametrize(
    "root",
    [
        const(0),
        A,
        line(num(2.5)),
        call("exp", call("add", num(-3.0), call("mul", const(0), A))),
    ],
    ids=["no feature", "no constant", "a constant in disguise", "and inside a function"],
)
def test_a_law_that_is_no_law_is_refused(root: Node) -> None:
    assert finished(root) is None


def test_a_law_with_more_constants_than_the_task_allows_is_refused() -> None:
    root: Node = const(0)
    for k in range(LOGS.max_constants):
        root = call(
            "add", root, call("mul", const(k + 1), call("tanh", call("mul", num(float(k + 2)), A)))
        )
    assert finished(root) is None
    assert finished(root.args[0]) is not None


def test_a_law_that_has_grown_too_large_is_refused() -> None:
    root = A
    for _ in range(60):
        root = call("tanh", call("mul", num(2.0), root))
    assert finished(call("mul", const(0), root)) is None


# recipes


def test_a_recipe_keeps_only_what_the_task_allows() -> None:
    wished = Recipe(
        "log", "huber", 0.05, scale_weight=0.5, ridge=1e-4, shrinkage=1.0, tied="shape"
    )
    plain = SearchSpace((1.0,), (True,), 5, positive=False, pooled=False, axes=())
    rich = SearchSpace((1.0,), (True,), 5, positive=True, pooled=True, axes=(0,))
    assert allowed_recipe(wished, rich) == wished
    assert allowed_recipe(wished, plain) == Recipe("linear", "huber", 0.05, ridge=1e-4)
    least_squares = SearchSpace((1.0,), (True,), 5, robust=False, pooled=True)
    assert allowed_recipe(wished, least_squares) == replace(
        wished, loss="l2", f_scale=Recipe().f_scale
    )


# newcomers


def test_a_newcomer_that_leads_no_cell_has_children_some_of_them_under_other_recipes() -> None:
    first, *rest = random_candidates(LOGS, 6)
    brought = replace(entry_of(6, first, 9.0, operator="tiny rewrite"), origin="model")
    archive = archive_of([*rest, rest[0]])
    plain = [p.key for p in proposals(LOGS, 40, archive)]
    archive.tell([brought])
    made = proposals(LOGS, 40, archive)
    own = [p for p in made if p.parents[0] == brought.index]
    assert 4 <= len(own) <= 16
    assert {"change_recipe", "cross_recipe"} & {p.operator for p in own}
    assert {p.operator for p in own} - {"change_recipe", "cross_recipe"}
    assert plain != [p.key for p in made]
