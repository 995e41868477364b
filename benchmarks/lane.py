"""The comparisons of a run, at hand for a benchmark that measures what a process holds."""

from __future__ import annotations

from typing import Self

from evolve.runs.crosscheck import CrossCheck


class Lane(CrossCheck):
    """The comparisons of a run, kept at hand so that none goes on while an attack is measured."""

    latest: Lane | None = None

    def __enter__(self) -> Self:
        """Start as any other."""
        Lane.latest = self
        return super().__enter__()
