"""Any program text and its rows to constants and predictions: the foreign lane.

Each call runs in a process of its own, forked for it and locked down: one to fit, another to
predict, so that only the constants travel between them and nothing that a program learnt, stored
or patched reaches the next. Where processes cannot be forked, each call gets a fresh interpreter.
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Sequence
from typing import Any

import numpy as np

from evolve.errors import Argument, SandboxError
from evolve.sandbox.forks import Zygotes
from evolve.sandbox.gate import refusal
from evolve.sandbox.lockdown import shield_engine
from evolve.sandbox.oneshot import OneShots
from evolve.sandbox.outcome import Limits, Outcome
from evolve.sandbox.probe import SandboxReport, read_report
from evolve.sandbox.promised import checked, compared, random_batches


class ForeignLane:
    """Runs program texts, one throw-away process a call; any number of threads may share it.

    The first call shields the engine's memory (see `lockdown.shield_engine`), for good.

    Args:
        limits: What one call may use.
        gate: Whether to refuse, before any process, text that breaks the static rules.
        without: Mechanisms to leave out, for tests and tables.
        fork: Whether to fork from a preloaded process; `None` is wherever that is safe.
        allow_weak: Whether to run programs where the sandbox is weak (see `report`).
    """

    def __init__(
        self,
        limits: Limits | None = None,
        gate: bool = True,
        without: Collection[str] = (),
        fork: bool | None = None,
        allow_weak: bool = False,
    ) -> None:
        """Keep what to start; the processes start on entry or with the first call."""
        self.limits = limits or Limits()
        self._gate = gate
        self._shield = "not dumpable" not in without
        self._allow_weak = allow_weak
        self._level = ""
        self._fork = sys.platform.startswith("linux") if fork is None else fork
        self._runner: Zygotes | OneShots = OneShots(self.limits, without)
        if self._fork:
            self._runner = Zygotes(self.limits, without)

    def __enter__(self) -> ForeignLane:
        """Start the processes, without waiting for them."""
        self._runner.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop the processes."""
        self.close()

    def close(self, *, for_good: bool = False) -> None:
        """Kill every process of this lane; `for_good` also for threads that run more programs."""
        self._runner.close(for_good=for_good)

    def report(self) -> SandboxReport:
        """Return which walls stand around the programs of this lane.

        Raises:
            SandboxError: No process can be started.
        """
        return read_report(self._runner.wait_until_ready(), self._fork)

    @property
    def pid(self) -> int | None:
        """Process id of what this lane keeps running, `None` while nothing does."""
        return self._runner.pid

    def fit(
        self,
        text: str,
        X: Sequence[np.ndarray],
        Y: Sequence[np.ndarray],
        weights: Sequence[np.ndarray] = (),
        noise: float | None = None,
    ) -> Outcome:
        """Run `fit_scaling_law` once a group.

        Args:
            text: The program.
            X: `(n, F)` features of every group.
            Y: `(n,)` or `(n, T)` targets of every group.
            weights: `(n,)` what each row of every group counts in a fit by `fit_law`.
            noise: As `RowWeights.noise` of these.

        Returns:
            One array of constants a group, finite, `(P,)` or `(T, P)`.
        """
        meta = {"kind": "fit", "text": text, "weighted": bool(weights), "noise": noise}
        outcome = self._run(meta, [*X, *Y, *weights], self.limits.cpu_s)
        return checked(outcome, "constants", [None] * len(X))

    def predict(
        self, text: str, X: Sequence[np.ndarray], constants: Sequence[np.ndarray]
    ) -> Outcome:
        """Run `scaling_law_func` once a group.

        Args:
            text: The program.
            X: `(n, F)` features of every group.
            constants: `(P,)` or `(T, P)` constants of every group.

        Returns:
            One array of predictions a group, finite, `(n,)` or `(n, T)`.
        """
        meta = {"kind": "predict", "text": text}
        outcome = self._run(meta, [*X, *constants], self.limits.predict_cpu_s)
        return checked(outcome, "predictions", [len(x) for x in X])

    def law(
        self,
        text: str,
        X: Sequence[np.ndarray],
        labels: Sequence[str],
        feature_names: Sequence[str],
        target_names: Sequence[str],
    ) -> Outcome:
        """Run `law(rows, group)` once a group; its constants are in the text.

        Args:
            text: The program.
            X: `(n, F)` features of every group.
            labels: Name of every group.
            feature_names: Keys of the rows given.
            target_names: Keys of the rows returned.

        Returns:
            One `(n, T)` array of predictions a group, finite.
        """
        meta = {
            "kind": "law",
            "text": text,
            "labels": list(labels),
            "features": list(feature_names),
            "targets": list(target_names),
        }
        outcome = self._run(meta, list(X), self.limits.predict_cpu_s)
        return checked(outcome, "predictions", [len(x) for x in X])

    def trace(
        self, text: str, n_features: int, n_targets: int, names: Sequence[Sequence[str]] = ()
    ) -> Outcome:
        """Trace a program's law, which runs it.

        Args:
            text: The program.
            n_features: Number of features.
            n_targets: Number of targets.
            names: For a `law`, those of features, targets and groups.

        Returns:
            One array: bytes of JSON with `law` and `recipe`; `bad-answer` says why there is none.
        """
        meta = {"kind": "trace", "text": text, "features": n_features, "targets": n_targets}
        meta["names"] = [list(part) for part in names]
        outcome = self._run(meta, [], self.limits.predict_cpu_s)
        return checked(outcome, "trace", [None])

    def predict_in_batches(
        self,
        text: str,
        X: Sequence[np.ndarray],
        constants: Sequence[np.ndarray],
        predictions: Sequence[np.ndarray],
        seed: int = 0,
        tolerance: float = 1e-9,
    ) -> Outcome:
        """Check that predictions do not depend on which rows and groups are predicted together.

        Every group's rows are predicted again, in another process, in two random batches, and
        the batches of all groups in random order.

        Args:
            text: The program.
            X: `(n, F)` features of every group.
            constants: Constants of every group.
            predictions: What `predict` returned for them.
            seed: Decides the batches.
            tolerance: Largest relative difference that is allowed.

        Returns:
            The predictions, in the order of the rows, or `bad-answer` where they differ.
        """
        batches = random_batches(X, seed)
        parts = [X[i][rows] for i, rows in batches]
        outcome = self.predict(text, parts, [constants[i] for i, _ in batches])
        return compared(outcome, batches, predictions, tolerance)

    def law_in_batches(
        self,
        text: str,
        X: Sequence[np.ndarray],
        labels: Sequence[str],
        feature_names: Sequence[str],
        target_names: Sequence[str],
        predictions: Sequence[np.ndarray],
        seed: int = 0,
        tolerance: float = 1e-9,
    ) -> Outcome:
        """Check what `law` returned as `predict_in_batches` does; arguments as there."""
        batches = random_batches(X, seed)
        parts, names = [X[i][rows] for i, rows in batches], [labels[i] for i, _ in batches]
        outcome = self.law(text, parts, names, feature_names, target_names)
        return compared(outcome, batches, predictions, tolerance)

    def _run(self, meta: dict[str, Any], arrays: list[np.ndarray], cpu_s: float) -> Outcome:
        if not self._level:
            report = self.report()
            if not self._allow_weak:
                _require_more_than_weak(report)
            if self._shield:
                shield_engine()
            self._level = report.level
        refused = refusal(meta["text"], self.limits, rules=self._gate)
        return refused or self._runner.run(meta, arrays, cpu_s)


def _require_more_than_weak(report: SandboxReport) -> None:
    try:
        report.require("partial")
    except SandboxError as error:
        hint = "; programs of others run here only with "
        raise SandboxError(*error.args, hint, Argument("allow_weak")) from None
