"""Checks of what a store keeps besides its entries: settings, task, versions, and notes by key.

A checker takes the JSON value of a note and what it may refer to, and raises a `ValueError`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from evolve.evaluation.record import ORIGINS
from evolve.law.bounds import check_law, check_recipe
from evolve.runs import checks, limits
from evolve.runs.fit_notes import (
    Context,
    check_choice,
    check_constants,
    check_forecast,
    check_groups,
    check_verdict,
)
from evolve.runs.usual import is_folder_name

# Keys of notes.
BUDGET: Final = "budget"
ENDING: Final = "ending"
CHOICE: Final = "choice"
FORECAST: Final = "forecast"
GROUPS: Final = "errors by group"
INHERITED: Final = "inherited"
LAYOUT: Final = "layout"
COMPARISONS: Final = "lanes"
BROKEN: Final = "lanes broken"
LEFT: Final = "lanes left"
MODEL_LIMITS: Final = "limits of models"
SANDBOX: Final = "sandbox"
NODES: Final = "sandboxes by machine"
VERDICT: Final = "verdict"

RUN_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
KINDS: Final = ("champion", "size", "literature")
_ROW: Final = (
    *("kind", "name", "index", "n_constants", "score", "held_out_r2", "train_r2"),
    *("formula", "constants", "text"),
)
_LATER: Final = (  # not always there
    *("message", "printed", "origin", "errors", "valued_formula", "freedom", "shared"),
)


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
    for name in ("n_seeds", "n_islands"):
        checks.whole(f"settings: {name}", settings.get(name, 1), 1, limits.SEARCHES)
    if "search_rows" in settings:
        checks.whole("settings: search_rows", settings["search_rows"], 1, limits.COUNT)
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


def _check_model_limits(value: Any, _: Context) -> None:
    """What models were last allowed."""
    allowed = checks.mapped("limits of models", value, may=("calls", "budget"))
    if allowed.get("calls") is not None:
        checks.whole("calls", allowed["calls"], 0, limits.COUNT)
    if allowed.get("budget") is not None:
        checks.finite("budget", allowed["budget"], 0.0)


def _check_ending(value: Any, context: Context) -> None:
    """The table of fitted laws."""
    table = checks.mapped("table", value, ("n_entries", "chosen", "lines"))
    checks.whole("table: n_entries", table["n_entries"], 0, limits.ENTRIES)
    checks.truth("table: chosen", table["chosen"])
    for number, row in enumerate(checks.listed("table", table["lines"], limits.CONSTANTS)):
        _check_result_row(f"table: row {number}", row, context)


def _check_result_row(what: str, value: Any, context: Context) -> None:
    row = checks.mapped(what, value, _ROW, _LATER)
    if checks.text(f"{what}: origin", row.get("origin", "")):
        checks.one_of(f"{what}: origin", row["origin"], ORIGINS)
    checks.one_of(f"{what}: kind", row["kind"], KINDS)
    checks.text(f"{what}: name", row["name"])
    lowest = -1 if row["kind"] == "literature" else 0
    checks.whole(f"{what}: index", row["index"], lowest, context.n_entries - 1)
    checks.whole(f"{what}: n_constants", row["n_constants"], 0, limits.COUNT)
    for name in ("score", "held_out_r2", "train_r2"):
        if row[name] is not None or (name == "score" and row["kind"] != "literature"):
            checks.number(f"{what}: {name}", row[name])
    for name in ("formula", "text", "message", "printed", "valued_formula"):
        checks.text(f"{what}: {name}", row.get(name, ""), limits.PROGRAM_CHARS)
    check_constants(f"{what}: constants", row["constants"], context, row["n_constants"])
    _check_errors(what, row, context)


def _check_errors(what: str, row: Any, context: Context) -> None:
    """What is told of errors of constants; versions before had none."""
    for name in ("errors", "shared"):
        if not row.get(name):
            continue
        tables = checks.mapped(f"{what}: {name}", row[name], row["constants"])
        check_constants(f"{what}: {name}", tables, context, row["n_constants"])
        if any(len(tables[group]) != len(table) for group, table in row["constants"].items()):
            raise ValueError(f"{what}: {name} must be of as many targets as constants")
    if row.get("freedom"):
        freedom = checks.mapped(f"{what}: freedom", row["freedom"], (), row["constants"])
        for left in freedom.values():
            checks.finite(f"{what}: freedom", left, 1.0)
    for table in row.get("shared", {}).values():
        for share in (share for shares in table for share in shares):
            checks.finite(f"{what}: shared", share, 0.0, 1.0)


def _check_comparisons(value: Any, context: Context) -> None:
    """Comparisons of the two lanes."""
    for item in checks.listed("comparisons", value, limits.COUNT):
        one = checks.mapped("comparison", item, ("index", "status", "difference"))
        checks.whole("comparison: index", one["index"], 0, context.n_entries - 1)
        checks.text("comparison: status", one["status"], limits.MESSAGE_CHARS)
        if one["difference"] is not None:
            checks.number("comparison: difference", one["difference"])


def _check_left(value: Any, context: Context) -> None:
    """Entries that are still to be compared."""
    for index in checks.listed("comparisons left", value, limits.COUNT):
        checks.whole("comparisons left: index", index, 0, context.n_entries - 1)


def _check_inherited(value: Any, context: Context) -> None:
    """Elites of an earlier run."""
    note = checks.mapped("inherited", value, ("run", "elites"))
    if not is_folder_name(checks.text("inherited: run", note["run"])):
        raise ValueError(f"inherited: run must be a folder's name, it is {note['run'][:40]!r}")
    for pair in checks.listed("inherited: elites", note["elites"], limits.FOLDS):
        if len(checks.listed("inherited: elite", pair, 2)) != 2:
            raise ValueError("inherited: an elite must be a law and a recipe")
        check_law(pair[0], context.bounds)
        check_recipe(pair[1])


def _check_sandbox(value: Any, _: Context) -> None:
    """What the sandbox could enforce."""
    note = checks.mapped("sandbox", value, may=None)
    mechanisms = checks.mapped("sandbox: mechanisms", note.get("mechanisms", {}), may=None)
    for name, answer in mechanisms.items():
        checks.text("sandbox: mechanism", name)
        checks.text(f"sandbox: {name}", answer, limits.MESSAGE_CHARS)


def _check_nodes(value: Any, context: Context) -> None:
    """What the sandboxes of the machines that took part could enforce."""
    for host, note in checks.mapped("machines", value, may=None).items():
        checks.text("machine", host)
        _check_sandbox(note, context)


def _check_layout(value: Any, _: Context) -> None:
    """How many entries belong to all sub-searches."""
    note = checks.mapped("layout", value, ("n_starts",))
    checks.whole("layout: n_starts", note["n_starts"], 0, limits.ENTRIES)


def _check_line(value: Any, _: Context) -> None:
    checks.text("message", value, limits.MESSAGE_CHARS)


_NOTES: Final[dict[str, Callable[[Any, Context], None]]] = {
    BUDGET: _check_budget,
    CHOICE: check_choice,
    ENDING: _check_ending,
    FORECAST: check_forecast,
    GROUPS: check_groups,
    INHERITED: _check_inherited,
    LAYOUT: _check_layout,
    MODEL_LIMITS: _check_model_limits,
    COMPARISONS: _check_comparisons,
    LEFT: _check_left,
    BROKEN: _check_line,
    SANDBOX: _check_sandbox,
    NODES: _check_nodes,
    VERDICT: check_verdict,
}
