"""Where several systems stand at one point, as text and as a JSON value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from evolve.cli.differences import (
    CHANCE,
    best_is,
    chance_cell,
    chances_are_of,
    print_reaches,
    saving_cells,
)
from evolve.cli.ends import ends_text, level_text, point_text
from evolve.cli.output import print_table, print_text
from evolve.cli.predict import print_departures
from evolve.cli.table import PARTED
from evolve.forecast.words import NO_GUIDE
from evolve.tasks.symbols import symbols_of

if TYPE_CHECKING:
    from evolve.forecast.ranking import Ranking
    from evolve.forecast.sides import Side

KEYS = ("point", "low", "high")
MOST_NAMED = 20  # systems in a sentence; the table has all


def ranking_document(
    ranking: Ranking, sides: Sequence[Side], systems: Sequence[Mapping[str, str]]
) -> dict[str, Any]:
    """The JSON value of a ranking."""
    side = sides[0]
    each = [
        {
            **of,
            **dict(zip(KEYS, standing.forecast, strict=True)),
            "is_open": standing.is_open,
            "chance_best": standing.chance,
            "behind": None
            if standing.difference is None
            else dict(zip(KEYS, standing.difference, strict=True)),
            "same": standing.same,
            **asdict(standing.reach),
            "savings": [asdict(saving) for saving in standing.savings],
        }
        for of, standing in zip(systems, ranking.standings, strict=True)
    ]
    return {
        **{"target": side.target, "interval": side.level, "best": best_is(ranking.maximise)},
        "leading": ranking.leading + 1,
        "departures": ranking.departures,
        "systems": each,
    }


def print_ranking(
    ranking: Ranking, sides: Sequence[Side], systems: Sequence[Mapping[str, str]]
) -> None:
    """Print the forecasts, the best first, and where each meets the leading system."""
    side, names = sides[0], _names_of(systems, sides)
    level = f"{level_text(side.level)} interval"
    sign = -1.0 if ranking.maximise else 1.0
    order = sorted(range(len(names)), key=lambda i: sign * ranking.standings[i].forecast[0])
    rows = []
    for i in order:
        standing = ranking.standings[i]
        point, low, high = standing.forecast
        said = ends_text(low, high, is_open=standing.is_open)
        own = [names[i], point_text(point, low, high), said, chance_cell(standing.chance)]
        either = standing.is_open or ranking.standings[ranking.leading].is_open
        rows.append([*own, *_behind(standing.difference, is_open=either)])
    headings = ["system", side.target, level, CHANCE, "behind", f"{level} of it"]
    print_table(headings, rows, names=["system"])
    print_text(_lead(ranking, side))
    if any(standing.is_open for standing in ranking.standings):
        print_text(NO_GUIDE)
    print_text(chances_are_of(side.target, ranking.maximise))
    print_departures(ranking.departures)
    print_reaches(sides, [standing.reach for standing in ranking.standings])
    along = [
        [names[i], *saving_cells(saving), f"{saving.searched[0]:.4g} to {saving.searched[1]:.4g}"]
        for i in order
        for saving in ranking.standings[i].savings
    ]
    if along:
        headings = ["system", "along", "at", "equal at", "needs, times", level, "looked at"]
        leader = f"{ranking.leading + 1}, the leading one, "
        reached = f"what each needs for the {side.target} that {leader}is forecast to reach there"
        title = f"{reached}, and where both are equal"
        symbols = symbols_of(side.task.feature_names)
        print_table(headings, along, title, names=["system"], symbols=symbols)


def _names_of(systems: Sequence[Mapping[str, str]], sides: Sequence[Side]) -> list[str]:
    """A number each, with what tells systems apart: run, or group of a run that has several."""
    is_one_run = len({of["run"] for of in systems}) == 1
    names = []
    for i, (of, side) in enumerate(zip(systems, sides, strict=True), 1):
        run = [] if is_one_run and side.task.n_groups > 1 else [of["run"]]
        group = [of["group"]] if side.task.n_groups > 1 else []
        names.append(f"{i}: {PARTED.join([*run, *group])}")
    return names


def _behind(difference: tuple[float, float, float] | None, *, is_open: bool) -> list[str | None]:
    if difference is None:
        return [None, None]
    point, *ends = difference
    return [f"{point:.4g}", ends_text(*ends, is_open=is_open, digits=4)]


def _lead(ranking: Ranking, side: Side) -> str:
    """Which system leads, and which may be as good."""
    as_good = [
        str(number)
        for number, standing in enumerate(ranking.standings, 1)
        if standing.same and standing.difference is not None
    ]
    leader = f"{ranking.leading + 1} is forecast {best_is(ranking.maximise)} in {side.target}"
    if any(standing.is_open for standing in ranking.standings):
        return f"{leader}; of what is open nothing is sure"
    level = f"{level_text(side.level)} interval of"
    if not as_good:
        return f"{leader}: the {level} every difference from it leaves out 0"
    more = len(as_good) - MOST_NAMED
    listed = ", ".join(as_good[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
    return f"{leader}; of {listed} that is not sure: the {level} the difference holds 0"
