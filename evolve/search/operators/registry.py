"""The registry of all mutations: operators by name."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from evolve.law.candidate import Candidate
from evolve.law.graph import Node, call, feat, num
from evolve.law.template import Template

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class SearchSpace:
    """What a task allows candidates to be.

    Attributes:
        units: Unit of each feature; 1 where the search sees features over their scales.
        logarithmic: Whether each feature acts through its logarithm.
        max_constants: Most constants for each group and target.
        own_feature_first: Targets see their own feature first (`Law.own_feature_first`).
        positive: All targets are positive, so residuals may be logarithmic.
        pooled: There are enough groups to learn priors across them.
        axes: Features along which the task extrapolates, so that rows may be weighed towards the
            far end; none where it does not.
        robust: Losses other than least squares are allowed.
        columns: Number of the task's feature in each place; as they stand if empty.
        scales: What the feature in each place is divided by; 1 if empty.
        mirrored: The targets are seen with their sign changed.
        ceiling: What the targets leave to it is seen, in place of them with their sign changed.
        share_of: What the targets, as they are seen, are shares of: they lie between 0 and it.
        natural_zero: 0 means something for the targets; otherwise a law must allow any origin.
        either_way: Targets may go up as well as down, so that terms may have either sign.
        part_of: Pairs of features (part, whole) of which the first is never greater than the
            second, and as great in some rows: unique tokens and tokens, active experts and all.
        must_use: Features that every law has.
        operations: Operations that a law may have, as `shown_operations` lists them; None for all.
        template: What every law has fixed; the operators then change its free part, in `inner`.
    """

    units: tuple[float, ...]
    logarithmic: tuple[bool, ...]
    max_constants: int
    own_feature_first: bool = False
    positive: bool = True
    pooled: bool = False
    axes: tuple[int, ...] = (0,)
    robust: bool = True
    columns: tuple[int, ...] = ()
    scales: tuple[float, ...] = ()
    mirrored: bool = False
    ceiling: float | None = None
    share_of: float | None = None
    natural_zero: bool = True
    either_way: bool = False
    part_of: tuple[tuple[int, int], ...] = ()
    must_use: tuple[int, ...] = ()
    operations: frozenset[str] | None = None
    template: Template | None = None

    @property
    def inner(self) -> SearchSpace:
        """What the operators work in: the space of the template's free part, or this one."""
        template = self.template
        if template is None:
            return self
        at = {j: k for k, j in enumerate(template.features)}
        return replace(
            self,
            units=tuple(self.units[j] for j in template.features),
            logarithmic=tuple(self.logarithmic[j] for j in template.features),
            max_constants=self.max_constants - template.n_constants,
            axes=tuple(at[j] for j in self.axes if j in at),
            part_of=tuple((at[a], at[b]) for a, b in self.part_of if a in at and b in at),
            share_of=None,
            must_use=(),
            operations=None,
            template=None,
        )

    @property
    def ruled(self) -> bool:
        """Whether the user asks more of a law's form than the task does."""
        return bool(self.must_use) or self.operations is not None or self.template is not None

    def place_of(self, feature: int) -> int:
        """The place in which the search sees a feature of the task."""
        return self.columns.index(feature) if self.columns else feature

    def variable(self, index: int) -> Node:
        """Feature `index` in its unit."""
        unit = self.units[index]
        return feat(index) if unit == 1.0 else call("div", feat(index), num(unit))

    def variables(self) -> list[Node]:
        """Every feature in its unit, logarithms taken where the feature acts through them."""
        return [
            call("log", self.variable(j)) if log else self.variable(j)
            for j, log in enumerate(self.logarithmic)
        ]


Operator = Callable[[Candidate, Candidate, SearchSpace, np.random.Generator], Candidate | None]
OPERATORS: dict[str, Operator] = {}
CROSSOVERS: set[str] = set()


def operator(function: Operator) -> Operator:
    """Register a mutation under its function's name.

    An operator takes a parent, a second parent (read by a `crossover` only), the space and a
    random generator, and returns a new candidate, or None where it has nothing to change.
    Its law's constants may have any numbers; `finish` puts them in order.

    Raises:
        ValueError: the name is taken.
    """
    name = function.__name__
    if name in OPERATORS:
        raise ValueError(f"operators: {name!r} is registered twice")
    OPERATORS[name] = function
    return function


def crossover(function: Operator) -> Operator:
    """Register an operator that reads both parents, as `operator` does the others."""
    CROSSOVERS.add(function.__name__)
    return operator(function)


def chosen(rng: np.random.Generator, options: Sequence[T]) -> T:
    """One of the options, uniformly."""
    return options[int(rng.integers(len(options)))]


def cumulated(weights: npt.ArrayLike) -> tuple[float, ...]:
    """How likely each of some options is, those before it included, as `drawn` takes it."""
    total = np.cumsum(np.asarray(weights, dtype=float))
    return tuple((total / total[-1]).tolist())


def drawn(rng: np.random.Generator, cumulative: Sequence[float]) -> int:
    """The number of an option; what `Generator.choice` gives, which works all this out anew."""
    return bisect_right(cumulative, rng.random())
