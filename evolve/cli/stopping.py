"""Signals to a clean end: the batch at hand is finished, or given up after a few seconds."""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import sys
import threading
import types
from collections.abc import Callable

GRACE_S = 3.0
SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")
_SHOW_CURSOR = "\x1b[?25h"


class StoppedError(BaseException):
    """The batch at hand took too long after a signal; it is lost and will be made again."""


class Stopping:
    """Handles SIGINT, SIGTERM and SIGHUP while a run goes on; use as a context manager.

    The first signal asks the search to end after its batch; a batch that takes longer than the
    grace is given up. The second signal ends the process at once; workers end with it.
    """

    def __init__(self, on_signal: Callable[[str], None] = lambda name: None) -> None:
        """Keep whom to tell of the first signal."""
        self.received: signal.Signals | None = None
        self._on_signal = on_signal
        self._before: dict[signal.Signals, object] = {}
        self._may_raise = False

    @property
    def exit_code(self) -> int:
        """128 plus the signal's number; 0 without one."""
        return 0 if self.received is None else 128 + int(self.received)

    def asked(self) -> bool:
        """Whether a signal came."""
        return self.received is not None

    def __enter__(self) -> Stopping:
        """Install the handlers."""
        if threading.current_thread() is not threading.main_thread():
            return self  # only the main thread may handle signals
        self._may_raise = True
        names = [*SIGNALS, "SIGALRM"]
        for number in (getattr(signal, name) for name in names if hasattr(signal, name)):
            ours = self._late if number.name == "SIGALRM" else self._handle
            self._before[number] = signal.signal(number, ours)
        return self

    def __exit__(self, *_: object) -> None:
        """Put the earlier handlers back."""
        self.settle()
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]

    def settle(self) -> None:
        """From here on the run is saved: nothing is given up any more."""
        self._may_raise = False
        if hasattr(signal, "setitimer"):
            signal.setitimer(signal.ITIMER_REAL, 0.0)

    def _handle(self, number: int, frame: types.FrameType | None) -> None:
        if self.received is not None:
            self._stop_now()
        self.received = signal.Signals(number)
        if self.received.name == "SIGHUP":
            leave_lost_terminal()
        if hasattr(signal, "setitimer") and self._may_raise:
            signal.setitimer(signal.ITIMER_REAL, GRACE_S)
        self._on_signal(self.received.name)

    def _late(self, number: int, frame: types.FrameType | None) -> None:
        if self._may_raise:
            self._may_raise = False
            raise StoppedError

    def _stop_now(self) -> None:
        """End without tidying up; the store is a database and the workers watch this process."""
        if sys.stdout.isatty():
            os.write(1, _SHOW_CURSOR.encode())
        os._exit(self.exit_code)


def leave_lost_terminal() -> None:
    """Write to nowhere from here on what would go to a terminal that has been closed."""
    with contextlib.suppress(ImportError):  # no terminals of this kind on Windows
        import termios

        for descriptor in (1, 2):
            try:
                termios.tcgetattr(descriptor)
            except termios.error as error:
                if error.args[0] == errno.EIO:  # any other: it never was a terminal
                    nowhere = os.open(os.devnull, os.O_WRONLY)
                    os.dup2(nowhere, descriptor)
                    os.close(nowhere)
