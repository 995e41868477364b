"""Any number of runs, or the groups of one, compared at one point, as a value with data frames."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from evolve.api.answers import RunAnswers
from evolve.api.differences import (
    PARTS,
    Asked,
    distance_frame,
    saving_row,
    sides_of,
    untested_words,
)
from evolve.api.parts import Parts
from evolve.arguments import checked
from evolve.tasks.task import Task

if TYPE_CHECKING:
    import pandas as pd

    from evolve.forecast.ranking import Ranking
    from evolve.forecast.sides import Side

BEHIND = ("behind", "behind_low", "behind_high")


@dataclass(frozen=True, eq=False, repr=False)
class Systems(Parts):
    """What several systems, runs or groups of one, forecast at one point.

    Attributes:
        forecasts: One row a system, by its number from 1: ``run``, ``group``, ``point``, ``low``,
            ``high``; ``chance_best``, that of one new run of each its own comes out best, if they
            are independent; ``behind`` with ``behind_low`` and ``behind_high``, its forecast less
            that of the leading system; ``same``, whether that interval holds 0; and
            ``width_over_rows``, ``is_open`` and ``untested``, as of `Comparison`.
        leading: Number of the system whose forecast is best.
        savings: As of `Comparison`, by system and axis: what each needs for what the leading one
            reaches.
        departures: What the point breaks that every training row of a system keeps to, in words.
        distances: Steps of the point outside the training rows by system and feature.
    """

    forecasts: pd.DataFrame
    leading: int
    savings: pd.DataFrame
    departures: tuple[str, ...] = ()
    distances: pd.DataFrame | None = None


@checked
def compare(
    runs: Sequence[RunAnswers],
    at: Mapping[str, float],
    *,
    compute: str | None = None,
    group: str | Sequence[str] | None = None,
    target: str | None = None,
    maximise: bool | None = None,
    interval: float = 0.9,
) -> Systems:
    """Say which of several systems is best at a point, how surely and by how much.

    Args:
        runs: Runs with the same features, or one run whose groups are compared.
        at: A value of every feature.
        compute: What a run costs, such as ``6*params*tokens``: also say what one saves of it.
        group: The group of all runs, or one a run; not needed where each has one. Of a single run
            the groups to compare; all of them if not given.
        target: The target; not needed where there is one in common.
        maximise: Whether more is better; if not given, what the target's role says.
        interval: Share of runs that the intervals are to hold.

    Raises:
        EvolveError: The features differ, or a name or a value is wrong.
    """
    asked = Asked(at, compute, group, target, maximise, interval)
    ranking, sides = ranked([run.folder for run in runs], [run.task for run in runs], asked)
    names = [run.folder.name for run in runs]
    return ranking_of(ranking, systems_of(names, sides))


def ranked(
    folders: Sequence[Path], tasks: Sequence[Task], asked: Asked
) -> tuple[Ranking, tuple[Side, ...]]:
    """Compare the forecasts of any number of runs, or of the groups of one; also the systems.

    Raises:
        EvolveError: They have other features, or a name or a value is wrong.
    """
    from evolve.forecast.ranking import rank

    sides, point, cost = sides_of(folders, tasks, asked)
    return rank(sides, point, cost, asked.maximise), sides


def systems_of(names: Sequence[str], sides: Sequence[Side]) -> list[dict[str, str]]:
    """Run and group of each system.

    Args:
        names: Of the runs; of one run, whose groups are compared, its name alone.
        sides: The systems.
    """
    runs = [*names] * (len(sides) if len(names) == 1 else 1)
    return [{"run": n, "group": s.group} for n, s in zip(runs, sides, strict=True)]


def ranking_of(ranking: Ranking, systems: Sequence[Mapping[str, str]]) -> Systems:
    """The data frames of a ranking.

    Args:
        ranking: What the systems forecast.
        systems: Run and group of each.
    """
    import pandas as pd

    numbers = pd.Index(range(1, len(systems) + 1), name="system")
    rows = [
        {
            **of,
            **dict(zip(PARTS, standing.forecast, strict=True)),
            "chance_best": standing.chance,
            **dict(zip(BEHIND, standing.difference or (0.0, 0.0, 0.0), strict=True)),
            "same": standing.same,
            "width_over_rows": standing.reach.width_over_rows,
            "is_open": standing.is_open,
            "untested": untested_words(standing.reach),
        }
        for of, standing in zip(systems, ranking.standings, strict=True)
    ]
    savings = [
        {"system": number, **saving_row(saving)}
        for number, standing in zip(numbers, ranking.standings, strict=True)
        for saving in standing.savings
    ]
    frame = pd.DataFrame(savings)
    return Systems(
        pd.DataFrame(rows, index=numbers),
        ranking.leading + 1,
        frame if frame.empty else frame.set_index(["system", "along"]).astype(float),
        ranking.departures,
        distance_frame([standing.reach for standing in ranking.standings], numbers),
    )
