"""What forecasts are made from, as a value and as a note of the store."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from evolve.evaluation.predict import Predictable
from evolve.evaluation.record import entry_number
from evolve.law.graph import Law, law_from_data, law_to_data
from evolve.law.program import parse_program
from evolve.typing import Array

FORMAT = 2


@dataclass(frozen=True, slots=True)
class Member:
    """A law that a forecast asks, fitted on all training rows.

    Attributes:
        index: Its entry.
        law: The law's graph, or a program that cannot be traced.
        constants: `(t, p)` constants of each group.
        weight: What it counts in the forecast; those of all members sum to 1.
        name: Of a law that was asked for by its name and that no run holds.
    """

    index: int
    law: Predictable
    constants: dict[str, Array]
    weight: float = 1.0
    name: str = ""

    @property
    def number(self) -> int | None:
        """Its entry; None for a law that no run holds."""
        return entry_number(self.index)

    @property
    def label(self) -> int | str:
        """Its entry, or the name of a law that no run holds."""
        return self.name if self.number is None else self.number


@dataclass(frozen=True, slots=True)
class GroupUncertainty:
    """Uncertainty of one group's fit of the champion.

    Attributes:
        covariance: `(t, p, p)` of the constants.
        noise: `(t,)` residual scale: of the logarithm where `ForecastModel.relative`.
        cap: `(t,)` range of the targets; every component of the uncertainty is clipped to it, or
            where noise multiplies the law to the forecast itself if that is more.
    """

    covariance: Array
    noise: Array
    cap: Array


@dataclass(frozen=True, slots=True)
class ForecastModel:
    """All that a forecast needs besides the training rows.

    Attributes:
        members: The champion first.
        spreads: One for each group.
        relative: Whether noise multiplies the law, so that errors are those of logarithms.
        distances: `(m,)` how far held-out rows of the folds lay beyond the fitted rows.
        ratios: `(m,)` their errors over the uncalibrated spread.
        chosen: Whether the champion was chosen on further folds.
    """

    members: tuple[Member, ...]
    spreads: dict[str, GroupUncertainty]
    relative: bool
    distances: Array
    ratios: Array
    chosen: bool

    @property
    def leader(self) -> str:
        """What to call the first law in a sentence."""
        if self.chosen or len(self.members) > 1:
            return "the champion"
        label = self.members[0].label
        return f"entry {label}" if isinstance(label, int) else f"the law {label}"

    def to_data(self) -> dict[str, Any]:
        """JSON value that `forecast_model_from_data` reads back."""
        return {
            "format": FORMAT,
            "members": [
                {
                    "index": m.index,
                    "weight": m.weight,
                    **_law_to_data(m.law),
                    "constants": {g: c.tolist() for g, c in m.constants.items()},
                }
                for m in self.members
            ],
            "spreads": {
                g: [s.covariance.tolist(), s.noise.tolist(), s.cap.tolist()]
                for g, s in self.spreads.items()
            },
            "relative": self.relative,
            "distances": self.distances.tolist(),
            "ratios": self.ratios.tolist(),
            "chosen": self.chosen,
        }


def _law_to_data(law: Predictable) -> dict[str, Any]:
    return {"law": law_to_data(law)} if isinstance(law, Law) else {"program": law.text}


def _law_from_data(data: dict[str, Any]) -> Predictable:
    return law_from_data(data["law"]) if "law" in data else parse_program(data["program"])


def forecast_model_from_data(data: dict[str, Any]) -> ForecastModel:
    """ForecastModel from the value that `ForecastModel.to_data` made."""
    members = tuple(
        Member(
            m["index"],
            _law_from_data(m),
            {g: np.asarray(c, dtype=float) for g, c in m["constants"].items()},
            m["weight"],
        )
        for m in data["members"]
    )
    spreads = {
        g: GroupUncertainty(*(np.asarray(part, dtype=float) for part in parts))
        for g, parts in data["spreads"].items()
    }
    distances, ratios = (np.asarray(data[k], dtype=float) for k in ("distances", "ratios"))
    return ForecastModel(members, spreads, data["relative"], distances, ratios, data["chosen"])
