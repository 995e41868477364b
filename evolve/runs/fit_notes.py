"""Checks of what a store keeps of fits: constants, what forecasts are made from, the choice.

A checker takes the JSON value and what it may refer to, and raises a `ValueError`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from evolve.forecast.verdict import VERDICTS
from evolve.law.bounds import Bounds, check_law
from evolve.runs import checks, limits


@dataclass(frozen=True, slots=True)
class Context:
    """What a note may refer to.

    Attributes:
        n_entries: Entries of the store.
        n_targets: Targets of the task; None where the store does not say.
        bounds: Of laws.
    """

    n_entries: int
    n_targets: int | None
    bounds: Bounds


def check_constants(what: str, value: Any, context: Context, width: int | None) -> None:
    """Constants `(t, p)` of each group as nested lists."""
    for group, table in checks.mapped(what, value, may=None).items():
        checks.text(f"{what}: group", group)
        rows = checks.listed(f"{what} of a group", table, limits.CONSTANTS)
        if context.n_targets is not None and len(rows) != context.n_targets:
            raise ValueError(f"{what} must be for {context.n_targets} targets, not {len(rows)}")
        for row in rows:
            values = checks.listed(f"{what} of a target", row, limits.CONSTANTS)
            if width is not None and len(values) != width:
                raise ValueError(f"{what} must be {width} for a target, not {len(values)}")
            checks.each(checks.number, what, values)


def check_forecast(value: Any, context: Context) -> None:
    """What forecasts are made from."""
    note = checks.mapped("forecast", value, ("n_entries", "basis"))
    checks.whole("forecast: n_entries", note["n_entries"], 0, limits.ENTRIES)
    need = ("format", "members", "spreads", "relative", "distances", "ratios", "chosen")
    forecast_model = checks.mapped("forecast", note["basis"], need)
    checks.whole("forecast: format", forecast_model["format"], 0, limits.COUNT)
    checks.truth("forecast: relative", forecast_model["relative"])
    checks.truth("forecast: chosen", forecast_model["chosen"])
    members = checks.listed("forecast: members", forecast_model["members"], limits.CONSTANTS)
    if not members:
        raise ValueError("forecast: members must hold the champion, they are empty")
    widths = [_check_member(member, context) for member in members]
    for name in ("distances", "ratios"):
        values = checks.listed(f"forecast: {name}", forecast_model[name], limits.COUNT)
        checks.each(checks.number, f"forecast: {name}", values)
    if len(forecast_model["distances"]) != len(forecast_model["ratios"]):
        raise ValueError("forecast: distances must be as many as ratios")
    groups = members[0]["constants"]
    spreads = checks.mapped("forecast: spreads", forecast_model["spreads"], groups, groups)
    if any(member["constants"].keys() != groups.keys() for member in members):
        raise ValueError("forecast: members must be of the same groups")
    for group, spread in spreads.items():
        _check_spread(spread, len(groups[group]), widths[0])


def _check_member(value: Any, context: Context) -> int:
    """The champion or a rival; its number of constants."""
    may = ("law", "program", "weight")  # versions before format 2 had no weights
    member = checks.mapped("forecast: member", value, ("index", "constants"), may)
    checks.finite("forecast: weight", member.get("weight", 1.0), 0.0, 1.0)
    checks.whole("forecast: index", member["index"], 0, context.n_entries - 1)
    width: int | None = None
    if "law" in member:
        check_law(member["law"], context.bounds)
        width = member["law"]["n_constants"]
    else:
        checks.text("forecast: program", member.get("program"), limits.PROGRAM_CHARS)
    tables = list(checks.mapped("forecast: constants", member["constants"], may=None).values())
    if width is None and tables and isinstance(tables[0], list) and tables[0]:
        width = len(checks.listed("forecast: constants", tables[0][0], limits.CONSTANTS))
    check_constants("forecast: constants", member["constants"], context, width)
    return width or 0


def _check_spread(value: Any, n_targets: int, width: int) -> None:
    """Covariances `(t, p, p)`, noise `(t,)` and cap `(t,)` of a group."""
    parts = checks.listed("forecast: spread", value, 3)
    shapes = ((n_targets, width, width), (n_targets,), (n_targets,))
    if len(parts) != len(shapes):
        raise ValueError("forecast: spread must have three parts")
    for part, shape in zip(parts, shapes, strict=True):
        _check_array("forecast: spread", part, shape)


def _check_array(what: str, value: Any, shape: tuple[int, ...]) -> None:
    """Nested lists of numbers in a shape."""
    if not shape:
        checks.number(what, value)
        return
    items = checks.listed(what, value, shape[0])
    if len(items) != shape[0]:
        raise ValueError(f"{what} must have {shape[0]} items, it has {len(items)}")
    for item in items:
        _check_array(what, item, shape[1:])


def check_choice(value: Any, context: Context) -> None:
    """The finalists of a choice."""
    note = checks.mapped("choice", value, ("n_entries", "finalists"))
    checks.whole("choice: n_entries", note["n_entries"], 0, limits.ENTRIES)
    numbers = (
        *("held_out_loss", "held_out_error", "refit_loss", "size", "against_physics"),
        "outside",
        *("disagreement", "judgement", "weight", "distance"),
    )
    for row in checks.listed("choice", note["finalists"], limits.CONSTANTS):
        need = ("index", "champion", "n_constants", "losses", *numbers)
        one = checks.mapped("choice: finalist", row, need, ("votes",))
        checks.whole("choice: votes", one.get("votes", 0), 0, limits.SEARCHES)
        checks.whole("choice: index", one["index"], 0, context.n_entries - 1)
        checks.truth("choice: champion", one["champion"])
        checks.whole("choice: n_constants", one["n_constants"], 0, limits.COUNT)
        for name in numbers:
            checks.number(f"choice: {name}", one[name])
        for name, loss in checks.mapped("choice: losses", one["losses"], may=None).items():
            checks.text("choice: fold", name)
            checks.number("choice: loss", loss)


def check_groups(value: Any, _: Context) -> None:
    """The champion's errors by group."""
    note = checks.mapped("groups", value, ("n_entries", "groups"))
    checks.whole("groups: n_entries", note["n_entries"], 0, limits.ENTRIES)
    numbers = ("error", "relative", "baseline_error")
    for row in checks.listed("groups", note["groups"], limits.COUNT):
        one = checks.mapped("groups: group", row, ("group", "n_held", "baseline", *numbers))
        for name in ("group", "baseline"):
            checks.text(f"groups: {name}", one[name])
        checks.whole("groups: n_held", one["n_held"], 0, limits.COUNT)
        for name in numbers:
            checks.number(f"groups: {name}", one[name])


def check_verdict(value: Any, _: Context) -> None:
    """What forecasts are worth."""
    note = checks.mapped("verdict", value, ("n_entries", "verdict"))
    checks.whole("verdict: n_entries", note["n_entries"], 0, limits.ENTRIES)
    numbers = ("held_out_r2", "baseline_r2", "gain", "against_physics")
    maybe = ("expected_r2", "expected_error")
    need = ("verdict", "reasons", "baseline", *numbers, *maybe)
    verdict = checks.mapped("verdict", note["verdict"], need, ("agreement",))
    more = ("agreement",) if "agreement" in verdict else ()
    checks.one_of("verdict", verdict["verdict"], VERDICTS)
    checks.text("verdict: baseline", verdict["baseline"])
    reasons = checks.listed("verdict: reasons", verdict["reasons"], limits.FOLDS)
    checks.each(checks.text, "verdict: reasons", reasons)
    for name in numbers + tuple(n for n in (*maybe, *more) if verdict[n] is not None):
        checks.number(f"verdict: {name}", verdict[name])
