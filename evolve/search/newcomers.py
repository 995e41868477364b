"""Laws that a language model brought, and which have not had their children yet.

Such a law comes under one recipe and as somebody thought it up, against elites that hundreds of
mutations have polished. It rarely leads its cell at once, and what leads no cell has no children;
so it gets a few of its own, half of them under other recipes, whatever it scored.
"""

from __future__ import annotations

CHILDREN = 12  # of each newcomer
SHARE = 0.25  # of the grammar's children, as long as there are newcomers
RECIPES = ("change_recipe", "cross_recipe")
RECIPE_SHARE = 0.5  # of the children of newcomers
