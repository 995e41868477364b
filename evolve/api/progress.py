"""Show the progress of a run as a live panel, plain lines, or not at all."""

from __future__ import annotations

import os
import sys
import time
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, TextIO

from evolve.evaluation.record import Entry
from evolve.evaluation.requests import form_of
from evolve.forecast.words import r2_text
from evolve.printable import printable, unfiltered
from evolve.runs.formulas import formula_of
from evolve.runs.results import held_out_r2
from evolve.runs.settings import RunConfig
from evolve.runs.store import Store
from evolve.tasks.task import Task

PLAIN_EVERY_S = 5.0
RATE_WINDOW = 40
GOOD = ("ok", "screened")


@dataclass
class Progress:
    """Where a run stands.

    Attributes:
        done: Evaluations so far.
        total: Evaluations to make; None where only time ends the run.
        began: Monotonic time at which this session began.
        seconds: Seconds this session may take, if given.
        failures: Failed evaluations by status.
        best_r2: Held-out R2 of the best score so far.
        best_formula: Its formula.
        recent: Time and count of the latest batches, for the rate.
    """

    done: int = 0
    total: int | None = None
    began: float = 0.0
    seconds: float | None = None
    failures: Counter[str] = field(default_factory=Counter)
    best_r2: float | None = None
    best_formula: str = ""
    recent: deque[tuple[float, int]] = field(default_factory=lambda: deque(maxlen=RATE_WINDOW))

    def take(
        self, task: Task, best: Entry | None, statuses: Mapping[str, int], now: float
    ) -> None:
        """Count how entries ended and look at the best entry so far."""
        self.done += sum(statuses.values())
        self.failures.update({s: n for s, n in statuses.items() if s not in GOOD})
        self.recent.append((now, self.done))
        if best is not None:
            self.best_r2 = held_out_r2(best.evaluation)
            self.best_formula = formula_of(task, form_of(best))

    def rate(self) -> float | None:
        """Evaluations per second over the latest batches."""
        if len(self.recent) < 2:
            return None
        (t0, n0), (t1, n1) = self.recent[0], self.recent[-1]
        return (n1 - n0) / (t1 - t0) if t1 > t0 else None

    def left(self, now: float) -> float | None:
        """Estimated seconds until the budget is spent; None if unknown."""
        ends = []
        rate = self.rate()
        if self.total is not None and rate:
            ends.append((self.total - self.done) / rate)
        if self.seconds is not None:
            ends.append(self.began + self.seconds - now)
        return max(min(ends), 0.0) if ends else None


class NullProgress:
    """The quiet listener: it shows nothing, keeps count, and says when to stop."""

    def __init__(self, stopping: Callable[[], bool] = lambda: False) -> None:
        """Keep what says whether the run is to stop."""
        self._stopping = stopping
        self.progress = Progress()

    def __enter__(self) -> NullProgress:
        """The display itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Take the display down."""

    def began(self, store: Store, task: Task, settings: RunConfig) -> None:
        """Take note of the budget."""
        self._task = task
        self.progress.total = settings.evaluations
        self.progress.seconds = settings.seconds
        self.progress.began = time.monotonic()

    def replayed(self, best: Entry | None, statuses: Mapping[str, int]) -> None:
        """Count what the store holds already."""
        self.progress.take(self._task, best, statuses, time.monotonic())
        self.show()

    def batch(self, best: Entry | None, entries: Sequence[Entry]) -> bool:
        """Count a batch, show where the run stands, go on unless told to stop."""
        statuses = Counter(entry.evaluation.status for entry in entries)
        self.progress.take(self._task, best, statuses, time.monotonic())
        self.show()
        return not self._stopping()

    def choosing(self) -> None:
        """The search is over."""

    def say(self, text: str) -> None:
        """A line for the reader."""

    def ending(self, why: str) -> None:
        """The run was asked to end; called from a signal handler, so it may not use the stream."""

    def show(self) -> None:
        """Show where the run stands."""


