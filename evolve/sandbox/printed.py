"""Programs that the engine has printed itself: one process fits them all and predicts with them.

They hold no foreign code, so what keeps programs of others apart (a process a call, one to fit and
another to predict) would cost ten times what they compute. The process has the walls of a worker
of the fast lane, is killed at its limits and started again by the next call.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from typing import Final, Self

import numpy as np

from evolve.sandbox.gate import refusal
from evolve.sandbox.nursery import nursery
from evolve.sandbox.outcome import Limits, Outcome
from evolve.sandbox.promised import checked
from evolve.sandbox.worker import Worker

_SERVICE: Final = "evolve.sandbox.foreign_child"


class PrintedLane:
    """Runs texts that the engine has printed; use as a context manager, from one thread at a time.

    Args:
        limits: What one call may use.
        beside: Module of the workers of the fast lane: forked where they are, the process shares
            the memory of the fitter.

    Attributes:
        limits: As given.
    """

    def __init__(self, limits: Limits, beside: str) -> None:
        """Keep what to start."""
        self.limits, self._beside = limits, beside
        self._undo = ExitStack()
        self._worker: Worker | None = None

    def __enter__(self) -> Self:
        """Start the process, without waiting for it."""
        parent = self._undo.enter_context(nursery(self._beside))
        with ExitStack() as undo:
            undo.callback(self._undo.close)
            given = {"printed": True}
            self._worker = Worker(_SERVICE, given, limits=self.limits, nursery=parent)
            self._undo.callback(self._worker.close)
            self._worker.start()
            undo.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop the process."""
        self.close()

    def close(self) -> None:
        """Stop the process, which no thread may be using; twice is harmless."""
        self._undo.close()

    def stop(self) -> None:
        """End what the process is doing, for good; for any thread, at any time."""
        if self._worker is not None:
            self._worker.stop()

    def predict(
        self,
        text: str,
        X: Sequence[np.ndarray],
        Y: Sequence[np.ndarray],
        asked: Sequence[np.ndarray],
        weights: Sequence[np.ndarray] = (),
        noise: float | None = None,
    ) -> Outcome:
        """Run `fit_scaling_law` once a group, and `scaling_law_func` with the constants.

        Args:
            text: The program.
            X: `(n, F)` features of every group.
            Y: `(n,)` or `(n, T)` targets of every group.
            asked: `(m, F)` features of every group to predict.
            weights: `(n,)` what each row of every group counts in a fit by `fit_law`.
            noise: As `RowWeights.noise` of these.

        Returns:
            One array of predictions a group, finite, `(m,)` or `(m, T)`.

        Raises:
            SandboxError: The process cannot be started, is killed from outside again and again,
                or was stopped.
        """
        assert self._worker is not None, "outside of its context"
        refused = refusal(text, self.limits)
        if refused is not None:
            return refused
        meta = {"kind": "fit", "text": text, "weighted": bool(weights), "noise": noise}
        meta["predicts"] = True
        outcome = self._worker.call(meta, [*X, *Y, *weights, *asked])
        return checked(outcome, "predictions", [len(x) for x in asked])
