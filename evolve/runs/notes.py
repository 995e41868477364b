"""Checks of what a store keeps besides its entries: settings, task, versions, and notes by key.

A checker takes the JSON value of a note and what it may refer to, and raises a `ValueError`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from evolve.law.bounds import Bounds, check_law, check_recipe
from evolve.runs import checks, limits
from evolve.runs.choice_notes import check_choice, check_verdict

# Keys of notes.
BUDGET: Final = "budget"
ENDING: Final = "ending"
CHOICE: Final = "choice"
FORECAST: Final = "forecast"
INHERITED: Final = "inherited"
COMPARISONS: Final = "lanes"
BROKEN: Final = "lanes broken"
SANDBOX: Final = "sandbox"
VERDICT: Final = "verdict"

RUN_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
KINDS: Final = ("champion", "size", "literature")
_ROW: Final = (
    *("kind", "name", "index", "n_constants", "score", "held_out_r2", "train_r2"),
    *("formula", "constants", "text"),
)


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


def read_note(key: str, text: object, context: Context) -> Any:
    """The JSON value of a note, which is what is kept under its key.

    A key that is not known may hold anything.

    Raises:
        ValueError: It is not.
    """
    value = checks.parsed("it", text, limits.VALUE_BYTES)
    if value is not None and key in _NOTES:
        _NOTES[key](value, context)
    return value


def check_meta(meta: Mapping[str, Any]) -> None:
    """Require that settings, task and versions are such.

    Raises:
        ValueError: They are not.
    """
    _check_settings(meta["settings"])
    task = checks.mapped("task", meta["task"], ("name", "fingerprint", "folder"), may=None)
    for name in ("name", "fingerprint"):
        checks.text(f"task: {name}", task[name])
    checks.text("task: folder", task["folder"], limits.MESSAGE_CHARS)
    if "\0" in task["folder"] or "\0" in task["name"]:
        raise ValueError("task: folder must be a path")
    for name in ("features", "targets"):
        if "features" in task or "targets" in task:
            columns = checks.listed(f"task: {name}", task.get(name), limits.CONSTANTS)
            checks.each(checks.text, f"task: {name}", columns)
            if not columns:
                raise ValueError(f"task: {name} must hold a name")
    for name, version in checks.mapped("versions", meta["versions"], may=None).items():
        checks.text("versions: name", name)
        for part in version.values() if isinstance(version, dict) else [version]:
            if not isinstance(part, bool | int | float | None):
                checks.text(f"versions: {name}", part, limits.MESSAGE_CHARS)


def _check_settings(value: Any) -> None:
    settings = checks.mapped("settings", value, may=None)
    if "seed" in settings:
        checks.whole("settings: seed", settings["seed"], 0, limits.SEED - 1)
    _check_budget({k: v for k, v in settings.items() if k in ("evaluations", "seconds")})
    names = checks.listed("settings: proposers", settings.get("proposers", []), limits.PROPOSERS)
    checks.each(checks.text, "settings: proposers", names)
    rules = checks.mapped("settings: rules", settings.get("rules", {}), may=None)
    for name, rule in rules.items():
        if isinstance(rule, list):
            checks.each(checks.text, f"settings: {name}", checks.listed(name, rule, limits.SEEDS))
        else:
            checks.text(f"settings: {name}", rule, limits.MESSAGE_CHARS)
    for seed in checks.listed("settings: seeds", settings.get("seeds", []), limits.SEEDS):
        checks.each(checks.long_text, "settings: seeds", checks.listed("seed", seed, 2))


def _check_budget(value: Any, _: Context | None = None) -> None:
    budget = checks.mapped("budget", value, may=("evaluations", "seconds"))
    if budget.get("evaluations") is not None:
        checks.whole("evaluations", budget["evaluations"], 1, limits.EVALUATIONS)
    if budget.get("seconds") is not None:
        checks.finite("seconds", budget["seconds"], 0.0, limits.SECONDS)


def _check_ending(value: Any, context: Context) -> None:
    """The table of fitted laws."""
    table = checks.mapped("table", value, ("n_entries", "chosen", "lines"))
    checks.whole("table: n_entries", table["n_entries"], 0, limits.ENTRIES)
    checks.truth("table: chosen", table["chosen"])
    for number, row in enumerate(checks.listed("table", table["lines"], limits.CONSTANTS)):
        _check_result_row(f"table: row {number}", row, context)


def _check_result_row(what: str, value: Any, context: Context) -> None:
    row = checks.mapped(what, value, _ROW, ("message", "printed"))
    checks.one_of(f"{what}: kind", row["kind"], KINDS)
    checks.text(f"{what}: name", row["name"])
    lowest = -1 if row["kind"] == "literature" else 0
    checks.whole(f"{what}: index", row["index"], lowest, context.n_entries - 1)
    checks.whole(f"{what}: n_constants", row["n_constants"], 0, limits.COUNT)
    for name in ("score", "held_out_r2", "train_r2"):
        if row[name] is not None or (name == "score" and row["kind"] != "literature"):
            checks.number(f"{what}: {name}", row[name])
    for name in ("formula", "text", "message", "printed"):
        checks.text(f"{what}: {name}", row.get(name, ""), limits.PROGRAM_CHARS)
    _check_constants(f"{what}: constants", row["constants"], context, row["n_constants"])


def _check_constants(what: str, value: Any, context: Context, width: int | None) -> None:
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


def _check_forecast(value: Any, context: Context) -> None:
    """What forecasts are made from."""
    note = checks.mapped("forecast", value, ("n_entries", "basis"))
    checks.whole("forecast: n_entries", note["n_entries"], 0, limits.ENTRIES)
    need = ("format", "members", "spreads", "relative", "distances", "ratios", "chosen")
    basis = checks.mapped("forecast", note["basis"], need)
    checks.whole("forecast: format", basis["format"], 0, limits.COUNT)
    checks.truth("forecast: relative", basis["relative"])
    checks.truth("forecast: chosen", basis["chosen"])
    members = checks.listed("forecast: members", basis["members"], limits.CONSTANTS)
    if not members:
        raise ValueError("forecast: members must hold the champion, they are empty")
    widths = [_check_member(member, context) for member in members]
    for name in ("distances", "ratios"):
        values = checks.listed(f"forecast: {name}", basis[name], limits.COUNT)
        checks.each(checks.number, f"forecast: {name}", values)
    if len(basis["distances"]) != len(basis["ratios"]):
        raise ValueError("forecast: distances must be as many as ratios")
    groups = members[0]["constants"]
    spreads = checks.mapped("forecast: spreads", basis["spreads"], groups, groups)
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
    _check_constants("forecast: constants", member["constants"], context, width)
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


def _check_comparisons(value: Any, context: Context) -> None:
    """Comparisons of the two lanes."""
    for item in checks.listed("comparisons", value, limits.COUNT):
        one = checks.mapped("comparison", item, ("index", "status", "difference"))
        checks.whole("comparison: index", one["index"], 0, context.n_entries - 1)
        checks.text("comparison: status", one["status"], limits.MESSAGE_CHARS)
        if one["difference"] is not None:
            checks.number("comparison: difference", one["difference"])


def _check_inherited(value: Any, context: Context) -> None:
    """Elites of an earlier run."""
    note = checks.mapped("inherited", value, ("run", "elites"), ("programs",))
    if not RUN_NAME.fullmatch(checks.text("inherited: run", note["run"])):
        raise ValueError(f"inherited: run must be a run's name, it is {note['run'][:40]!r}")
    for pair in checks.listed("inherited: elites", note["elites"], limits.FOLDS):
        if len(checks.listed("inherited: elite", pair, 2)) != 2:
            raise ValueError("inherited: an elite must be a law and a recipe")
        check_law(pair[0], context.bounds)
        check_recipe(pair[1])
    for text in checks.listed("inherited: programs", note.get("programs", []), limits.FOLDS):
        checks.text("inherited: program", text, limits.PROGRAM_CHARS)


def _check_sandbox(value: Any, _: Context) -> None:
    """What the sandbox could enforce."""
    note = checks.mapped("sandbox", value, may=None)
    mechanisms = checks.mapped("sandbox: mechanisms", note.get("mechanisms", {}), may=None)
    for name, answer in mechanisms.items():
        checks.text("sandbox: mechanism", name)
        checks.text(f"sandbox: {name}", answer, limits.MESSAGE_CHARS)


def _check_line(value: Any, _: Context) -> None:
    checks.text("message", value, limits.MESSAGE_CHARS)


_NOTES: Final[dict[str, Callable[[Any, Context], None]]] = {
    BUDGET: _check_budget,
    CHOICE: lambda value, context: check_choice(value, context.n_entries),
    ENDING: _check_ending,
    FORECAST: _check_forecast,
    INHERITED: _check_inherited,
    COMPARISONS: _check_comparisons,
    BROKEN: _check_line,
    SANDBOX: _check_sandbox,
    VERDICT: lambda value, _: check_verdict(value),
}
