"""Pilot runs are laid out before any is made, and simulation says what each design leaves open."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest

import evolve
from evolve.errors import EvolveError
from evolve.fitting.fit import fit_many
from evolve.fitting.result import Problem
from evolve.forecast.design import Designed, design_runs
from evolve.forecast.design.designed import OWN
from evolve.forecast.design.law import published, read_law, task_of
from evolve.forecast.design.optimal import make_slopes
from evolve.forecast.design.scored import in_rank
from evolve.forecast.design.simulated import score_of
from evolve.law.graph import evaluate
from evolve.law.slopes import slopes
from evolve.tasks.readers import raw_of

COST = "6*params*tokens"
POINT = (("params", "7B"), ("tokens", "2T"))
LINE = {  # in logarithms, with runs that cost less than the budget whatever they are
    "law": "A*params^-a",
    "constants": {"A": 3.0, "a": 0.1},
    "compute": "params",
    "budget": 1e12,
    "span": 1e6,
    "least": {"params": 1e7},
    "most": {"params": 1e9},
}
FORECAST, SIZE = "forecast", "best size"


def designed(**asked: Any) -> Designed:
    given = {"law": "hoffmann_2022", "compute": COST, "budget": 1e21, "narrow": dict(POINT)}
    return design_runs(**(given | {"draws": 200} | asked))


@cache
def usual() -> Designed:
    return designed(best_at="1e23")


def width(found: Designed, name: str, question: str = FORECAST) -> float:
    return found.named(name).width(question)


def test_a_larger_budget_leaves_less_open() -> None:
    # The cheapest run that may be made costs the same: runs nearer to the floor tell less.
    less, more = (
        designed(budget=budget, span=budget / 1e17, best_at=1e23, draws=100)
        for budget in (1e20, 1e22)
    )
    for name, question in (("for the forecast", FORECAST), ("for the best size", SIZE)):
        for design in (name, "isoFLOP of 5 levels"):
            assert width(more, design, question) < 0.8 * width(less, design, question)


def test_the_design_made_for_a_question_answers_it_better_than_the_usual_ones() -> None:
    found = usual()
    for name, question in (("for the forecast", FORECAST), ("for the best size", SIZE)):
        least = width(found, name, question)
        usual_ones = ("isoFLOP of 3 levels", "isoFLOP of 5 levels", "grid of sizes", "one ratio")
        assert all(width(found, other, question) > 1.1 * least for other in usual_ones)


def test_the_first_design_is_the_narrowest_of_those_that_would_show_a_wrong_law() -> None:
    first, *others = usual().designs
    narrower = [d for d in others if d.width(FORECAST) < first.width(FORECAST)]
    assert first.name == "isoFLOP, then for the forecast"
    assert first.is_checkable
    assert narrower
    assert not any(design.is_checkable for design in narrower)


def test_a_design_is_first_only_if_it_answers_at_a_fair_width_within_the_budget() -> None:
    found = usual()
    by_width = sorted(found.designs, key=lambda d: d.width(FORECAST))
    narrowest, widest = by_width[0], by_width[-1]
    silent = replace(narrowest, name="silent", scores={}, held_out_r2=0.99)
    shows = replace(widest, name="shows", held_out_r2=0.99)
    own = replace(narrowest, name=OWN, held_out_r2=0.99)
    dear = replace(own, name="dear", costs=own.costs * 1e5)
    assert not narrowest.is_checkable
    assert shows.width(FORECAST) > 3.0 * narrowest.width(FORECAST)
    ranked = in_rank([silent, dear, shows, narrowest, own], FORECAST, found.budget)
    assert [d.name for d in ranked] == [OWN, narrowest.name, "shows", "silent", "dear"]


def test_fit_judges_the_runs_of_a_design_as_its_held_out_r2_says() -> None:
    found = usual()
    for name, is_law in (("isoFLOP, then for the forecast", True), ("for the forecast", False)):
        design = found.named(name)
        y = found.trial.targets(design.sizes)[0]
        rows = {"params": design.sizes[:, 0], "tokens": design.sizes[:, 1], "loss": y}
        fitted = evolve.fit_named_law(rows, "loss", "hoffmann_2022")
        assert (fitted.held_out_r2 > 0.5) is is_law
        assert (fitted.verdict.verdict != "no law here") is is_law
        assert design.is_checkable is is_law


def test_runs_keep_to_the_budget_their_number_and_the_bounds() -> None:
    found = designed(most={"params": "1B"}, least={"params": "30M"}, runs=15, ratio=10, draws=20)
    for design in found.designs:
        assert 0.5e21 < design.costs.sum() <= 1e21 * (1 + 1e-9), design.name
        assert len(design.sizes) <= 15
        assert (design.sizes[:, 0] >= 3e7 * (1 - 1e-6)).all()
        assert (design.sizes[:, 0] <= 1e9 * (1 + 1e-6)).all()
        np.testing.assert_allclose(design.costs, np.sort(design.costs))
        np.testing.assert_allclose(design.costs, 6 * design.sizes.prod(axis=1))


def test_a_line_is_extrapolated_by_runs_at_both_ends_as_hoel_and_levine_found() -> None:
    # Four decades from the lower end to the point and two from the upper one: weights of 1 to 2.
    found = designed(**LINE, narrow={"params": 1e11}, runs=18)
    low, high = found.named("for the forecast").counted()
    assert (low[0], high[0]) == (6, 12)
    np.testing.assert_allclose([low[1][0], high[1][0]], [1e7, 1e9], rtol=1e-4)


def test_what_is_simulated_is_what_linear_theory_says_where_noise_is_small() -> None:
    found = designed(noise="0.02%", draws=400, law="E + A*params^-a + B*tokens^-b",
                     constants={"E": 1.7, "A": 400, "a": 0.34, "B": 410, "b": 0.28})  # fmt: skip
    design, law = found.named("isoFLOP of 5 levels"), found.law
    rows = slopes(law.root, design.sizes, law.values) / law.at(design.sizes)[:, None]
    direction = found.wanted[0].direction @ np.linalg.pinv(rows, rcond=1e-12)
    expected = 0.0002 * np.linalg.norm(direction)
    assert design.scores[FORECAST].spread == pytest.approx(expected, rel=0.15)
    assert abs(design.scores[FORECAST].bias) < 0.2 * expected


def test_the_best_size_is_that_of_the_closed_form() -> None:
    E, A, alpha, B, beta = published()["hoffmann_2022"]["constants"].values()
    gain = (alpha * A / (beta * B)) ** (1 / (alpha + beta))
    best = gain * (1e23 / 6) ** (beta / (alpha + beta))
    assert usual().wanted[1].central == pytest.approx(best, rel=1e-4)
    assert E > 0


def test_a_published_law_is_found_by_what_else_it_is_called() -> None:
    task = task_of(("N", "D"), "loss")
    called, named = (read_law(name, task, {}, {}) for name in ("Chinchilla", "hoffmann_2022"))
    np.testing.assert_array_equal(called.values, named.values)


@pytest.mark.parametrize("name", sorted(published()))
def test_what_is_fitted_by_a_published_name_is_the_law_of_its_formula(name: str) -> None:
    law = read_law(name, task_of(("N", "D"), "loss"), {}, {})
    grid = [[n, d] for n in np.geomspace(1e7, 1e11, 6) for d in np.geomspace(1e9, 1e13, 6)]
    x = np.array(grid)
    (fit,) = fit_many(law.candidate.law, [Problem(x, law.at(x))], law.candidate.recipe)
    values = evaluate(law.candidate.law.root, x, fit.constants)
    np.testing.assert_allclose(values, law.at(x), rtol=1e-6)
    assert law.source


def test_a_seed_repeats_and_another_one_does_not() -> None:
    first, again, other = (designed(seed=seed, draws=20) for seed in (3, 3, 4))
    assert [d.scores for d in first.designs] == [d.scores for d in again.designs]
    assert first.named("one ratio").scores != other.named("one ratio").scores
    for a, b in zip(first.designs, again.designs, strict=True):
        np.testing.assert_array_equal(a.sizes, b.sizes)


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ([(1e8 * 2**k, 1e10) for k in range(7)], "never varies tokens"),
        ([(1e9, 1e10)] * 9, "never varies params and tokens"),
        ([(1e8, 1e10), (1e9, 1e10), (1e9, 1e11)] * 3, "has fewer different runs than"),
    ],
)
def test_runs_that_cannot_tell_are_told_so_and_come_last(
    rows: list[tuple[float, float]], reason: str
) -> None:
    columns = dict(zip(("params", "tokens"), np.array(rows).T, strict=True))
    found = designed(own=raw_of(columns), best_at=1e23, draws=20)
    own = found.designs[-1]
    assert own.name == OWN
    assert own.scores == {}
    assert set(own.why_not) == {FORECAST, SIZE}
    assert all(why.startswith(reason) for why in own.why_not.values())


def test_runs_that_vary_one_size_tell_of_a_forecast_at_the_same_other_size() -> None:
    columns = {"params": 1e8 * 2.0 ** np.arange(8), "tokens": np.full(8, 1e10)}
    asked = {"params": 1e11, "tokens": 1e10}
    found = designed(own=raw_of(columns), narrow=asked, best_at=1e23, draws=20)
    assert set(found.named(OWN).scores) == {FORECAST}
    assert set(found.named(OWN).why_not) == {SIZE}


def test_answers_that_agree_on_what_is_wrong_are_not_narrow() -> None:
    question = usual().wanted[0]
    wrong = score_of(question, question.true + 5.0, 0.9, question.true)
    assert (wrong.spread, wrong.low, wrong.width) == pytest.approx((0, question.central + 5, 5))


def test_constants_that_are_uncertain_differ_between_repetitions() -> None:
    found = designed(spread={"alpha": "5%"})
    drawn = np.log(found.trial.constants / found.law.values)
    places = list(found.law.constants).index("alpha")
    assert drawn[:, places].std() == pytest.approx(0.05, rel=0.2)
    assert np.delete(drawn, places, axis=1).max() == 0
    assert np.ptp(found.wanted[0].true) > 0


def test_a_formula_is_a_law_with_its_numbers_for_constants() -> None:
    law = read_law("loss = 1.82 + 482*params^-0.348", task_of(("params",), "loss"), {}, {})
    assert law.target == "loss"
    assert dict(law.constants) == {"1.82": 1.82, "482.0": 482.0, "0.348": 0.348}
    assert law.at(np.array([[1e9]]))[0] == pytest.approx(1.82 + 482 * 1e9**-0.348)


def test_a_law_without_a_best_ratio_is_laid_out_around_that_of_the_point() -> None:
    law = {"law": "c*params^-a*tokens^-b", "constants": {"c": 20, "a": 0.05, "b": 0.06}}
    found = designed(**law, draws=20)
    assert not found.region.is_best
    np.testing.assert_allclose(found.region.centres, np.log10(2e12 / 7e9))
    with pytest.raises(EvolveError, match="has no best sizes of a compute"):
        designed(**law, narrow=None, best_at=1e23)


def test_directions_that_no_candidate_tells_of_are_left_out_of_the_coordinates() -> None:
    law = read_law("A*B*params^-a", task_of(("params",), "loss"), {"A": 2, "B": 3, "a": 0.1}, {})
    assert make_slopes(law, np.geomspace(1e7, 1e9, 9)[:, None]).basis.shape == (3, 2)


def test_of_a_target_of_which_more_is_better_the_best_size_is_where_it_is_highest() -> None:
    lost = "1.2*params^-0.1 + 0.8*tokens^-0.1"
    loss, accuracy = (
        designed(law=law, narrow=None, best_at=1e23, draws=20)
        for law in (f"loss = 0.1 + {lost}", f"accuracy = 1.0 - ({lost})")
    )
    assert accuracy.wanted[0].central == pytest.approx(loss.wanted[0].central)
    np.testing.assert_allclose(accuracy.region.centres, loss.region.centres)
    assert np.isfinite(accuracy.designs[0].width(SIZE))


def test_a_design_that_is_not_there_is_answered_with_the_nearest() -> None:
    with pytest.raises(EvolveError, match="pick: no design 'isoFLOP of 4 levels' .did you mean"):
        usual().named("isoFLOP of 4 levels")
