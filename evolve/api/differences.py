"""Two runs compared at one point, as a value with data frames."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from evolve.runs.picks import CHAMPION, forecast_model_of_pick
from evolve.runs.store import Store
from evolve.tasks.task import Task

if TYPE_CHECKING:
    import pandas as pd

    from evolve.forecast.difference import Difference
    from evolve.forecast.sides import Side


@dataclass(frozen=True, eq=False)
class Comparison:
    """What two runs forecast at one point.

    Attributes:
        forecasts: ``point``, ``low`` and ``high`` of the rows ``first``, ``second`` and
            ``difference``, the first less the second.
        same: Whether the interval of the difference holds 0.
        savings: One row an axis, and one of compute: ``at``, ``crossing``, the nearest value at
            which both forecast the same, and ``factor`` with ``low`` and ``high``, how many times
            the value the second needs for what the first reaches at the point; nan where there
            is none within four decades.
        departures: What the point breaks that every training row of a run keeps to, in words.
    """

    forecasts: pd.DataFrame
    same: bool
    savings: pd.DataFrame
    departures: tuple[str, ...] = ()


def comparison_of(difference: Difference) -> Comparison:
    """The data frames of a difference."""
    import pandas as pd

    rows = ("first", "second", "difference")
    values = [getattr(difference, name) for name in rows]
    forecasts = pd.DataFrame(values, index=list(rows), columns=["point", "low", "high"])
    savings = pd.DataFrame([asdict(saving) for saving in difference.savings])
    if not savings.empty:
        savings = savings.drop(columns="searched").set_index("along").astype(float)
    return Comparison(forecasts, difference.same, savings, difference.departures)


def difference_of(
    folders: Sequence[Path],
    tasks: Sequence[Task],
    at: Mapping[str, float],
    compute: str | None = None,
    *,
    group: str | None = None,
    target: str | None = None,
    level: float = 0.9,
) -> tuple[Difference, Side]:
    """Compare the forecasts of two runs; also what the first one was asked for.

    Raises:
        EvolveError: They have other features, or a name or a value is wrong.
    """
    from evolve.forecast.difference import differ
    from evolve.forecast.plan import parse_cost
    from evolve.forecast.queries import checked_point
    from evolve.forecast.sides import make_sides

    point = checked_point(tasks[0], at)
    cost = None if compute is None else parse_cost(compute, tasks[0].feature_names)
    bases = []
    for folder, task in zip(folders, tasks, strict=True):
        with Store.open(folder, write=False) as store:
            bases.append(forecast_model_of_pick(store, task, CHAMPION))
    sides = make_sides(tasks, bases, group=group, target=target, level=level)
    return differ(*sides, point, cost), sides[0]
