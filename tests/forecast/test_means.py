"""A budget pays for the runs of every design, or it is said what is missing and why."""

from __future__ import annotations

import re
from typing import Any

import pytest

import evolve
from evolve.errors import EvolveError
from evolve.forecast.design import Designed, design_runs

ASKED: dict[str, Any] = {
    "law": "hoffmann_2022",
    "compute": "6*params*tokens",
    "budget": 1e21,
    "narrow": {"params": "7B", "tokens": "2T"},
    "draws": 20,
}
PROFILES = {"isoFLOP of 3 levels", "isoFLOP of 5 levels"}


def designed(**asked: Any) -> Designed:
    return design_runs(**(ASKED | asked))


@pytest.mark.parametrize(
    "asked",
    [
        {"span": 6},
        {"span": 30},
        {"span": 60, "runs": 12},
        {"least": {"params": 1e9, "tokens": 1e10}},
        {"least": {"params": 1e8, "tokens": 1e10}, "most": {"params": 3e8}},
        {"law": "1.8 + 480*params^-0.35", "compute": "params", "budget": 1e9, "span": 9}
        | {"narrow": {"params": 1e10}},
    ],
)
def test_no_design_costs_more_than_the_budget_however_few_runs_that_pays_for(
    asked: dict[str, Any],
) -> None:
    found = designed(**asked)
    for design in found.designs:
        assert design.costs.sum() <= found.budget * (1 + 1e-6), design.name
        assert design.name.startswith("for ") or len(design.sizes) > len(found.law.constants)


@pytest.mark.parametrize(
    ("asked", "missing", "why"),
    [
        ({"runs": 8}, PROFILES, "runs or more, there can be 8"),
        ({"runs": 14}, {"isoFLOP of 5 levels"}, "it needs 15 runs or more, there can be 14"),
        (
            {"span": 30},
            {"isoFLOP of 5 levels"},
            "fewer than 15 runs whose compute differs 4 times, from 3.33e.19 up",
        ),
        ({"span": 12}, {*PROFILES, "grid of sizes", "one ratio"}, "runs"),
        ({}, set(), ""),
    ],
)
def test_it_is_said_which_usual_designs_are_left_out_and_why(
    asked: dict[str, Any], missing: set[str], why: str
) -> None:
    found = designed(**asked)
    usual = {name: said for name, said in found.left_out.items() if ", then" not in name}
    assert set(usual) == missing
    assert not missing & {design.name for design in found.designs}
    for said in usual.values():
        assert re.search(why, said)


def test_profiles_of_which_half_the_budget_pays_for_none_are_told_of() -> None:
    assert "isoFLOP, then for what is asked" in designed(span=30).left_out


def test_python_says_what_is_left_out_and_how_many_runs_the_law_was_not_fitted_to() -> None:
    asked = {name: value for name, value in ASKED.items() if name not in ("law", "compute")}
    found = evolve.design("hoffmann_2022", "6*params*tokens", runs=8, **asked)
    assert set(found.left_out) >= PROFILES
    low = {"params": 7e7, "tokens": 5e9}
    inside = found.runs[(found.runs["params"] >= 7e7) & (found.runs["tokens"] >= low["tokens"])]
    n_outside = found.runs["times"].sum() - inside["times"].sum()
    assert found.scores["outside"].iloc[0] == n_outside > 0


def test_of_a_formula_nobody_knows_what_it_was_fitted_to() -> None:
    found = designed(law="1.8 + 480*params^-0.35 + 2000*tokens^-0.37", budget=1e3)
    assert found.n_outside(found.designs[0]) is None


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"budget": 1}, r"budget: must be at least 2.1e\+18, what the smallest run of hoffmann"),
        ({"budget": 1, "law": "kaplan_2020"}, r"budget: must be at least 1.01e\+11, .*params 768"),
        (
            {"budget": 1e12, "least": {"params": 1e8, "tokens": 1}},
            r"budget: must be about 3e\+17 or more, for 6 runs of at least 5e\+16 by least, most",
        ),
        (
            {"least": {"params": 1e9, "tokens": 1e11}},
            r"budget: must be at least 3.6\de\+21, for the 6 runs that the law needs",
        ),
        ({"span": 5}, "span: must be at least 6, as the budget is to pay for the 6 runs"),
    ],
)
def test_a_budget_that_pays_for_no_runs_is_answered_with_the_least_that_does(
    asked: dict[str, Any], said: str
) -> None:
    with pytest.raises(EvolveError, match=said) as refused:
        designed(**asked)
    assert "\n" not in str(refused.value)


def test_smaller_runs_than_a_law_was_fitted_to_may_be_asked_for() -> None:
    found = designed(budget=1e17, least={"params": 1e4, "tokens": 1e6})
    assert found.n_outside(found.designs[0]) == len(found.designs[0].sizes)