class Plain(NullProgress):
    """A line every few seconds, for logs."""

    def __init__(
        self,
        stopping: Callable[[], bool] = lambda: False,
        stream: TextIO | None = None,
        every_s: float = PLAIN_EVERY_S,
    ) -> None:
        """Keep where to write and how often."""
        super().__init__(stopping)
        self._stream = stream or sys.stdout
        self._every_s = every_s
        self._last = float("-inf")

    def choosing(self) -> None:
        """Say how the search ended."""
        self._write(status_line(self.progress, time.monotonic()))
        self._write("choosing the champion on further folds")

    def say(self, text: str) -> None:
        """Write a line."""
        self._write(text)

    def ending(self, why: str) -> None:
        """Write a line past the stream's buffer, which may be half way through another line."""
        with suppress(OSError, ValueError):
            os.write(self._stream.fileno(), f"{why}\n".encode())

    def show(self) -> None:
        """Write a line, unless the last one is recent."""
        now = time.monotonic()
        if now - self._last >= self._every_s:
            self._last = now
            self._write(status_line(self.progress, now))

    def _write(self, text: str) -> None:
        print(printable(text), file=self._stream, flush=True)


class Panel(NullProgress):
    """A panel that is drawn over itself, for terminals."""

    def __init__(
        self, stopping: Callable[[], bool] = lambda: False, stream: TextIO | None = None
    ) -> None:
        """Prepare the panel; it is drawn between entry and exit."""
        from rich.console import Console
        from rich.live import Live

        super().__init__(stopping)
        self._phase = "starting the workers"
        self._live = Live(
            get_renderable=self._render,
            console=Console(file=unfiltered(stream or sys.stdout)),
            refresh_per_second=4,
            transient=True,
        )

    def __enter__(self) -> Panel:
        """Draw the panel."""
        self.progress.began = time.monotonic()
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Wipe the panel."""
        self._live.stop()

    def batch(self, best: Entry | None, entries: Sequence[Entry]) -> bool:
        """As for every display."""
        if not self._stopping():
            self._phase = "searching"
        return super().batch(best, entries)

    def ending(self, why: str) -> None:
        """Change the panel's title; the next drawing shows it."""
        self._phase = why

    def choosing(self) -> None:
        """Change the panel's title."""
        self._phase = "choosing the champion"

    def say(self, text: str) -> None:
        """Write a line above the panel."""
        self._live.console.print(printable(text), highlight=False, markup=False)

    def _render(self) -> Any:
        from rich.panel import Panel as Box
        from rich.progress_bar import ProgressBar
        from rich.table import Table
        from rich.text import Text

        p, now = self.progress, time.monotonic()
        grid = Table.grid(padding=(0, 2))
        grid.add_column(style="dim", no_wrap=True)
        grid.add_column(overflow="fold")
        share = p.done / p.total if p.total else min((now - p.began) / (p.seconds or 1.0), 1.0)
        grid.add_row("progress", ProgressBar(total=1.0, completed=share, width=40))
        for name, value in facts(p, now).items():
            grid.add_row(name, Text(printable(value)))
        return Box(grid, title=self._phase, title_align="left", expand=False)


def make_display(
    stopping: Callable[[], bool], *, hidden: bool, stream: TextIO | None = None
) -> NullProgress:
    """A panel on a terminal, lines elsewhere, nothing if hidden; on stdout, or as told."""
    if hidden:
        return NullProgress(stopping)
    stream = stream or sys.stdout
    return Panel(stopping, stream) if stream.isatty() else Plain(stopping, stream)


def facts(p: Progress, now: float) -> dict[str, str]:
    """What a display says about a run, name by name."""
    rate, left = p.rate(), p.left(now)
    total = "" if p.total is None else f" of {p.total}"
    speed = "" if rate is None else f", {rate:.1f} a second"
    failed = ", ".join(f"{n} {status}" for status, n in p.failures.most_common(5))
    return {
        "evaluations": f"{p.done}{total}{speed}",
        "time": clock(now - p.began) + ("" if left is None else f", {clock(left)} left"),
        "failures": failed or "none",
        "best held-out R2": r2_text(p.best_r2),
        "law": p.best_formula or "-",
    }


def status_line(p: Progress, now: float) -> str:
    """One line about where a run stands."""
    values = facts(p, now)
    return (
        f"{values['time']}: {values['evaluations']}; failures: {values['failures']}; "
        f"held-out R2 {values['best held-out R2']}; {values['law']}"
    )


def clock(seconds: float) -> str:
    """Seconds as ``1:02:03`` or ``2:03``."""
    whole = int(seconds)
    hours, minutes = whole // 3600, whole // 60 % 60
    return f"{hours}:{minutes:02}:{whole % 60:02}" if hours else f"{minutes}:{whole % 60:02}"
