"""How fast a run goes in peace to the moments at which it is killed."""

from __future__ import annotations

import random
from dataclasses import dataclass


@dataclass(frozen=True)
class Moment:
    """When to kill: some seconds after the start, or after the first batch of this life."""

    grown: bool
    seconds: float


@dataclass(frozen=True)
class Pace:
    """How fast a run goes when it is left in peace; seconds.

    Attributes:
        first: Until the first batch is in the store.
        batch: For every other batch.
        whole: Until the end.
    """

    first: float
    batch: float
    whole: float

    def moment(self, rng: random.Random) -> Moment:
        """Two times in five any time until the first batch, else within one after it."""
        if rng.random() < 0.4:
            return Moment(False, rng.uniform(0.0, self.first))
        return Moment(True, rng.uniform(0.0, self.batch))
