"""End the process at once on a second signal; stop writing to a terminal that was closed."""

from __future__ import annotations

import contextlib
import errno
import os
import sys

_SHOW_CURSOR = "\x1b[?25h"


def end_now(exit_code: int) -> None:
    """End without tidying up; the store is a database and the workers watch this process."""
    if sys.stdout.isatty():
        os.write(1, _SHOW_CURSOR.encode())
    os._exit(exit_code)


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
