"""The command line, its verbs in one file each; the only place that prints or exits.

A verb is a function in a file of this folder: `@app.command()` of `evolve.cli.app` registers it
(a group of verbs is a `typer.Typer` of its own, given to `app.add_typer`), and one name in
`VERBS` below loads its file. Whatever is slow to import (numpy, rich, the engine) is imported
inside the function, so that `--help` stays quick. A verb prints through `evolve.cli.output`,
raises `EvolveError` for what the user can put right (one line on stderr, exit 2), and
`typer.Exit(code)` for any other exit code.
"""

from __future__ import annotations

from importlib import import_module

from evolve.cli.app import app, main

__all__ = ["app", "main"]

# Files of verbs, in the order in which the help lists them.
VERBS = (
    "run",  # run, resume
    "runs",  # runs, show
    "batch",
    "score",
    "report",
    "dashboard",
    "export",
    "bundle",  # pack, unpack
    "predict",
    "plan",
    "verify",
    "query",
    "compare",
    "fit",
    "design",
    "new_task",
    "tasks",  # tasks, data pull
    "bench",
    "nested",  # bench nested, bench ablate
    "choice_rules",  # bench choice
    "proposers",  # bench proposers
    "metamorphic",  # bench metamorphic
    "coverage",  # bench coverage
    "unseen",  # bench unseen
    "budget",  # bench budget
    "doctor",
)

for _name in VERBS:
    import_module(f"evolve.cli.{_name}")
