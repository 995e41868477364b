"""Turns a candidate into another by changing how it is fitted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from evolve.law.candidate import Candidate
from evolve.law.recipe import Recipe
from evolve.search.operators.registry import Space, operator

WIDTHS = (0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.4)
FARS = (0.0, 0.0, 0.1, 0.25, 0.5)
RIDGES = (0.0, 0.0, 1e-5, 1e-4, 1e-3)
POOLS = (0.0, 0.3, 1.0, 3.0)
SHARED = ("none", "none", "slopes", "shape")


def random_recipe(space: Space, rng: np.random.Generator) -> Recipe:
    """A recipe drawn from all that the space allows."""
    loss = str(rng.choice(["l2", "huber", "cauchy"]))
    return Recipe(
        residual="log" if space.positive and rng.random() < 0.6 else "linear",
        loss=loss,
        width=float(rng.choice(WIDTHS)) if loss != "l2" else Recipe().width,
        far=float(rng.choice(FARS)) if space.axes else 0.0,
        ridge=float(rng.choice(RIDGES)),
        pool=float(rng.choice(POOLS)) if space.pooled else 0.0,
        share=str(rng.choice(SHARED)) if space.pooled else "none",
    )


@operator
def change_recipe(
    parent: Candidate, other: Candidate, space: Space, rng: np.random.Generator
) -> Candidate | None:
    """One or two choices of the fit drawn anew."""
    drawn = random_recipe(space, rng)
    names = ["residual", "loss", "width", "far", "ridge", "pool", "share"]
    picked = rng.choice(names, size=int(rng.integers(1, 3)), replace=False)
    changes = {str(name): getattr(drawn, str(name)) for name in picked}
    if "loss" in changes or "width" in changes:
        changes |= {"loss": drawn.loss, "width": drawn.width}
    recipe = replace(parent.recipe, **changes)
    return replace(parent, recipe=recipe) if recipe != parent.recipe else None


@operator
def cross_recipe(
    parent: Candidate, other: Candidate, space: Space, rng: np.random.Generator
) -> Candidate | None:
    """The recipe of another elite."""
    if other.recipe == parent.recipe:
        return None
    return replace(parent, recipe=other.recipe)
