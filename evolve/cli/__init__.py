"""Command-line words to verbs; the only place that prints or exits.

A verb is a function in a file of this folder: `@app.command()` of `evolve.cli.app` registers it,
and one import below loads its file. Whatever is slow to import (numpy, rich, the engine) is
imported inside the function, so that `--help` stays quick. A verb prints through
`evolve.cli.output`, raises `EvolveError` for what the user can put right (one line, exit 2),
and `typer.Exit(code)` for any other exit code.
"""

from __future__ import annotations

from evolve.cli import run  # noqa: F401  run, resume
from evolve.cli.app import app, main

__all__ = ["app", "main"]
