"""Where two runs stand at one point, as text and as a JSON value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from evolve.cli.ends import (
    distance_text,
    ends_text,
    far_out,
    level_text,
    point_text,
    untested_text,
)
from evolve.cli.output import print_table, print_text
from evolve.cli.predict import print_departures
from evolve.forecast.words import NO_GUIDE
from evolve.tasks.symbols import symbols_of

if TYPE_CHECKING:
    from evolve.forecast.difference import Difference, Saving
    from evolve.forecast.sides import Reach, Side

CHANCE = "chance best"
EQUAL = 0.005  # factors nearer to 1 are no saving


def difference_document(difference: Difference, side: Side) -> dict[str, Any]:
    """The JSON value of a difference."""
    keys = ("point", "low", "high")
    rows = ("first", "second", "difference")
    values: dict[str, dict[str, Any]] = {
        name: dict(zip(keys, getattr(difference, name), strict=True)) for name in rows
    }
    for name, is_open in zip(rows, difference.is_open, strict=False):
        values[name]["is_open"] = is_open
    for name, chance in zip(rows, difference.chances, strict=False):
        values[name]["chance_best"] = chance
    for name, reach in zip(rows, difference.reaches, strict=False):
        values[name] |= asdict(reach)
    savings = [asdict(saving) for saving in difference.savings]
    of: dict[str, Any] = {"group": side.group, "target": side.target, "interval": side.level}
    of["best"] = best_is(difference.maximise)
    rest = {"departures": difference.departures, "savings": savings}
    return {**of, **values, "same": difference.same, **rest}


def print_difference(difference: Difference, side: Side) -> None:
    """Print the forecasts, their difference, and where along each axis the runs meet."""
    level = f"{level_text(side.level)} interval"
    parts = {"1": difference.first, "2": difference.second, "1 - 2": difference.difference}
    chances = [*map(chance_cell, difference.chances), None]
    is_open = [*difference.is_open, any(difference.is_open)]
    rows = [
        [name, point_text(*forecast), ends_text(*forecast[1:], is_open=open_), chance]
        for (name, forecast), chance, open_ in zip(parts.items(), chances, is_open, strict=True)
    ]
    group = f"group {side.group}" if side.task.n_groups > 1 else ""
    print_table(["run", side.target, level, CHANCE], rows, group)
    print_text(_agreement(difference, side))
    if any(is_open):
        print_text(NO_GUIDE)
    print_text(chances_are_of(side.target, difference.maximise))
    print_departures(difference.departures)
    print_reaches([side, side], difference.reaches)
    if not difference.savings:
        return
    along = [saving_cells(saving) for saving in difference.savings]
    headings = ["along", "at", "equal at", "2 needs, times", level]
    print_table(headings, along, symbols=symbols_of(side.task.feature_names))
    for saving in difference.savings:
        print_text(_crossing(saving))
    print_text(_needs(difference.savings[-1], side.target))


def print_reaches(sides: Sequence[Side], reaches: Sequence[Reach]) -> None:
    """Say how far a point lies outside the rows of systems, and which chances say little.

    Args:
        sides: The systems, or others with the same features in the same order.
        reaches: Of each.
    """
    import numpy as np

    outside: dict[str, list[int]] = {}
    steps = []
    for number, (side, reach) in enumerate(zip(sides, reaches, strict=True), 1):
        distance = [reach.extrapolation_distance[name] for name in side.task.feature_names]
        steps.append(distance)
        outside.setdefault(distance_text(side.task, distance), []).append(number)
    outside.pop("inside", None)
    for text, numbers in outside.items():
        print_text(f"outside the rows of {_listed(numbers)}: {text}")
    untested: dict[tuple[str, ...], list[int]] = {}
    for number, reach in enumerate(reaches, 1):
        untested.setdefault(reach.untested, []).append(number)
    for ends, numbers in untested.items():
        if ends:
            print_text(untested_text(ends, _listed(numbers)))
    if words := far_out(sides[0].task, np.array(steps)):
        print_text(words)
    if wide := [number for number, reach in enumerate(reaches, 1) if reach.is_wide]:
        times = max(reach.width_over_rows for reach in reaches)
        print_text(
            f"the chance of {_listed(wide)} rests on an interval wider than all its rows span in "
            f"{sides[0].target}, up to {times:.3g} times: it tells of what is not known there"
        )


def _listed(numbers: Sequence[int]) -> str:
    return ", ".join(map(str, numbers))


def best_is(maximise: bool) -> str:
    """Which forecast is the best."""
    return "highest" if maximise else "lowest"


def chance_cell(chance: float) -> str:
    """A chance to three decimals, as more of its quadrature would say nothing."""
    return f"{chance:.3f}"


def chances_are_of(target: str, maximise: bool) -> str:
    """What the chances of a table are of, and what they are made from."""
    return (
        f"{CHANCE}: that one new run of it has the {best_is(maximise)} {target}, each forecast "
        "spread as its intervals are (noise, constants, rivals) and independent of the others"
    )


def _agreement(difference: Difference, side: Side) -> str:
    if any(difference.is_open):
        return "no difference that is sure: a forecast is open"
    if difference.same:
        return f"no difference that is sure: the {level_text(side.level)} interval holds 0"
    lower = "1" if difference.difference[0] < 0 else "2"
    return f"{lower} is forecast lower in {side.target}: the interval leaves out 0"


def saving_cells(saving: Saving) -> list[object]:
    """What a saving says: along, at, equal at, times and its interval."""
    crossing, factor = _number(saving.crossing), _number(saving.factor)
    return [saving.along, f"{saving.at:.4g}", crossing, factor, _ends(saving)]


def _ends(saving: Saving) -> str:
    """The interval of the factor, which may be open to either side."""
    if saving.factor is None:
        return "-"
    if saving.low is None:
        return "any" if saving.high is None else f"{saving.high:.4g} or less"
    return f"{saving.low:.4g} " + ("or more" if saving.high is None else f"to {saving.high:.4g}")


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}"


def _crossing(saving: Saving) -> str:
    low, high = (f"{end:.4g}" for end in saving.searched)
    if saving.crossing is None:
        return f"{saving.along}: nowhere equal between {low} and {high}"
    return f"{saving.along}: equal at {saving.crossing:.4g}, looked for from {low} to {high}"


def _needs(saving: Saving, target: str) -> str:
    """What the last line says: of compute where it was given, else of the last axis."""
    if saving.factor is None:
        return (
            f"2 reaches what 1 does at the point with no {saving.along} within a factor of 10,000"
        )
    if abs(saving.factor - 1.0) < EQUAL:
        return f"2 needs as much {saving.along} as 1 for the same {target}"
    fewer, more = ("1", "2") if saving.factor >= 1 else ("2", "1")
    times = max(saving.factor, 1 / saving.factor)
    return f"{fewer} needs {times:.3g} times less {saving.along} than {more} for the same {target}"
