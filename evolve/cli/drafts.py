"""A proposed task on screen, or as JSON: columns, decisions, notes, files and next commands."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from evolve.cli.app import option_of
from evolve.errors import Remark

if TYPE_CHECKING:
    from evolve.tasks.draft import Draft

MOST_SHOWN = 100  # columns in a printed table


def columns_of(draft: Draft) -> list[dict[str, Any]]:
    """Facts and roles of the columns, features and targets first."""
    features = {f.name: f for f in draft.spec.features}
    roles = {f.name: f.role for f in draft.spec.features}
    roles |= {t.name: t.role for t in draft.spec.targets}
    order = ["feature", "target", "group", "not used"]
    facts = []
    for name, column in sorted(draft.columns.items(), key=lambda c: order.index(draft.role(c[0]))):
        feature = features.get(name)
        facts.append(
            {
                "name": name,
                "role": draft.role(name),
                "scaling_role": roles.get(name),
                "holds": column.kind,
                "blank": column.n_blank,
                "scale": feature and feature.scale,
                "unit": feature and feature.unit,
                "from": column.low,
                "median": column.median,
                "to": column.high,
                "levels": column.n_levels,
                "widest_gap": column.gap,
                "why": draft.reasons.get(name, ""),
            }
        )
    return facts


def document_of(draft: Draft, files: list[Path], commands: dict[str, str]) -> dict[str, Any]:
    """A draft as JSON values."""
    return {
        "name": draft.name,
        "folder": str(files[0].parent),
        "files": files,
        "n_train": len(draft.train),
        "n_test": len(draft.test),
        "columns": columns_of(draft),
        "groups": draft.spec.groups,
        "axes": draft.spec.folds.axes,
        "together": draft.spec.folds.together,
        "max_constants": draft.spec.max_constants,
        "decisions": [{"what": d.what, "chosen": d.chosen, "why": d.why} for d in draft.decisions],
        "notes": notes_of(draft),
        "commands": commands,
    }


def print_draft(draft: Draft, files: list[Path], commands: dict[str, str]) -> None:
    """Print what was inspected, proposed and written."""
    from evolve.cli.output import print_table, print_text

    raw = draft.raw
    print_text(f"{raw.path}: {raw.n_rows} rows, {len(raw.columns)} columns; {_counts(draft)}")
    columns = columns_of(draft)
    facts = [  # short, so that it fits 80 characters
        (
            *(c["name"], c["holds"] + (f", {c['blank']} blank" if c["blank"] else "")),
            *(_short(c[key], draft.columns[c["name"]].digits) for key in ("from", "median", "to")),
            *(c["levels"], draft.columns[c["name"]].gap_text),
        )
        for c in columns
    ]
    headings = ("column", "holds", "from", "median", "to", "levels", "widest gap")
    print_table(headings, facts[:MOST_SHOWN], names=("column",))
    # In a unit of its own a power counts; what acts as it stands, such as a year, is in ones.
    units = [None if c["scale"] == "linear" else c["unit"] for c in columns]
    roles = [
        (c["name"], _taken_for(c), c["scale"], _short(unit), c["why"])
        for c, unit in zip(columns, units, strict=True)
    ]
    print_table(
        ("column", "taken for", "scale", "unit", "why"), roles[:MOST_SHOWN], names=("column",)
    )
    if len(columns) > MOST_SHOWN:
        print(f"{len(columns) - MOST_SHOWN} more columns are not shown; task.toml holds them all")
    print_table(("decided", "", "why"), [(d.what, d.chosen, d.why) for d in draft.decisions])
    for note in notes_of(draft):
        print_text(f"note:  {note}")
    print_text(f"wrote: {', '.join(str(path) for path in files)}")
    print("edit task.toml where a guess is wrong; then")
    for what, command in commands.items():
        print(f"{what + ':':6} {command}")


def notes_of(draft: Draft) -> list[str]:
    """What the draft says, options in place of arguments."""
    notes = draft.notes
    return [note.spelled(option_of) if isinstance(note, Remark) else note for note in notes]


def _taken_for(column: dict[str, Any]) -> str:
    """What a column is in the task, and its role in a law."""
    return ", ".join(filter(None, (column["role"], column["scaling_role"])))


def _counts(draft: Draft) -> str:
    if not draft.test:
        return "all for training"
    return f"{len(draft.train)} for training (shown below), {len(draft.test)} for the test"


def _short(value: float | None, digits: int = 3) -> str | None:
    return None if value is None else f"{value:.{digits}g}"
