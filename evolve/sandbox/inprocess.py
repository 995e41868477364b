"""A service module to answers given in this very process: no walls, no process to start.

Only for what holds no foreign code, such as laws of our own grammar, and for searches so short
that starting a process would take longer than all their fits.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable, Sequence
from typing import Any, cast

import numpy as np

from evolve.sandbox.nursery import Nursery
from evolve.sandbox.outcome import Limits, Outcome, printable
from evolve.sandbox.worker_child import Service


class InProcess:
    """Answers requests as a `Worker` does, one that starts at once and keeps no limits.

    Args:
        module: Full name of the module to run; it has `init` and `handle` as in `worker_child`.
        init_meta: First argument of `init`.
        init_arrays: Second argument of `init`, float64.
        limits: How long a message may be.
        nursery: What a worker would be forked from; not asked here.
    """

    def __init__(
        self,
        module: str,
        init_meta: dict[str, Any],
        init_arrays: Sequence[np.ndarray],
        limits: Limits,
        nursery: Nursery | None = None,
    ) -> None:
        """Initialise the module."""
        self._service = cast("Service", importlib.import_module(module))
        self._state = self._service.init(_as_sent(init_meta), tuple(init_arrays))
        self._limits = limits

    def start(self) -> None:
        """Nothing is to be started."""

    def stop(self) -> None:
        """Nothing runs beside the call that a thread waits for."""

    def close(self) -> None:
        """Nothing is to be stopped."""

    def ask(self, meta: dict[str, Any]) -> Callable[[], Outcome]:
        """Take one request, as `call`; what answers it."""
        return lambda: self.call(meta)

    def call(self, meta: dict[str, Any]) -> Outcome:
        """Answer one request.

        Args:
            meta: First argument of `handle`; anything JSON can hold.

        Returns:
            The answer, or the failure of its numbers as a status. An interrupt is no failure of
            a candidate and is passed on.
        """
        try:
            with np.errstate(all="ignore"):
                reply, arrays = self._service.handle(self._state, _as_sent(meta), ())
        except (ArithmeticError, LookupError, TypeError, ValueError) as error:
            message = f"{type(error).__name__}: {error}"
            return Outcome("exception", printable(message, self._limits.message_chars))
        except MemoryError:
            return Outcome("memory", "MemoryError")
        return Outcome("ok", arrays=tuple(arrays), meta=_as_sent(reply))


def _as_sent(value: dict[str, Any]) -> dict[str, Any]:
    """What would come out at the other end of a wire."""
    copy: dict[str, Any] = json.loads(json.dumps(value))
    return copy
