"""Laws that a language model brought, and which have not had their children yet.

Such a law comes under one recipe and as somebody thought it up, against elites that hundreds of
mutations have polished. It rarely leads its cell at once, and what leads no cell has no children;
so it gets a few of its own, half of them under other recipes, whatever it scored.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from evolve.evaluation.record import Entry

if TYPE_CHECKING:
    from evolve.search.archive import Elite

CHILDREN = 12  # of each newcomer
SHARE = 0.25  # of the grammar's children, as long as there are newcomers
RECIPES = ("change_recipe", "cross_recipe")
RECIPE_SHARE = 0.5  # of the children of newcomers


@dataclass(slots=True)
class Newcomers:
    """The newcomers of an archive, a function of its entries.

    Attributes:
        elites: Each with its score, by the index of its entry, in order.
        left: Children that each still has to get.
    """

    elites: dict[int, Elite] = field(default_factory=dict)
    left: dict[int, int] = field(default_factory=dict)

    def take_in(self, elite: Elite) -> None:
        """Take in a law with a score, if a model brought it."""
        if elite.entry.origin == "model" and elite.candidate is not None:
            self.elites[elite.entry.index] = elite
            self.left[elite.entry.index] = CHILDREN

    def count(self, entry: Entry) -> None:
        """Count a child; who has had all of them is no newcomer any more."""
        parent = next(iter(entry.parents), -1)
        if parent not in self.left or entry.origin == "model":
            return
        self.left[parent] -= 1
        if not self.left[parent]:
            del self.left[parent], self.elites[parent]
