"""Guard what the command line prints to a terminal, a pipe or a log."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

from evolve.printable import PrintableStream, unfiltered


@contextmanager
def guarded_output() -> Iterator[None]:
    """Let only printable text through to stdout and stderr, and no arithmetic to a terminal.

    Warnings of arithmetic (numpy's overflows) say nothing that a user can act on: a terminal does
    not get them. Where stderr is a log, each is one line of it.
    """
    before = sys.stdout, sys.stderr
    sys.stdout = cast("Any", PrintableStream(unfiltered(sys.stdout)))
    sys.stderr = cast("Any", PrintableStream(unfiltered(sys.stderr)))
    try:
        with warnings.catch_warnings():
            warnings.showwarning = _show_instead_of(warnings.showwarning)
            yield
    finally:
        sys.stdout, sys.stderr = before


def _show_instead_of(others: Any) -> Any:
    """A `warnings.showwarning` for arithmetic; all other warnings go to `others`."""

    def show(
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: Any = None,
        line: str | None = None,
    ) -> None:
        if file is not None or not issubclass(category, RuntimeWarning):
            others(message, category, filename, lineno, file, line)
        elif not sys.stderr.isatty():
            text = " ".join(str(message).split())
            print(f"evolve: warning: {text} ({Path(filename).name}:{lineno})", file=sys.stderr)

    return show
