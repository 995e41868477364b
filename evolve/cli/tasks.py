"""Verbs `tasks` and `data pull`: which tables there are, what is in one, how to get another."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from evolve.cli.app import Verbs, app
from evolve.cli.options import Json, TasksDirs

if TYPE_CHECKING:
    from evolve.tasks.task import Task

data = Verbs(
    help="Get the tables of tasks that do not ship.",
    epilog="Example: python -m evolve data pull moe --to data",
    no_args_is_help=True,
)
app.add_typer(data, name="data")


@app.command(epilog="Example: python -m evolve tasks data_constrained")
def tasks(
    name: Annotated[
        str | None, typer.Argument(metavar="TASK", help="Show this one: a name or a folder.")
    ] = None,
    tasks_dirs: TasksDirs = None,
    json: Json = False,
) -> None:
    """List the tasks, or show one: columns, folds, source."""
    from dataclasses import asdict

    from evolve.cli.output import print_json, print_table
    from evolve.tasks.task import list_tasks, load_task

    if name is not None:
        _show(load_task(name, tasks_dirs or ()), json=json)
        return
    listings = list_tasks(tasks_dirs or ())
    if json:
        print_json([asdict(task) for task in listings])
        return
    rows = [
        (t.name, t.n_rows, t.n_groups, "yes" if t.has_test else "no", t.problem or t.title)
        for t in listings
    ]
    print_table(("task", "training rows", "groups", "test rows", ""), rows, names=("task",))


@data.command(epilog="Example: python -m evolve data pull moe --to data")
def pull(
    name: Annotated[str, typer.Argument(metavar="TASK", help="A task that has no table here.")],
    to: Annotated[
        Path | None, typer.Option("--to", help="Folder to put it in [default: $EVOLVE_DATA_DIR].")
    ] = None,
    tasks_dirs: TasksDirs = None,
    json: Json = False,
) -> None:
    """Download a task's rows from the data set of SLDBench."""
    import os

    from evolve.cli.output import print_json
    from evolve.tasks.download import pull as fetch

    target = to or Path(os.environ.get("EVOLVE_DATA_DIR") or "data")
    paths = fetch(name, target, tasks_dirs or ())
    if json:
        print_json({"task": name, "files": paths})
        return
    for path in paths:
        print(path)
    if os.environ.get("EVOLVE_DATA_DIR") != str(target):
        print(f"to use them: export EVOLVE_DATA_DIR={target}")


def _show(task: Task, *, json: bool) -> None:
    from evolve.cli.output import print_json, print_table, print_text
    from evolve.tasks.spec import DEFAULT_CONSTANTS

    facts = describe(task)
    if json:
        print_json(facts)
        return
    print_text(f"{task.name}: {task.spec.title}")
    print()
    print_text(f"source:  {task.spec.source}")
    print_text(f"licence: {task.spec.licence}")
    if task.spec.note:
        print()
        for line in task.spec.note.strip().splitlines():
            print_text(line)
    print_table(
        ("column", "role", "scale", "unit", "from", "to", "levels", ""),
        [list(column.values()) for column in facts["columns"]],
        names=("column",),
    )
    print(f"training rows {facts['n_rows']}, groups {facts['n_groups']}", end="")
    print(f", at most {facts['max_constants'] or DEFAULT_CONSTANTS} constants a group and target")
    print_table(
        ("fold", "fitted rows", "held-out rows"), [list(fold.values()) for fold in facts["folds"]]
    )


def describe(task: Task) -> dict[str, Any]:
    """Facts of a task as JSON values; test rows are not opened."""
    from evolve.tasks.task import fingerprint

    columns = []
    for j, feature in enumerate(task.spec.features):
        column = task.train.X[:, j]
        columns.append(
            {
                **_column(feature.name, "feature", column, feature.description),
                "scale": feature.scale,
                "unit": f"{feature.unit:g}",
            }
        )
    for j, target in enumerate(task.spec.targets):
        columns.append(_column(target.name, "target", task.train.Y[:, j], target.description))
    return {
        "name": task.name,
        "folder": str(task.folder),
        "title": task.spec.title,
        "source": task.spec.source,
        "licence": task.spec.licence,
        "note": task.spec.note,
        "fingerprint": fingerprint(task),
        "n_rows": task.train.n_rows,
        "n_groups": task.n_groups,
        "groups": task.group_names,
        "max_constants": task.spec.max_constants,
        "axes": task.spec.folds.axes,
        "columns": columns,
        "folds": [
            {"name": f.name, "n_fit": len(f.fit), "n_held": len(f.held)} for f in task.folds
        ],
    }


def _column(name: str, role: str, values: Any, description: str) -> dict[str, Any]:
    return {
        "name": name,
        "role": role,
        "scale": None,
        "unit": None,
        "from": f"{values.min():g}",
        "to": f"{values.max():g}",
        "levels": len(set(values.tolist())),
        "description": description,
    }
