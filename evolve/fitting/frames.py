"""The frames of many problems, with what every law's fit asks of them taken once."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import cached_property

import numpy as np

from evolve.scoring.frame import TargetFrame
from evolve.typing import Array, Ints

FAR = 1e4  # units from which on an origin is far off


class Frames(Sequence[TargetFrame]):
    """The frame of each problem.

    Attributes:
        groups: Each frame that some problems have, and their numbers.
        has_origin: Whether any of them has an origin.
    """

    def __init__(self, frames: Sequence[TargetFrame]) -> None:
        """Take the frames."""
        self._frames = tuple(frames)
        rows: dict[TargetFrame, list[int]] = {}
        for q, frame in enumerate(self._frames):
            rows.setdefault(frame, []).append(q)
        self.groups: tuple[tuple[TargetFrame, Ints], ...] = tuple(
            (frame, np.array(numbers)) for frame, numbers in rows.items()
        )
        self.has_origin = any(frame.origin for frame in rows)
        self._powers: dict[float, Array] = {}

    def __len__(self) -> int:
        """Number of problems."""
        return len(self._frames)

    def __getitem__(self, q):  # type: ignore[no-untyped-def]
        """Frame of problem number `q`."""
        return self._frames[q]

    def units_to(self, power: float) -> Array:
        """`(q,)` units of the problems, to a power; not to be changed."""
        if power not in self._powers:
            self._powers[power] = self._of_each(lambda frame: frame.unit**power)
        return self._powers[power]

    @cached_property
    def log_units(self) -> Array:
        """`(q,)` logarithms of the problems' units; not to be changed."""
        return self._of_each(lambda frame: math.log(frame.unit))

    @cached_property
    def origins(self) -> Array:
        """`(q,)` origins of the problems; not to be changed."""
        return self._of_each(lambda frame: frame.origin)

    def _of_each(self, number: Callable[[TargetFrame], float]) -> Array:
        values = np.empty(len(self))
        for frame, rows in self.groups:
            values[rows] = number(frame)
        return values


class AskedFrames:
    """What problems ask for, and what a law that is not closed under it may be fitted in.

    Attributes:
        plain: Targets as they are.
        without_origin: Frames of units alone; none where a problem asks for no frame.
        options: All that can be tried, the best first.
    """

    def __init__(self, asked: Sequence[TargetFrame | None]) -> None:
        """Take the frame that each problem asks for, None for none."""
        self._of_whole: dict[float, Frames] = {}
        known = [frame for frame in asked if frame is not None]
        self.plain = Frames([TargetFrame()] * len(asked))
        self.without_origin = self.options = list[Frames]()
        if len(known) == len(asked):
            self.without_origin = [Frames([_without_origin(frame) for frame in known])]
            whole = Frames(known)
            self.options = [whole] * whole.has_origin + self.without_origin

    def of_whole(self, whole: float) -> Frames:
        """Frames of targets that are shares of a whole; the same object for the same whole."""
        if whole not in self._of_whole:
            self._of_whole[whole] = Frames([TargetFrame(0.0, whole)] * len(self.plain))
        return self._of_whole[whole]


def _without_origin(frame: TargetFrame) -> TargetFrame:
    """A frame of a unit alone: of targets that vary little beside their size that size.

    Constants would else be many units, beside which steps are damped to nothing.
    """
    size = abs(frame.origin)
    return TargetFrame(0.0, size if size > FAR * frame.unit else frame.unit)
