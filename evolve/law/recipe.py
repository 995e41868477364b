"""Turns the choices of a fit (loss, residual, weights, priors) into one value and its text."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, fields
from typing import Any

RESIDUALS = ("linear", "log")
LOSSES = ("l2", "huber", "cauchy")
SHARES = ("none", "slopes", "shape")


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a law's constants are fitted; the second half of a program's genome.

    Attributes:
        residual: ``linear`` fits y, ``log`` fits log y (needs positive targets).
        loss: ``l2``, ``huber`` or ``cauchy``.
        width: Where a robust loss bends, as a fraction of the spread (standard deviation) of
            y, or of log y, on the rows being fitted.
        far: Exponent of the row weights: a row at a fraction q of the largest value along the
            task's axes weighs ``q**far``.
        ridge: Strength of a Gaussian prior that draws every constant that is not linear in
            the law towards zero, in units of the squared spread per row.
        pool: Strength of a Gaussian prior learnt across groups (empirical Bayes); 0 for none.
        share: Which constants all groups have in common: ``slopes`` those that multiply a
            variable or stand as its exponent, ``shape`` all but linear ones and amplitudes.
        starts: Number of starting points that are refined.
    """

    residual: str = "linear"
    loss: str = "l2"
    width: float = 0.1
    far: float = 0.0
    ridge: float = 0.0
    pool: float = 0.0
    share: str = "none"
    starts: int = 8

    def __post_init__(self) -> None:
        """Check every field.

        Raises:
            ValueError: a field is outside its range.
        """
        _one_of("residual", self.residual, RESIDUALS)
        _one_of("loss", self.loss, LOSSES)
        _one_of("share", self.share, SHARES)
        for name, low, high in (("width", 1e-6, 1e3), ("far", 0, 10), ("ridge", 0, 1e6)):
            _within(name, getattr(self, name), low, high)
        _within("pool", self.pool, 0, 1e6)
        _within("starts", self.starts, 1, 10_000)

    def arguments(self) -> dict[str, Any]:
        """The fields that differ from the defaults, in order: what a program text states."""
        default = Recipe()
        named = {f.name: getattr(self, f.name) for f in fields(self)}
        if self.loss == "l2":
            named.pop("width")
        always = ("residual", "loss")
        return {k: v for k, v in named.items() if k in always or v != getattr(default, k)}

    def to_data(self) -> dict[str, Any]:
        """JSON value that ``Recipe(**data)`` reads back."""
        return asdict(self)


def _one_of(name: str, value: str, valid: tuple[str, ...]) -> None:
    if value not in valid:
        raise ValueError(f"recipe: {name} must be one of {', '.join(valid)}, not {value!r}")


def _within(name: str, value: float, low: float, high: float) -> None:
    if not (math.isfinite(value) and low <= value <= high):
        raise ValueError(f"recipe: {name} must be in [{low:g}, {high:g}], not {value!r}")
