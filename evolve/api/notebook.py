"""Show the progress of a run in a notebook, as one output that is drawn over itself."""

from __future__ import annotations

import html
import sys
import time
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any

from evolve.api.progress import NullProgress, Progress, facts
from evolve.evaluation.record import Entry


def in_notebook() -> bool:
    """Whether this process is a notebook's kernel."""
    if "IPython" not in sys.modules:
        return False
    from rich.console import Console

    return Console().is_jupyter


class Notebook(NullProgress):
    """A progress bar and facts in a cell's output; it needs no widgets and stays when it ends."""

    def __init__(self, stopping: Callable[[], bool] = lambda: False) -> None:
        """Prepare the output; it is drawn on entry."""
        super().__init__(stopping)
        self._phase = "starting the workers"
        self._said: list[str] = []
        self._html: Any = None
        self._handle: Any = None

    def __enter__(self) -> Notebook:
        """Draw the output for the first time."""
        # By name: IPython is no dependency, and is there where there is a notebook.
        ipython: Any = import_module("IPython.display")
        self.progress.began = time.monotonic()
        self._html = ipython.HTML
        self._handle = ipython.display(self._html(self.text()), display_id=True)
        return self

    def __exit__(self, *_: object) -> None:
        """Draw the output for the last time."""
        self._phase = "ended"
        self.show()

    def batch(self, best: Entry | None, entries: Sequence[Entry]) -> bool:
        """As for every display."""
        if not self._stopping():
            self._phase = "searching"
        return super().batch(best, entries)

    def choosing(self) -> None:
        """Change the title."""
        self._phase = "choosing the champion"
        self.show()

    def say(self, text: str) -> None:
        """Write a line below the bar."""
        self._said.append(text)
        self.show()

    def ending(self, why: str) -> None:
        """Change the title; the next drawing shows it."""
        self._phase = why

    def show(self) -> None:
        """Draw the output again."""
        if self._handle is not None:
            self._handle.update(self._html(self.text()))

    def text(self) -> str:
        """What the output shows, as HTML."""
        p, now = self.progress, time.monotonic()
        rows = "".join(
            f'<tr><td style="text-align:left;opacity:0.7">{name}</td>'
            f'<td style="text-align:left">{html.escape(value)}</td></tr>'
            for name, value in facts(p, now).items()
        )
        lines = "".join(f"<div>{html.escape(line)}</div>" for line in self._said)
        return (
            f"<div><b>{html.escape(self._phase)}</b> {_bar(p)}</div><table>{rows}</table>{lines}"
        )


def _bar(p: Progress) -> str:
    """A bar, without an end to reach where only time ends the run."""
    ends = "" if p.total is None else f' max="{p.total}" value="{p.done}"'
    return f'<progress style="width:24em;vertical-align:middle"{ends}></progress>'
