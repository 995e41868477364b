"""Problems that many laws are fitted to, with what their fits have in common computed once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from evolve.fitting.fit_batch import sizes_of_targets, turns_of
from evolve.fitting.frames import AskedFrames, Frames
from evolve.fitting.result import Problem
from evolve.fitting.starts import Moments, moments_of
from evolve.fitting.tape import Tape
from evolve.fitting.weights import row_weights
from evolve.law.graph import Node
from evolve.scoring.frame import DIGITS, rounded
from evolve.typing import Array, Ints

KEPT_VALUES = 1 << 21  # values of subtrees that are kept for further laws
NARROW = 10  # halvings of 1 that logarithms may spread over with as many digits as others
MOST_DIGITS = 48  # binary, of logarithms: rounding decides those beyond
KEPT_TARGETS = 16  # ways to take the targets that are kept


@dataclass(frozen=True, slots=True)
class FittedRows:
    """Rows as the residuals of a fit take them.

    Attributes:
        y: `(n,)` targets.
        w: `(n,)` weights.
        spread: `(q,)` standard deviation of each problem's targets, above 0.
        sizes: `(q,)` weighted sums of their squares.
    """

    y: Array
    w: Array
    spread: Array
    sizes: Array


class ProblemSet(Sequence[Problem]):
    """Problems in order, their rows one after the other.

    Attributes:
        x: `(n, f)` raw features of all problems.
        counts: `(q,)` rows of each problem.
        offsets: `(q + 1,)` where each problem's rows begin.
        exact: Whether rows are fitted to the last digit: some problem has no frame.
        turns: In which turn they are refined.
        frames: The frames that the problems ask for.
        pools: Numbers of the problems of each label that share a learnt prior.
    """

    def __init__(self, problems: Sequence[Problem]) -> None:
        """Lay out the rows of all problems."""
        self._problems = tuple(problems)
        self.x: Array = np.concatenate([p.x for p in problems])
        self.counts: Ints = np.array([len(p.y) for p in problems])
        self.offsets: Ints = np.concatenate([[0], np.cumsum(self.counts)]).astype(np.int64)
        self.exact = any(p.frame is None for p in problems)
        self.turns = turns_of(self.counts)
        self.frames = AskedFrames([p.frame for p in problems])
        self.pools = _pools([p.pool for p in problems])
        self._columns: dict[Node, Array] = {}
        self._moments: dict[Node, Moments] = {}
        self._fitted: dict[object, FittedRows] = {}

    def __len__(self) -> int:
        """Number of problems."""
        return len(self._problems)

    def __getitem__(self, q):  # type: ignore[no-untyped-def]
        """Problem number `q`."""
        return self._problems[q]

    def columns(self, tape: Tape) -> Array:
        """`(n_columns, n)` values of a law's constant-free subtrees."""
        if (len(self._columns) + len(tape.columns)) * len(self.x) > KEPT_VALUES:
            self._columns.clear()
            self._moments.clear()
        return tape.column_values(self.x, self._columns, exact=self.exact)

    def moments(self, column: Node, values: Array) -> Moments:
        """The moments of a constant-free subtree, whose values these are, within each problem."""
        if column not in self._moments:
            self._moments[column] = moments_of(values, self.offsets)
        return self._moments[column]

    def fitted_rows(
        self,
        frames: Frames,
        axes: Sequence[int],
        scale_weight: float,
        *,
        on_logs: bool,
        mirrored: bool,
        ceiling: float | None = None,
    ) -> FittedRows:
        """Targets and weights.

        Args:
            frames: The frame in which each problem is fitted; one of the options of `frames`.
            axes: Features along which `scale_weight` weighs rows.
            scale_weight: As in a recipe.
            on_logs: Logarithms of the targets are fitted.
            mirrored: Minus the targets are fitted.
            ceiling: What the targets leave to it is fitted.
        """
        key = (id(frames), tuple(axes), scale_weight, on_logs, mirrored, ceiling)
        if key not in self._fitted:
            if len(self._fitted) >= KEPT_TARGETS:
                self._fitted.clear()
            y = self._targets(frames, on_logs=on_logs, mirrored=mirrored, ceiling=ceiling)
            w = self._weights(axes, scale_weight, on_logs=on_logs, ceiling=ceiling)
            parts = np.split(y, self.offsets[1:-1])
            with np.errstate(all="ignore"):  # targets without a logarithm, or of huge sizes
                spread = np.array([max(float(np.std(part)), 1e-12) for part in parts])
                sizes = sizes_of_targets(y, w, self.offsets)
            self._fitted[key] = FittedRows(y, w, spread, sizes)
        return self._fitted[key]

    def variances_given(self, *, on_logs: bool, ceiling: float | None) -> list[float]:
        """`Problem.variance_given` of each."""
        if all(p.weights is None or p.weights.noise is None for p in self._problems):
            return [0.0] * len(self)
        return [p.variance_given(on_logs=on_logs, ceiling=ceiling) for p in self._problems]

    def _targets(
        self, frames: Frames, *, on_logs: bool, mirrored: bool, ceiling: float | None
    ) -> Array:
        left = [p.y if ceiling is None else ceiling - p.y for p in self._problems]
        y = np.concatenate([(y - f.origin) / f.unit for y, f in zip(left, frames, strict=True)])
        y = -y if mirrored else y
        with np.errstate(all="ignore"):
            values = np.log(y) if on_logs else y.astype(float)
        if self.exact:
            return values
        return rounded(values, 1.0, self._digits(values)) if on_logs else rounded(values, 2.0**-10)

    def _digits(self, logs: Array) -> Array:
        """`(n,)` binary digits of logarithms, more of targets that vary little beside their size.

        Offsets of 1e9 with a range of 1000 have logarithms that differ by 1e-7.
        """
        with np.errstate(all="ignore"):
            parts = np.split(logs, self.offsets[1:-1])
            spread = np.array([np.nan_to_num(np.std(part)) for part in parts])
            narrow = np.ceil(-np.log2(np.maximum(spread, 2.0**-MOST_DIGITS)) - NARROW)
        digits = np.clip(DIGITS + narrow, DIGITS, MOST_DIGITS)
        return np.repeat(digits, self.counts)

    def _weights(
        self,
        axes: Sequence[int],
        scale_weight: float,
        *,
        on_logs: bool,
        ceiling: float | None,
    ) -> Array:
        problems = self._problems
        w = np.concatenate([row_weights(p.x, axes, scale_weight) for p in problems])
        if any(p.weights is not None for p in problems):
            own = [p.weights_of_residuals(on_logs=on_logs, ceiling=ceiling) for p in problems]
            w = w * np.concatenate(own)
        return w if self.exact else rounded(w)


def _pools(labels: Sequence[int]) -> tuple[Ints, ...]:
    """Numbers of the problems of each label, ascending."""
    table = np.array(labels)
    return tuple(np.flatnonzero(table == label) for label in np.unique(table))
