"""End a run cleanly on a signal: the batch at hand is finished, or given up after seconds."""

from __future__ import annotations

import signal
import threading
import types
from collections.abc import Callable, Sequence

GRACE_S = 3.0
SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")


class StoppedError(BaseException):
    """The batch at hand took too long after a signal; it is lost and will be made again."""


class Stopping:
    """Handles signals while a run goes on; use as a context manager.

    The first signal asks the search to end after its batch; a batch that takes longer than the
    grace is given up. What the second signal does is its owner's to say; workers end with the
    process. Only the main thread can handle signals: elsewhere nothing is handled.
    """

    def __init__(
        self,
        on_signal: Callable[[str], None],
        again: Callable[[int], None],
        signals: Sequence[str] = SIGNALS,
    ) -> None:
        """Keep what to do.

        Args:
            on_signal: Is told the name of the first signal.
            again: Is told the exit code that goes with the first signal, when a second comes.
            signals: Names of those to handle; one that this system lacks is left out.
        """
        self.received: signal.Signals | None = None
        self._on_signal = on_signal
        self._again = again
        self._names = signals
        self._before: dict[signal.Signals, object] = {}
        self._may_raise = False
        self._alarm_set = False

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
            return self
        self._may_raise = True
        for name in self._names:
            if hasattr(signal, name):
                self._install(signal.Signals[name], self._handle)
        return self

    def __exit__(self, *_: object) -> None:
        """Put the earlier handlers back."""
        self.settle()
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]

    def settle(self) -> None:
        """From here on the run is saved: nothing is given up any more."""
        self._may_raise = False
        if self._alarm_set:
            signal.setitimer(signal.ITIMER_REAL, 0.0)
            self._alarm_set = False

    def _install(
        self, number: signal.Signals, handler: Callable[[int, types.FrameType | None], None]
    ) -> None:
        self._before[number] = signal.signal(number, handler)

    def _handle(self, number: int, frame: types.FrameType | None) -> None:
        if self.received is not None:
            self._again(self.exit_code)
            return
        self.received = signal.Signals(number)
        if hasattr(signal, "setitimer") and self._may_raise:
            # Only now: whoever calls this as a library may have an alarm of their own.
            self._install(signal.Signals.SIGALRM, self._late)
            signal.setitimer(signal.ITIMER_REAL, GRACE_S)
            self._alarm_set = True
        self._on_signal(self.received.name)

    def _late(self, number: int, frame: types.FrameType | None) -> None:
        if self._may_raise:
            self._may_raise = False
            raise StoppedError
