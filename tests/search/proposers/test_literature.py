"""Forms of the literature come out over any features as the papers write them."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis.extra.numpy import arrays
from hypothesis.strategies import floats
from small_tasks import SPACES, task_of

from evolve.bench.families import FAMILIES
from evolve.bench.recover import KNOWN
from evolve.bench.synthetic import make_case
from evolve.law.candidate import Candidate
from evolve.law.canonical import simplify
from evolve.law.graph import Law, evaluate, features_of, renumber, walk
from evolve.law.recipe import Recipe
from evolve.law.symbolic import same_form
from evolve.search.memory import search_in_memory
from evolve.search.named import named_law
from evolve.search.operators import SearchSpace
from evolve.search.problem import make_search_problem, space_of
from evolve.search.proposers.literature import named_forms, published_forms
from evolve.search.view import inward
from evolve.tasks.task import Table

PAPERS = {
    "kaplan": "power of a sum, 1 inverse",
    "valley": "valleys",
    "batch valley": "valleys",
    "experts": "exp of bilinear",
    "parallel": "multiplied scale of 0",
    "broken power": "broken power of 0",
    "mixture": "own power and linear others",
    "repeated data": "repeated 1 in 2",
    "approach": "exponential of 0",
    "decay to a floor": "exponential of 0",
    "two powers": "two powers of 0",
    "half saturation": "saturation of 0",
    "dose and answer": "steep saturation of 0",
    "ratio beside compute": "power of the product, valley of the ratio",
}


@pytest.mark.parametrize(("family", "name"), PAPERS.items(), ids=list(PAPERS))
def test_a_form_is_the_law_of_its_paper(family: str, name: str) -> None:
    task, _ = make_case(KNOWN[family], 0.001, 0)
    space = space_of(task)
    seen = re.sub(r"\d+", lambda number: str(space.columns.index(int(number[0]))), name)
    root, n_constants = renumber(published_forms(space)[seen])
    law = simplify(Law(root, n_constants, task.spec.own))
    known = inward(Candidate(KNOWN[family].law, Recipe()), space).law
    assert same_form(known, law, len(task.feature_names))


@pytest.mark.parametrize(
    ("unique", "is_part"),
    [
        ([10.0, 20.0, 30.0, 40.0, 10.0], True),
        ([1.0, 2.0, 3.0, 4.0, 1.0], True),
        ([10.0, 20.0, 31.0, 39.0, 10.0], False),
        ([10.0, 20.0, 30.0, 40.0, 50.0], False),
    ],
    ids=["of some rows all", "in another unit", "all of it in one row", "all of it everywhere"],
)
def test_a_feature_is_a_part_where_it_is_all_of_the_whole_in_several_rows(
    unique: list[float], is_part: bool
) -> None:
    task, _ = make_case(FAMILIES["hoffmann"], 0.001, 0)
    rows = np.column_stack([unique, [10.0, 20.0, 30.0, 40.0, 50.0]])
    train = Table(rows, np.ones((5, 1)), np.zeros(5, dtype=np.int64))
    space = space_of(replace(task, train=train))
    parts = [(space.columns[part], space.columns[whole]) for part, whole in space.part_of]
    assert parts == [(0, 1)] * is_part
    assert any(name.startswith("repeated") for name in published_forms(space)) == is_part


def test_every_further_pass_over_the_same_rows_is_worth_less_than_the_one_before() -> None:
    space = SearchSpace((1.0, 1.0), (True, True), 9, part_of=((0, 1),))
    root, _ = renumber(published_forms(space)["repeated 0 in 1"])
    x = np.array([[4.0, 2.0], [4.0, 4.0], [4.0, 8.0], [4.0, 400.0], [4.0, 4000.0]])
    loss = evaluate(root, x, np.array([1.0, 0.0, -1.0, 5.0]))
    assert loss[0] == pytest.approx(1.0 + 1 / 2)
    assert loss[1] == pytest.approx(1.0 + 1 / 4)
    assert loss[1] > loss[2] > loss[3]
    assert loss[3] == pytest.approx(loss[4]) == pytest.approx(1.0 + 1 / (4 * 6))


@pytest.mark.parametrize("space", SPACES.values(), ids=list(SPACES))
def test_every_constant_of_a_form_stands_once_in_it(space: SearchSpace) -> None:
    for root in published_forms(space).values():
        constants = [n.index for n in walk(root) if n.op == "const"]
        assert len(constants) == len(set(constants))
        assert features_of(root)


def test_curves_are_of_the_axes_where_a_task_has_some() -> None:
    space = SearchSpace((1.0, 1.0, 1.0), (True, True, True), 20, axes=(2,))
    curves = [name for name in published_forms(space) if name.startswith("late power")]
    assert curves == ["late power of 2"]


def test_without_axes_no_feature_has_a_valley_and_every_one_has_curves() -> None:
    names = published_forms(SearchSpace((1.0, 1.0), (True, True), 20, axes=()))
    assert "valleys" not in names
    assert {"late power of 0", "late power of 1"} <= set(names)


@pytest.mark.parametrize(
    ("most", "names"),
    [
        (13, {"valleys"}),
        (12, {f"{of}valleys along {j}" for of in ("", "product and ") for j in (0, 1)}),
    ],
)
def test_where_rows_are_too_few_for_all_axes_optima_move_with_one(
    most: int, names: set[str]
) -> None:
    space = SearchSpace((1.0,) * 4, (True,) * 4, most, axes=(0, 1))
    forms = published_forms(space)
    assert {name for name in forms if "valleys" in name} == names


def test_a_short_search_of_a_few_tuned_scales_finds_how_the_optimum_moves() -> None:
    size = np.repeat([6e7, 2e8, 6e8, 1.8e9], 15)
    rate, batch = np.tile(np.repeat([0.25, 0.5, 1.0, 2.0, 4.0], 3), 4), np.tile([0.5, 1, 2], 20)
    loss = 1.8 + 1.3 * (size / 2e8) ** -0.3 + 0.03 * np.log(rate) ** 2 + 0.02 * np.log(batch) ** 2
    best_rate, best_batch = 2e-3 * (size / 2e8) ** -0.3, 3e5 * (size / 2e8) ** 0.4
    x = np.column_stack([size, 40 * size**0.98, best_rate * rate, best_batch * batch])
    task = task_of(x, loss, max_constants=12, folds={"axes": ["a", "b"]})
    choice = search_in_memory(make_search_problem(task, 0), 64, 0)
    assert choice is not None
    law = min(choice.finalists, key=lambda finalist: finalist.refit_loss)
    assert "valleys along" in law.entry.operator
    rates = 2e-3 * 27.0**-0.3 * np.geomspace(0.5, 2.0, 41)
    rows = np.tile([5.4e9, 40 * 5.4e9**0.98, 0.0, 3e5 * 27.0**0.4], (41, 1))
    rows[:, 2] = rates
    said = law.fitted.predict(rows, ["all"] * 41).ravel()
    assert rates[np.argmin(said)] == pytest.approx(2e-3 * 27.0**-0.3, rel=0.05)


def test_the_optimum_is_found_where_data_are_no_fixed_number_of_times_the_sizes() -> None:
    size = np.repeat([6e7, 2e8, 6e8, 1.8e9], 15)
    data = 20 * size * np.repeat([1.6, 0.7, 1.3, 0.6], 15)
    rate, batch = np.tile(np.repeat([0.25, 0.5, 1.0, 2.0, 4.0], 3), 4), np.tile([0.5, 1, 2], 20)
    loss = 1.8 + 0.9 * (size / 2e8) ** -0.34 + 0.6 * (data / 4e9) ** -0.28
    loss += 0.03 * np.log(rate) ** 2 + 0.02 * np.log(batch) ** 2
    loss *= np.exp(0.001 * np.random.default_rng(0).normal(size=60))
    best_rate, best_batch = 2e-3 * (size / 2e8) ** -0.3, 3e5 * (size / 2e8) ** 0.4
    x = np.column_stack([size, data, best_rate * rate, best_batch * batch])
    task = task_of(x, loss, max_constants=12, folds={"axes": ["a", "b"]})
    choice = search_in_memory(make_search_problem(task, 0), 96, 0)
    assert choice is not None
    rates = 2e-3 * 27.0**-0.3 * np.geomspace(0.5, 2.0, 41)
    rows = np.tile([5.4e9, 20 * 5.4e9, 0.0, 3e5 * 27.0**0.4], (41, 1))
    rows[:, 2] = rates
    said = choice.champion.fitted.predict(rows, ["all"] * 41).ravel()
    assert rates[np.argmin(said)] == pytest.approx(2e-3 * 27.0**-0.3, rel=0.05)


@pytest.mark.parametrize("name", ["bounded sum of powers", "sum of late powers"])
def test_a_short_search_of_two_sizes_finds_the_plateau_that_small_runs_reach(name: str) -> None:
    size, data = (
        a.ravel() for a in np.meshgrid(np.geomspace(1e6, 1e8, 5), np.geomspace(1e4, 3e6, 6))
    )
    size, data = np.append(size, [3e8, 1e9]), np.append(data, [1e7, 5e7])
    powers = 0.5 * (size / 1e7) ** -0.5 + 0.9 * (data / 2e5) ** -0.4
    late = 0.2 * (size / 1e7 + 0.3) ** -0.5 + 0.3 * (data / 2e5 + 0.2) ** -0.4
    bounded = name == "bounded sum of powers"
    error = (0.05 + 0.9 * powers) / (1.0 + powers) if bounded else 0.05 + late
    noise = np.exp(np.random.default_rng(0).normal(0.0, 0.004, len(error)))
    x, rows = np.column_stack([size, data]), slice(30)
    choice = search_in_memory(
        make_search_problem(task_of(x[rows], (error * noise)[rows], max_constants=8), 0), 96, 0
    )
    assert choice is not None
    assert choice.champion.entry.operator == name
    said = choice.champion.fitted.predict(x[30:], ["all"] * 2).ravel()
    assert said == pytest.approx(error[30:], rel=0.05)


@pytest.mark.parametrize(("n", "is_first"), [(1, False), (2, True), (3, False)])
def test_searches_of_two_features_begin_with_laws_of_a_plateau_and_more_can_ask_for_them(
    n: int, is_first: bool
) -> None:
    plateau = {"bounded sum of powers", "sum of late powers"}
    space = SearchSpace((1.0,) * n, (True,) * n, 20)
    assert (plateau & set(published_forms(space)) == plateau) == is_first
    assert (plateau <= set(published_forms(space) | named_forms(space))) == (n > 1)


def test_a_feature_that_acts_as_it_is_has_no_power_curve() -> None:
    names = published_forms(SearchSpace((1.0,), (False,), 20))
    assert set(names) == {"power from an origin of 0", "power from an origin and floor of 0"}


@pytest.mark.parametrize(("n", "pooled", "n_first"), [(1, False, 2), (1, True, 0), (2, False, 0)])
def test_searches_of_one_feature_and_few_groups_begin_with_a_power_from_an_origin(
    n: int, pooled: bool, n_first: int
) -> None:
    space = SearchSpace((1.0,) * n, (True,) * n, 20, pooled=pooled)
    names = [name for name in published_forms(space) if name.startswith("power from an origin")]
    assert len(names) == n_first
    asked = [name for name in named_forms(space) if name.startswith("power from an origin")]
    assert len(asked) == 2 * n


def test_a_search_of_a_rating_curve_knows_the_zero_of_its_gauge() -> None:
    stage = np.linspace(0.55, 4.5, 30)
    noise = np.exp(0.02 * np.random.default_rng(1).normal(size=30))
    task = task_of(stage, 7.5 * (stage - 0.41) ** 1.8 * noise, folds={"axes": ["a"]})
    choice = search_in_memory(make_search_problem(task, 0), 96, 0)
    assert choice is not None
    asked = named_law(task, "power from an origin").candidate.law
    fits = [finalist.fitted for finalist in choice.finalists]
    law = next(fit for fit in fits if same_form(fit.candidate.law, asked, 1))
    assert law.predict(np.array([[0.405], [9.0]]), ["all"] * 2).ravel() == pytest.approx(
        [0.0, 7.5 * (9.0 - 0.41) ** 1.8], rel=0.03
    )


@pytest.mark.parametrize(("either_way", "n_first"), [(True, 2), (False, 0)])
def test_of_many_groups_searches_begin_with_a_power_from_an_origin_where_targets_may_rise(
    either_way: bool, n_first: int
) -> None:
    space = SearchSpace((1.0,), (True,), 20, pooled=True, either_way=either_way)
    names = published_forms(space)
    assert sum(name.startswith("power from an origin") for name in names) == n_first
    assert "exponential of 0" not in names


CURVES = {
    "inverse and floor of 0": (lambda x: 7.8 + 230.0 / x, 0.003),
    "saturation of 0": (lambda x: 1.6e5 * x / (38.0 + x), 0.01),
    "approach of 0": (lambda x: 40.0 * (1.0 - np.exp(-x / 90.0)), 0.01),
}


@pytest.mark.parametrize("name", CURVES)
def test_a_short_table_of_one_size_is_forecast_by_a_curve_of_two_constants(name: str) -> None:
    law, noise = CURVES[name]
    x = np.repeat(2.0 ** np.arange(8), 2)
    y = law(x) * np.exp(noise * np.random.default_rng(0).normal(size=16))
    choice = search_in_memory(make_search_problem(task_of(x, y, max_constants=5), 0), 120, 0)
    assert choice is not None
    assert choice.champion.entry.operator == name
    said = choice.champion.fitted.predict(np.array([[512.0], [1024.0]]), ["all"] * 2).ravel()
    assert said == pytest.approx(law(np.array([512.0, 1024.0])), rel=0.05)


def test_twice_as_many_features_give_no_more_forms_than_are_useful() -> None:
    few, many = (
        published_forms(SearchSpace((1.0,) * n, (True,) * n, 99, axes=(0,))) for n in (12, 24)
    )
    assert set(few) == set(many)


SURFACE = SearchSpace((1.0, 1.0, 1.0), (True, True, True), 30, axes=(1, 2))


def test_a_surface_has_a_power_of_each_axis_and_products_of_all_features() -> None:
    forms = published_forms(SURFACE)
    for n in (2, 3):
        _, n_constants = renumber(forms[f"powers and {n} products"])
        assert n_constants == 1 + 2 * len(SURFACE.axes) + n * (1 + len(SURFACE.units))
    assert "powers, valley in 0 and 2 products" in forms
    assert "powers, valley in 1 and 2 products" not in forms


@settings(max_examples=30)
@given(arrays(float, (2, 3), elements=floats(-2, 2)), arrays(float, 12, elements=floats(-2, 2)))
def test_a_sum_of_products_has_one_optimum_as_it_is_convex_in_the_logarithms(
    ends: np.ndarray, constants: np.ndarray
) -> None:
    root, _ = renumber(published_forms(SURFACE)["sum of 3 products"])
    x = np.exp(np.vstack([ends, ends.mean(axis=0)]))
    first, last, middle = evaluate(root, x, constants)
    assert middle <= (first + last) / 2 * (1 + 1e-9)


@pytest.mark.parametrize("axes", [(), (0, 1, 2)], ids=["no axes", "axes alone"])
def test_a_table_without_axes_or_without_other_features_has_no_such_surface(
    axes: tuple[int, ...],
) -> None:
    names = published_forms(SearchSpace((1.0, 1.0, 1.0), (True, True, True), 30, axes=axes))
    assert not [name for name in names if "products" in name]
