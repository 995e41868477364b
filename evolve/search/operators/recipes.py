"""Operators that change how a candidate is fitted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from evolve.law.candidate import Candidate
from evolve.law.recipe import LOSSES, Recipe
from evolve.search.operators.registry import SearchSpace, chosen, crossover, operator

F_SCALES = (0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.4)
SCALE_WEIGHTS = (0.0, 0.0, 0.1, 0.25, 0.5)
RIDGES = (0.0, 0.0, 1e-5, 1e-4, 1e-3)
SHRINKAGES = (0.0, 0.3, 1.0, 3.0)
TIED = ("none", "none", "slopes", "shape")


def random_recipe(space: SearchSpace, rng: np.random.Generator) -> Recipe:
    """A recipe drawn from all that the space allows."""
    loss = chosen(rng, LOSSES)
    return Recipe(
        target_scale="log" if space.positive and rng.random() < 0.6 else "linear",
        loss=loss,
        f_scale=chosen(rng, F_SCALES) if loss != "l2" else Recipe().f_scale,
        scale_weight=chosen(rng, SCALE_WEIGHTS) if space.axes else 0.0,
        ridge=chosen(rng, RIDGES),
        shrinkage=chosen(rng, SHRINKAGES) if space.pooled else 0.0,
        tied=chosen(rng, TIED) if space.pooled else "none",
    )


@operator
def change_recipe(
    parent: Candidate, other: Candidate, space: SearchSpace, rng: np.random.Generator
) -> Candidate | None:
    """One or two choices of the fit drawn anew."""
    drawn = random_recipe(space, rng)
    names = ["target_scale", "loss", "f_scale", "scale_weight", "ridge", "shrinkage", "tied"]
    picked = rng.choice(names, size=int(rng.integers(1, 3)), replace=False)
    changes = {str(name): getattr(drawn, str(name)) for name in picked}
    if "loss" in changes or "f_scale" in changes:
        changes |= {"loss": drawn.loss, "f_scale": drawn.f_scale}
    recipe = replace(parent.recipe, **changes)
    return replace(parent, recipe=recipe) if recipe != parent.recipe else None


@crossover
def cross_recipe(
    parent: Candidate, other: Candidate, space: SearchSpace, rng: np.random.Generator
) -> Candidate | None:
    """The recipe of another elite."""
    if other.recipe == parent.recipe:
        return None
    return replace(parent, recipe=other.recipe)
