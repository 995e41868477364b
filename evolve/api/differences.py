"""Runs compared at one point, two or more, as values with data frames."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evolve.api.parts import Parts
from evolve.errors import Argument, EvolveError
from evolve.runs.picks import CHAMPION, forecast_model_of_pick
from evolve.runs.store import Store
from evolve.tasks.task import Task

if TYPE_CHECKING:
    import pandas as pd

    from evolve.forecast.difference import Difference, Saving
    from evolve.forecast.plan.cost import Cost
    from evolve.forecast.sides import Reach, Side

PARTS = ("point", "low", "high")


@dataclass(frozen=True, eq=False, repr=False)
class Comparison(Parts):
    """What two runs forecast at one point.

    Attributes:
        forecasts: ``point``, ``low`` and ``high`` of the rows ``first``, ``second`` and
            ``difference``, the first less the second; ``chance_best`` of the first two, that one
            new run of it comes out better, if the two are independent, and ``width_over_rows``,
            how wide the interval of 90 % is over the range of the target in the run's rows: where
            that is above 1, the chance says little; ``is_open``, whether nothing bounds the
            forecast; and ``untested``, the ends of the rows beyond which the point lies and that
            no fold holds out, in words joined by commas, empty where there is none.
        same: Whether the interval of the difference holds 0.
        savings: One row an axis, and one of compute: ``at``, ``crossing``, the nearest value at
            which both forecast the same, and ``factor`` with ``low`` and ``high``, how many times
            the value the second needs for what the first reaches at the point; nan where there
            is none within four decades.
        departures: What the point breaks that every training row of a run keeps to, in words.
        distances: Steps of the point outside the training rows of ``first`` and ``second``, one
            column a feature, as `Run.predict` has them.
    """

    forecasts: pd.DataFrame
    same: bool
    savings: pd.DataFrame
    departures: tuple[str, ...] = ()
    distances: pd.DataFrame | None = None


def comparison_of(difference: Difference) -> Comparison:
    """The data frames of a difference."""
    import pandas as pd

    rows = ("first", "second", "difference")
    values = [getattr(difference, name) for name in rows]
    forecasts = pd.DataFrame(values, index=list(rows), columns=list(PARTS))
    forecasts["chance_best"] = [*difference.chances, math.nan]
    widths = [reach.width_over_rows for reach in difference.reaches]
    forecasts["width_over_rows"] = [*widths, math.nan]
    forecasts["is_open"] = [*difference.is_open, any(difference.is_open)]
    forecasts["untested"] = [*(untested_words(reach) for reach in difference.reaches), ""]
    savings = pd.DataFrame([saving_row(saving) for saving in difference.savings])
    if not savings.empty:
        savings = savings.set_index("along").astype(float)
    distances = distance_frame(difference.reaches, pd.Index(rows[:2]))
    return Comparison(forecasts, difference.same, savings, difference.departures, distances)


def untested_words(reach: Reach) -> str:
    """Ends that no fold holds out, beyond which a point lies; empty where there is none."""
    return ", ".join(reach.untested)


def distance_frame(reaches: Sequence[Reach], index: pd.Index) -> pd.DataFrame:
    """Steps outside the training rows, one row a system."""
    import pandas as pd

    return pd.DataFrame([dict(reach.extrapolation_distance) for reach in reaches], index=index)


def saving_row(saving: Saving) -> dict[str, Any]:
    """A saving as a row of a data frame."""
    row = asdict(saving)
    del row["searched"]
    return row


@dataclass(frozen=True, slots=True)
class Asked:
    """What forecasts are compared at, as `compare` takes it."""

    at: Mapping[str, float]
    compute: str | None = None
    group: str | Sequence[str] | None = None
    target: str | None = None
    maximise: bool | None = None
    level: float = 0.9


def difference_of(
    folders: Sequence[Path], tasks: Sequence[Task], asked: Asked
) -> tuple[Difference, Side]:
    """Compare the forecasts of two runs; also what the first one was asked for.

    Raises:
        EvolveError: They have other features, or a name or a value is wrong.
    """
    from evolve.forecast.difference import differ

    (one, two), point, cost = sides_of(folders, tasks, asked)
    return differ(one, two, point, cost, asked.maximise), one


def sides_of(
    folders: Sequence[Path], tasks: Sequence[Task], asked: Asked
) -> tuple[tuple[Side, ...], dict[str, float], Cost | None]:
    """What is compared, the point and the cost."""
    from evolve.forecast.level import read_level
    from evolve.forecast.plan import parse_cost
    from evolve.forecast.queries import checked_point
    from evolve.forecast.sides import make_sides

    if not folders:
        raise EvolveError(Argument("runs"), ": must hold a run")
    point, text = checked_point(tasks[0], asked.at), asked.compute
    cost = None if text is None else parse_cost(text, tasks[0].feature_names)
    bases = []
    for folder, task in zip(folders, tasks, strict=True):
        with Store.open(folder, write=False) as store:
            bases.append(forecast_model_of_pick(store, task, CHAMPION))
    group, target, level = asked.group, asked.target, read_level(asked.level)
    runs = [folder.name for folder in folders]
    sides = make_sides(tasks, bases, group=group, target=target, level=level, runs=runs)
    return sides, point, cost
