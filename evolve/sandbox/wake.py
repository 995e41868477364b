"""How a single-threaded process waits for its socket and for the ends of its children at once."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket


class WakingPoll:
    """A poll of descriptors that the end of a child wakes; one a process, in its main thread."""

    def __init__(self, control: socket.socket) -> None:
        """Listen on `control`, and for the ends of children."""
        self._pipe, end = os.pipe()
        os.set_blocking(self._pipe, False)
        os.set_blocking(end, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(end, warn_on_full_buffer=False)
        poll = select.poll()
        self.register, self.unregister, self._poll = poll.register, poll.unregister, poll.poll
        self.register(self._pipe, select.POLLIN)
        self.register(control, select.POLLIN)

    def events(self, timeout_ms: float | None = None) -> dict[int, int]:
        """Wait for the first event, the end of a child or the timeout.

        Returns:
            What happened, by descriptor; nothing where it was but the end of a child.
        """
        events = dict(self._poll(timeout_ms))
        if events.pop(self._pipe, None) is not None:
            with contextlib.suppress(BlockingIOError):
                os.read(self._pipe, 4096)
        return events


def forget_children() -> None:
    """Undo what a `WakingPoll` did to signals, in a process that was forked from its own."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
