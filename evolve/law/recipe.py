"""How a law's constants are fitted (loss, weights, priors, starts), as one value."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Final

from evolve.errors import nearest

TARGET_SCALES = ("linear", "log", "gap", "log_gap")
LOSSES = ("l2", "huber", "cauchy")
TIES = ("none", "slopes", "shape")
# Fields by the names that they had first. Stored runs and programs hold these, and keys of
# candidates are made of them, so that a law found again is the one that a run has stored.
FIRST_NAMES: Final = {
    "target_scale": "residual",
    "f_scale": "width",
    "scale_weight": "far",
    "shrinkage": "pool",
    "tied": "share",
    "n_starts": "starts",
}
RENAMED: Final = {old: new for new, old in FIRST_NAMES.items()}


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a law's constants are fitted; the second half of a program's genome.

    Attributes:
        target_scale: ``linear`` fits y, ``log`` fits log y (needs positive targets); ``gap`` and
            ``log_gap`` fit what y leaves to a ceiling, and its logarithm (they need a law that is
            a number less another, as ``1 - g``, and the second targets below that number).
        loss: ``l2``, ``huber`` or ``cauchy``.
        f_scale: Residual at which a robust loss bends (as in `scipy.optimize.least_squares`),
            as a fraction of the spread (standard deviation) of y, or of log y, on the rows
            being fitted.
        scale_weight: Exponent of the row weights: a row at a fraction q of the largest value
            along the task's axes weighs ``q**scale_weight``.
        ridge: Strength of a Gaussian prior that draws every constant that is not linear in
            the law towards zero, in units of the squared spread per row.
        shrinkage: Strength of a Gaussian prior learnt across groups (empirical Bayes, partial
            pooling); 0 for none.
        tied: Which constants all groups have in common: ``slopes`` those that multiply a
            variable or stand as its exponent, ``shape`` all but linear ones and amplitudes.
        n_starts: Number of starting points that are refined; once a few have met at the lowest
            cost (`AGREEING_STARTS`), the others are left.
    """

    target_scale: str = "linear"
    loss: str = "l2"
    f_scale: float = 0.1
    scale_weight: float = 0.0
    ridge: float = 0.0
    shrinkage: float = 0.0
    tied: str = "none"
    n_starts: int = 8

    def __post_init__(self) -> None:
        """Check every field.

        Raises:
            ValueError: a field is outside its range.
        """
        _one_of("target_scale", self.target_scale, TARGET_SCALES)
        _one_of("loss", self.loss, LOSSES)
        _one_of("tied", self.tied, TIES)
        _within("f_scale", self.f_scale, 1e-6, 1e3)
        _within("scale_weight", self.scale_weight, 0, 10)
        _within("ridge", self.ridge, 0, 1e6)
        _within("shrinkage", self.shrinkage, 0, 1e6)
        _within("n_starts", self.n_starts, 1, 10_000)

    @property
    def on_logs(self) -> bool:
        """Whether logarithms are fitted."""
        return self.target_scale in ("log", "log_gap")

    @property
    def of_gap(self) -> bool:
        """Whether what the target leaves to a ceiling is fitted."""
        return self.target_scale in ("gap", "log_gap")

    def arguments(self) -> dict[str, Any]:
        """The fields that differ from the defaults, in order: what a program text states."""
        named = self.to_data()
        if self.loss == "l2":
            named.pop("f_scale")
        always = ("target_scale", "loss")
        return {k: v for k, v in named.items() if k in always or v != _DEFAULTS[k]}

    def to_data(self) -> dict[str, Any]:
        """JSON value that `recipe_from_data` reads back."""
        return {name: getattr(self, name) for name in _NAMES}


_DEFAULTS: Final = {field.name: field.default for field in fields(Recipe)}
_NAMES: Final = tuple(_DEFAULTS)


def recipe_from_data(data: Mapping[str, Any]) -> Recipe:
    """Recipe from its fields by name, by the present names or the first ones (`FIRST_NAMES`).

    Raises:
        ValueError: a name is unknown or given twice, or a field is outside its range.
    """
    named: dict[str, Any] = {}
    for given, value in data.items():
        name = RENAMED.get(given, given)
        if name not in _NAMES:
            raise ValueError(
                f"recipe: fields are {', '.join(_NAMES)}, not {given!r}{nearest(given, _NAMES)}"
            )
        if name in named:
            raise ValueError(
                f"recipe: {name} must be given once, not as {FIRST_NAMES[name]!r} too"
            )
        named[name] = value
    return Recipe(**named)


def recipe_with_first_names(data: Mapping[str, Any]) -> dict[str, Any]:
    """A recipe's JSON value with every renamed field under both of its names.

    What other programs read keeps the first names for one release.
    """
    present = {RENAMED.get(name, name): value for name, value in data.items()}
    return present | {FIRST_NAMES[k]: v for k, v in present.items() if k in FIRST_NAMES}


def _one_of(name: str, value: str, valid: tuple[str, ...]) -> None:
    if value not in valid:
        raise ValueError(f"recipe: {name} must be one of {', '.join(valid)}, not {value!r}")


def _within(name: str, value: float, low: float, high: float) -> None:
    if not (math.isfinite(value) and low <= value <= high):
        raise ValueError(f"recipe: {name} must be in [{low:g}, {high:g}], not {value!r}")
