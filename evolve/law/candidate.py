"""A candidate: a law and the recipe of its fit as one value, and its stored JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from evolve.law.graph import Law, law_from_data, law_to_data
from evolve.law.recipe import Recipe, recipe_from_data


@dataclass(frozen=True, slots=True)
class Candidate:
    """The genome: a law and the recipe of its fit."""

    law: Law
    recipe: Recipe

    def to_data(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """JSON values of law and recipe."""
        return law_to_data(self.law), self.recipe.to_data()


def candidate_from_data(law: dict[str, Any], recipe: dict[str, Any]) -> Candidate:
    """Candidate from the values that `Candidate.to_data` made."""
    return Candidate(law_from_data(law), recipe_from_data(recipe))
