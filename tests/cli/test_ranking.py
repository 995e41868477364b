"""Systems of a ranking are told apart by what differs, and shortened where room is short."""

from __future__ import annotations

from typing import Any

import pytest

from evolve.cli.differences import print_difference
from evolve.cli.ranking import print_ranking
from evolve.forecast.difference import differ
from evolve.forecast.ranking import Ranking, Standing, rank
from evolve.forecast.sides import Reach, Side, make_sides
from tests.forecast.test_plan import CHINCHILLA, CONSTANTS, make_forecast_model, make_task
from tests.forecast.test_ranking import AT, along, grouped

RUNS = ["pilot_runs_of_a_long_name_with_adam-0-1", "pilot_runs_of_a_long_name_with_muon-0-1"]


def labels(capfd: pytest.CaptureFixture[str], runs: list[str], of_groups: list[Any]) -> list[str]:
    """What systems are called in the first column of a ranking."""
    task, model = grouped(("web", "a long name of a group"))
    tasks = [task if group else make_task() for group in of_groups]
    bases = [
        model if group else make_forecast_model((CHINCHILLA, CONSTANTS)) for group in of_groups
    ]
    sides = make_sides(tasks, bases, group=of_groups, target=None, level=0.9)
    systems = [{"run": r, "group": s.group} for r, s in zip(runs, sides, strict=True)]
    print_ranking(rank(sides, AT), sides, systems)
    lines = capfd.readouterr().out.partition("is forecast")[0].splitlines()
    assert all(len(line) <= 80 for line in lines)
    return sorted(line.split("  ")[0] for line in lines if line[:2] in ("1:", "2:", "3:"))


@pytest.fixture(autouse=True)
def use_80_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")


def test_runs_with_and_without_groups_keep_both_ends_of_their_names(
    capfd: pytest.CaptureFixture[str],
) -> None:
    found = labels(capfd, [RUNS[0], *RUNS], ["a long name of a group", None, None])
    assert found == ["1: pil…-1, a l…up", "2: pilot_r…am-0-1", "3: pilot_r…on-0-1"]


def test_a_run_without_groups_is_told_by_its_name_alone(
    capfd: pytest.CaptureFixture[str],
) -> None:
    assert labels(capfd, ["one", "two"], ["web", None]) == ["1: one, web", "2: two"]


def test_groups_of_one_run_are_told_by_their_names_alone(
    capfd: pytest.CaptureFixture[str],
) -> None:
    found = labels(capfd, ["one", "one"], ["web", "a long name of a group"])
    assert found[0] == "1: web"
    assert "one" not in found[1]


def test_systems_are_named_that_nothing_tests_beyond_their_rows(
    capfd: pytest.CaptureFixture[str],
) -> None:
    two = [make_side("one", []), make_side("two", ["params"])]
    said = "no fold of 1 holds out the high end of params: nothing tests the law there"
    for params, is_far in ((1e8, False), (1e12, True)):
        at = {**AT, "params": params}
        systems = [{"run": side.run, "group": side.group} for side in two]
        print_ranking(rank(two, at), two, systems)
        assert (said in " ".join(capfd.readouterr().out.split())) == is_far
        print_difference(differ(*two, at), two[0])
        assert (said in " ".join(capfd.readouterr().out.split())) == is_far


@pytest.mark.parametrize(("maximise", "first"), [(False, "1: low"), (True, "2: high")])
def test_the_best_stands_first_whichever_way_is_better(
    maximise: bool, first: str, capfd: pytest.CaptureFixture[str]
) -> None:
    lines = printed(capfd, maximise=maximise)
    assert next(line for line in lines if line[:2] in ("1:", "2:")).startswith(first)


@pytest.mark.parametrize("is_open", [(False, False), (True, False), (False, True)])
def test_a_difference_from_what_is_open_is_open(
    is_open: tuple[bool, bool], capfd: pytest.CaptureFixture[str]
) -> None:
    (behind,) = (line for line in printed(capfd, is_open=is_open) if line.startswith("2: high"))
    assert behind.split()[-1] == ("open" if any(is_open) else "1.1")


def printed(
    capfd: pytest.CaptureFixture[str],
    *,
    maximise: bool = False,
    is_open: tuple[bool, bool] = (False, False),
) -> list[str]:
    """What is printed of two systems, one at 2 and one at 3."""
    sides = [make_side(name, ["params", "tokens"]) for name in ("low", "high")]
    reach = Reach(dict.fromkeys(sides[0].task.feature_names, 0.0), 0.1, ())
    behind: list[Any] = [None, (1.0, 0.9, 1.1)]
    if maximise:
        behind = [(-1.0, -1.1, -0.9), None]
    standings = tuple(
        Standing((point, point - 0.1, point + 0.1), open_, 0.5, difference, (), reach)
        for point, open_, difference in zip((2.0, 3.0), is_open, behind, strict=True)
    )
    systems = [{"run": side.run, "group": "all"} for side in sides]
    print_ranking(Ranking(standings, int(maximise), maximise, ()), sides, systems)
    return capfd.readouterr().out.splitlines()


def make_side(run: str, axes: list[str]) -> Side:
    """A run of a task that extrapolates along axes."""
    model = make_forecast_model((CHINCHILLA, CONSTANTS))
    return Side(along(make_task(), axes), model, "all", "loss", 0.9, run)


def test_of_many_systems_that_may_be_as_good_the_first_are_named(
    capfd: pytest.CaptureFixture[str],
) -> None:
    reach = Reach({"params": 0.0, "tokens": 0.0}, 0.1, ())
    first = Standing((2.0, 1.9, 2.1), False, 0.04, None, (), reach)
    other = Standing((2.0, 1.9, 2.1), False, 0.04, (0.0, -0.1, 0.1), (), reach)
    side = make_side("one", [])
    systems = [{"run": str(i), "group": side.group} for i in range(25)]
    print_ranking(Ranking((first, *[other] * 24), 0, False, ()), [side] * 25, systems)
    said = " ".join(capfd.readouterr().out.split())
    assert "of 2, 3, 4, 5, 6," in said
    assert ", 20, 21 and 4 more that is not sure" in said
