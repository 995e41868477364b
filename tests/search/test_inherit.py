"""A run begun from the elites of another takes over laws and programs, and names the rest."""

from __future__ import annotations

from dataclasses import replace

import pytest
from small_tasks import entry_of, power_task

from evolve.evaluation.record import SEEDS
from evolve.law.candidate import Candidate
from evolve.law.graph import Law, call, const, feat
from evolve.search.archive import elite_of
from evolve.search.inherit import elites_to_inherit, not_inherited, warm_start_from
from evolve.search.problem import SearchProblem, make_search_problem
from evolve.search.proposers.seeds import GivenSeed
from evolve.search.rules import FormRules

PROGRAM = '''"""A median."""

import numpy as np


# EVOLVE-BLOCK-START
def scaling_law_func(data_points, params):
    return params[0] + 0.0 * np.atleast_2d(data_points)[:, 0]


def fit_scaling_law(data_points, loss_values):
    return np.array([np.median(loss_values)])


# EVOLVE-BLOCK-END
'''
SCORED_ONLY = '''"""Holds its constants."""

import numpy as np


def law(input_data, group):
    return [{"y0": 1.0} for row in input_data]
'''


@pytest.fixture(scope="module")
def problem() -> SearchProblem:
    return make_search_problem(power_task(), 0)


def inherited_from(*elites: Candidate | str) -> dict[str, object]:
    """What a run with these elites leaves, laws and program texts."""
    entries = [
        replace(entry_of(i, None, -1.0), text=elite)
        if isinstance(elite, str)
        else entry_of(i, elite, -1.0)
        for i, elite in enumerate(elites)
    ]
    return elites_to_inherit("old", [elite_of(entry, -1.0) for entry in entries])


def test_elites_follow_the_seeds_that_run_and_no_other_first_candidate(
    problem: SearchProblem,
) -> None:
    given = [GivenSeed("idle", SCORED_ONLY), GivenSeed("own", PROGRAM)]
    begun = make_search_problem(power_task(), 0, given=given)
    assert [seed.runs for seed in begun.seeds] == [False, True]
    elite = begun.starts[-1].genome
    forked = warm_start_from(begun, inherited_from(elite))
    assert [p.operator for p in forked.starts[:2]] == ["own", "elite of old"]
    assert [p.origin in SEEDS for p in forked.starts].count(True) == 1
    assert {p.key for p in forked.starts} == {p.key for p in begun.starts}


def test_a_program_with_its_own_fit_is_taken_over(problem: SearchProblem) -> None:
    forked = warm_start_from(problem, inherited_from(problem.starts[-1].genome, PROGRAM))
    elites = [p for p in forked.starts if p.origin == "inherited"]
    assert [p.program and p.program.text for p in elites] == [None, PROGRAM]
    assert not_inherited(problem, inherited_from(PROGRAM)) == []


def test_elites_that_cannot_be_evaluated_are_named_with_the_reason(problem: SearchProblem) -> None:
    far = Candidate(Law(call("add", feat(0), feat(6)), 0), problem.starts[-1].genome.recipe)
    broken = PROGRAM.replace("def fit_scaling_law", "def fit")
    lines = not_inherited(problem, inherited_from(far, broken))
    why = "it uses 7 features, the task has 2: a, b"
    assert lines[0] == f"an elite of old is not taken over: {why}"
    assert lines[1].startswith("an elite of old is not taken over: elite of old")
    ruled = make_search_problem(power_task(), 0, rules=FormRules(must_use=("a",)))
    second = Candidate(Law(call("mul", const(0), feat(1)), 1), problem.starts[-1].genome.recipe)
    (line,) = not_inherited(ruled, inherited_from(second))
    assert line.endswith("the task allows no c0*b")
    (line,) = not_inherited(ruled, inherited_from(PROGRAM))
    assert "nothing says whether 'A median.' has the form asked for" in line
    assert warm_start_from(ruled, inherited_from(PROGRAM)) == ruled
