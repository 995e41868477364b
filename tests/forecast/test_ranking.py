"""Any number of systems at one point: which leads, how surely, and by how much."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from evolve.errors import EvolveError
from evolve.forecast.chances import SHARES
from evolve.forecast.difference import differ
from evolve.forecast.model import GroupUncertainty
from evolve.forecast.plan import parse_cost
from evolve.forecast.ranking import Ranking, rank
from evolve.forecast.sides import Side, make_sides
from evolve.law.graph import Law, call, const
from evolve.tasks.task import FoldSpec, Table, Target, Task
from tests.forecast.test_plan import (
    CHINCHILLA,
    CONSTANTS,
    NAMES,
    make_forecast_model,
    make_task,
    power,
)

AT = {"params": 1e9, "tokens": 1e10}
TURNED = Law(call("add", call("add", const(0), power(1, 1, 2)), power(0, 3, 4)), 5)
NEAR = [0.0, 0.02, -0.01, 0.05]  # of the floor, to noise of 0.01


def systems(
    floors: Sequence[float], *, relative: bool = False, task: Task | None = None
) -> tuple[Side, ...]:
    """Runs of one law whose floors differ."""
    moved = [CONSTANTS + np.array([[floor, 0, 0, 0, 0]]) for floor in floors]
    bases = [replace(make_forecast_model((CHINCHILLA, c)), relative=relative) for c in moved]
    tasks = [task or make_task()] * len(bases)
    return make_sides(tasks, bases, group=None, target=None, level=0.9)


def chances(ranking: Ranking) -> list[float]:
    return [standing.chance for standing in ranking.standings]


@pytest.mark.parametrize("k", [2, 3, 5])
def test_equal_systems_have_equal_chances_and_the_first_leads(k: int) -> None:
    ranking = rank(systems([0.0] * k), AT)
    assert chances(ranking) == pytest.approx([1 / k] * k)
    assert ranking.leading == 0
    assert all(standing.same for standing in ranking.standings)


def test_the_nearer_two_systems_are_the_less_sure_is_the_better_one() -> None:
    sure = [chances(rank(systems([0.0, gap]), AT))[0] for gap in (0.0, 0.01, 0.03, 0.5)]
    assert sure[0] == pytest.approx(0.5)
    assert sure == sorted(sure)
    assert sure[-1] == pytest.approx(1.0, abs=2e-3)


@pytest.mark.parametrize("relative", [False, True])
def test_chances_are_those_of_the_intervals_of_every_level(relative: bool) -> None:
    sides = systems(NEAR, relative=relative)
    for level in (0.5, 0.9, 0.99):
        side = replace(sides[1], level=level)
        ends = side.at({name: np.array([value]) for name, value in AT.items()})
        shares = np.array([0.5 - level / 2, 0.5, 0.5 + level / 2])
        wanted = [float(part[0]) for part in (ends.low, ends.point, ends.high)]
        assert side.quantiles(AT, shares) == pytest.approx(wanted, rel=1e-6)
    random = np.random.default_rng(0)
    drawn = np.array([random.permuted(side.quantiles(AT, SHARES).repeat(40)) for side in sides])
    counted = np.bincount(drawn.argmin(axis=0), minlength=len(sides)) / drawn.shape[1]
    assert chances(rank(sides, AT)) == pytest.approx(counted, abs=0.01)


def test_the_order_of_the_systems_is_the_order_of_the_answers() -> None:
    order, cost = [2, 0, 3, 1], parse_cost("6*params*tokens", NAMES)
    ranking = rank(systems(NEAR), AT, cost)
    permuted = rank(systems([NEAR[i] for i in order]), AT, cost)
    assert order[permuted.leading] == ranking.leading == 2
    assert chances(permuted) == pytest.approx([chances(ranking)[i] for i in order], rel=1e-9)
    for standing, i in zip(permuted.standings, order, strict=True):
        assert standing == replace(ranking.standings[i], chance=standing.chance)


def test_each_is_held_against_the_leading_one_as_two_runs_are() -> None:
    sides, cost = systems(NEAR), parse_cost("6*params*tokens", NAMES)
    ranking = rank(sides, AT, cost)
    assert ranking.standings[2].difference is None
    assert ranking.standings[2].savings == ()
    pair = differ(sides[2], sides[3], AT, cost)
    other = ranking.standings[3]
    assert other.difference is not None
    assert other.difference[0] == pytest.approx(-pair.difference[0])
    assert other.savings == pair.savings
    assert other.same == pair.same


@pytest.mark.parametrize("lead", [0.0, 0.2])
def test_compute_is_of_the_columns_it_names_whichever_run_leads(lead: float) -> None:
    floors, cost = [0.1, lead], parse_cost("params**2 + 2e13*params", NAMES)
    plain = systems(floors)
    ranking = rank([plain[0], turned(plain[1])], AT, cost)
    for standing, wanted in zip(ranking.standings, rank(plain, AT, cost).standings, strict=True):
        by_name = {saving.along: saving for saving in standing.savings}
        assert by_name == {saving.along: saving for saving in wanted.savings}
    assert ranking.leading == (1 if lead < 0.1 else 0)


def turned(side: Side) -> Side:
    """The same system, of a table whose features stand the other way round."""
    task, (member,) = side.task, side.forecast_model.members
    spec = task.spec.model_copy(update={"features": task.spec.features[::-1]})
    train = replace(task.train, X=task.train.X[:, ::-1])
    model = replace(side.forecast_model, members=(replace(member, law=TURNED),))
    return replace(side, task=replace(task, spec=spec, train=train), forecast_model=model)


def test_where_more_is_better_the_highest_leads() -> None:
    lowest, highest = (rank(systems(NEAR), AT, None, said) for said in (None, True))
    assert (lowest.leading, lowest.maximise) == (2, False)
    assert (highest.leading, highest.maximise) == (3, True)
    assert np.argmax(chances(highest)) == 3
    named = make_task().spec.model_copy(update={"targets": [Target(name="accuracy")]})
    by_role = rank(systems(NEAR, task=replace(make_task(), spec=named)), AT)
    assert by_role.maximise
    assert chances(by_role) == pytest.approx(chances(highest))


def test_tasks_that_disagree_which_is_better_are_asked_about() -> None:
    roles = ("loss", "accuracy")
    targets = [[Target(name="score", role=role)] for role in roles]
    specs = [make_task().spec.model_copy(update={"targets": each}) for each in targets]
    tasks = [replace(make_task(), spec=spec) for spec in specs]
    bases = [make_forecast_model((CHINCHILLA, CONSTANTS))] * 2
    sides = make_sides(tasks, bases, group=None, target=None, level=0.9)
    with pytest.raises(EvolveError, match="differs between the tasks, maximise is to say"):
        rank(sides, AT)
    assert rank(sides, AT, None, True).maximise


def grouped(names: tuple[str, ...] = ("web", "code", "books")) -> tuple[Task, Any]:
    """A run of several groups whose floors rise from one to the next."""
    base, task = make_forecast_model((CHINCHILLA, CONSTANTS)), make_task()
    floors = {name: np.array([[0.1 * i, 0, 0, 0, 0]]) for i, name in enumerate(names)}
    constants = {name: CONSTANTS + floor for name, floor in floors.items()}
    (member,) = base.members
    spread: GroupUncertainty = base.spreads["all"]
    model = replace(
        base,
        members=(replace(member, constants=constants),),
        spreads=dict.fromkeys(names, spread),
    )
    x, y = task.train.X, task.train.Y
    group = np.repeat(np.arange(len(names)), len(x))
    table = Table(np.tile(x, (len(names), 1)), np.tile(y, (len(names), 1)), group)
    return replace(task, group_names=names, train=table), model


def test_the_groups_of_one_run_are_systems() -> None:
    task, model = grouped()
    of = {"target": None, "level": 0.9}
    sides = make_sides([task], [model], group=None, **of)  # type: ignore[arg-type]
    assert [side.group for side in sides] == ["web", "code", "books"]
    ranking = rank(sides, AT)
    assert ranking.leading == 0
    assert ranking.standings[2].difference is not None
    assert ranking.standings[2].difference[0] == pytest.approx(0.2)
    some = make_sides([task], [model], group=["books", "web"], **of)  # type: ignore[arg-type]
    assert rank(some, AT).leading == 1
    each = make_sides([task] * 2, [model] * 2, group=["web", "code"], **of)  # type: ignore[arg-type]
    assert [side.group for side in each] == ["web", "code"]


def test_how_far_the_rows_of_each_reach_is_told_of_a_point_outside_them() -> None:
    near, far = rank(systems([0.0, 0.1]), AT), rank(systems([0.0, 0.1]), {**AT, "params": 1e14})
    assert [standing.reach.extrapolation_distance for standing in near.standings] == [
        {"params": 0.0, "tokens": 0.0}
    ] * 2
    for standing in far.standings:
        assert standing.reach.extrapolation_distance["params"] > 1.0


@pytest.mark.parametrize(
    ("axes", "params", "untested"),
    [
        *(([], 1e8, ()), ([], 1e12, ("high end of params",))),
        *((["params"], 1e12, ()), (["params"], 1e5, ("low end of params",))),
        (["tokens"], 1e12, ("high end of params",)),
    ],
)
def test_a_system_is_untested_beyond_ends_that_its_folds_do_not_hold_out(
    axes: list[str], params: float, untested: tuple[str, ...]
) -> None:
    each = [replace(side, task=along(side.task, axes)) for side in systems([0.0, 0.1])]
    ranking = rank(each, {**AT, "params": params})
    assert [standing.reach.untested for standing in ranking.standings] == [untested] * 2


def along(task: Task, axes: list[str]) -> Task:
    """The same rows of a task that extrapolates along axes."""
    spec = task.spec.model_copy(update={"folds": FoldSpec(axes=axes)})
    return replace(task, spec=spec)


def test_a_chance_says_little_where_its_interval_is_wider_than_all_rows() -> None:
    (side, _), task = systems([0.0, 0.1]), make_task()
    low, high = side.quantiles(AT, np.array([0.05, 0.95]))
    for factor, is_wide in ((0.5, True), (2.0, False)):
        y = np.linspace(0.0, factor * (high - low), len(task.train.X))[:, None]
        reach = replace(side, task=replace(task, train=replace(task.train, Y=y))).reach(AT)
        assert reach.width_over_rows == pytest.approx(1.0 / factor)
        assert reach.is_wide == is_wide
    same = replace(task.train, Y=np.ones_like(task.train.Y))
    assert replace(side, task=replace(task, train=same)).reach(AT).is_wide


def test_what_is_wrong_with_one_of_several_runs_names_it() -> None:
    task, model = grouped()
    alone = make_task()
    of: dict[str, Any] = {"target": None, "level": 0.9, "runs": ["one-0-1", "two-0-1"]}
    bases = [model, make_forecast_model((CHINCHILLA, CONSTANTS))]
    with pytest.raises(EvolveError, match="group: must be all in run 'two-0-1', it is 'web'"):
        make_sides([task, alone], bases, group="web", **of)
    with pytest.raises(EvolveError, match="one of web, code, books in run 'one-0-1'$"):
        make_sides([task, alone], bases, group=None, **of)
    fewer = alone.spec.model_copy(update={"features": alone.spec.features[:1]})
    short = replace(alone, spec=fewer, train=replace(alone.train, X=alone.train.X[:, :1]))
    with pytest.raises(EvolveError, match="in run 'one-0-1' and params in run 'two-0-1'"):
        make_sides([task, short], bases, group=["web", "all"], **of)
    sides = make_sides([task, alone], bases, group=["web", "all"], **of)
    with pytest.raises(EvolveError, match="no law of run 'one-0-1' is defined at params=-1"):
        rank(sides, {**AT, "params": -1.0})


WRONG: list[tuple[int, Any, str]] = [
    (1, "web", "needs another run, or a run of several groups"),
    (1, ["web", "cod"], "group: must be one of web, code, books, it is 'cod'"),
    (1, ["web", "code", "web"], "group: 'web' is given twice"),
    (2, None, "group: must be one of web, code, books"),
    (2, ["web", "code", "web"], "group: must be one of all 2 runs or one a run, they are 3"),
]


@pytest.mark.parametrize(("n_runs", "group", "words"), WRONG)
def test_what_cannot_be_compared_is_refused(n_runs: int, group: Any, words: str) -> None:
    task, model = grouped()
    with pytest.raises(EvolveError, match=words):
        make_sides([task] * n_runs, [model] * n_runs, group=group, target=None, level=0.9)
