"""Plans of a run as data frames."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from evolve.api.parts import Parts
from evolve.runs.store import Store
from evolve.tasks.task import Task

if TYPE_CHECKING:
    import pandas as pd

    from evolve.forecast.plan import (
        Allocation,
        Level,
        NextRun,
        PerParameter,
        PlannedRuns,
        Question,
    )
    from evolve.forecast.verdict import Verdict


@dataclass(frozen=True, eq=False, repr=False)
class Plan(Parts):
    """How a budget is best spent.

    Attributes:
        best: ``budget``, the features' values, ``point``, ``low``, ``high``, and
            ``extrapolation_distance``, the steps outside the training range in the feature where
            they are most; for one release more also as ``beyond``. Where a value is to be
            reached also ``reached_at_best`` and ``reached_at_worst``, the budgets from which on
            the better and the worse end of the interval do so; nan where none does. Empty where
            there was neither a budget nor a value, only a forecast to be narrowed.
        budgets: The same for a hundredth to a hundred times the budget, one row each.
        next_runs: Runs that narrow the interval at the point `narrowed` most, each after those
            before it: ``cost``, the values of all features, those that the cost does not hold
            too, and ``then_low`` and ``then_high``, the interval that is expected then.
        outside: Whether the best run lies outside the training rows.
        together: Why the split is not to be relied on: features that move together in the rows.
        ranges: Where the best values may lie by all laws and other constants of each: one row
            a feature, ``low`` and ``high``; empty where too few laws say.
        exponents: The power of the budget with which each best value grows, over those of
            `budgets` along which the same values are at an end of their range; empty without a
            cost.
        narrowed: The point that next runs are for: the features' values, and ``point``, ``low``
            and ``high`` of its forecast now; None without a cost.
        per_parameter: ``ratio`` of tokens and parameters of the best run, ``low`` and ``high`` of
            the training rows; None where it has not one column of each.
        isoflop: Runs of nearly equal cost among the training rows, one row a level, and the size
            that is ``best`` there without a law, ``low`` and ``high`` of its range, and the best
            one by the ``law``; `evolve.forecast.plan.levels` says how.
        is_open: Whether nothing bounds the forecast of the best run.
        against_rows: What rows of the same size say against the best settings; empty where they
            do not.
        notes: What was taken for granted: in which units the cost counts, and whether more or
            less of the target is better where it is no loss.
        verdict: What the run's forecasts are worth at the best run and at `narrowed`; None where
            a law was picked or the run has no verdict.
    """

    best: pd.Series
    budgets: pd.DataFrame
    next_runs: pd.DataFrame
    outside: bool
    together: tuple[str, ...] = ()
    ranges: pd.DataFrame | None = None
    exponents: pd.Series | None = None
    narrowed: pd.Series | None = None
    per_parameter: pd.Series | None = None
    isoflop: pd.DataFrame | None = None
    is_open: bool = False
    notes: tuple[str, ...] = ()
    verdict: Verdict | None = None
    against_rows: str = ""


def plan_of(planned: PlannedRuns, verdict: Verdict | None = None) -> Plan:
    """A plan as data frames; `verdict` is that of the run."""
    import pandas as pd

    from evolve.forecast.plan import exponents, moving_together, verdict_of_plan

    best, ratio, now = planned.best, planned.per_parameter, planned.narrowed
    question, against = planned.question, planned.against_rows
    ranges = {} if best is None else dict(best.ranges)
    ends = {} if now is None else {"point": now.point, "low": now.low, "high": now.high}
    further = [{"cost": run.cost, **run.values, **_rest(run)} for run in planned.next_runs]
    return Plan(
        best=pd.Series({} if best is None else _row(best), dtype=float),
        budgets=pd.DataFrame([_row(run) for run in planned.budgets]),
        next_runs=pd.DataFrame(further),
        outside=best is not None and bool((abs(best.extrapolation_distance) > 0).any()),
        together=tuple(moving_together(question.task, question.cost.features)),
        ranges=pd.DataFrame(ranges, index=["low", "high"], dtype=float).T,
        exponents=pd.Series(exponents(planned.budgets), dtype=float),
        narrowed=None if now is None else pd.Series({**now.at, **ends}),
        per_parameter=None if ratio is None else pd.Series(asdict(ratio) | _inside(ratio)),
        isoflop=pd.DataFrame([_level_row(level) for level in planned.levels]),
        is_open=best is not None and best.is_open,
        notes=question.notes,
        verdict=verdict_of_plan(planned, verdict),
        against_rows="" if against is None else against.line(_target(question)),
    )


def _target(question: Question) -> str:
    return question.task.target_names[question.target]


def question_of(
    folder: Path,
    task: Task,
    compute: str,
    at: Mapping[str, float] | None,
    group: str | None,
    target: str | None,
    level: float,
) -> Question:
    """What is asked of a stored run's champion and rivals, for a picture.

    Raises:
        EvolveError: A name is not known, or a feature has no value.
    """
    from evolve.forecast.plan import make_question, parse_cost
    from evolve.runs.picks import CHAMPION, forecast_model_of_pick

    with Store.open(folder, write=False) as store:
        forecast_model = forecast_model_of_pick(store, task, CHAMPION)
    cost = parse_cost(compute, task.feature_names)
    return make_question(
        task,
        forecast_model,
        cost,
        group=group,
        target=target,
        fixed={} if at is None else dict(at),
        maximise=None,
        level=level,
    )


def _row(allocation: Allocation) -> dict[str, float]:
    steps = allocation.extrapolation_distance
    most = float(steps[abs(steps).argmax()])
    ends = {"point": allocation.point, "low": allocation.low, "high": allocation.high}
    distance = {"extrapolation_distance": most, "beyond": most}
    row = {"budget": allocation.budget, **allocation.values, **ends, **distance}
    if allocation.reached is not None:
        names = ("reached_at_best", "reached_at_worst")
        budgets = (float("nan") if end is None else end for end in allocation.reached)
        row |= dict(zip(names, budgets, strict=True))
    return row


def _inside(part: PerParameter | Level) -> dict[str, bool]:
    return {"inside": part.is_inside}


def _level_row(level: Level) -> dict[str, object]:
    ends = dict(zip(("smallest", "largest"), level.sizes, strict=True))
    best = {name: getattr(level, name) for name in ("best", "low", "high", "law")}
    first = {"budget": level.budget, "n_runs": level.n_runs}
    return first | dict(level.at) | ends | best | _inside(level)


def _rest(run: NextRun) -> dict[str, float]:
    then = dict(zip(("then_low", "then_high"), run.then, strict=True))
    return then | {"disagreement": run.disagreement, "noise": run.noise}
