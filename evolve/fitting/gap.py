"""Fit what a law leaves to a ceiling: a law that is a number less another, as 1 - g."""

from __future__ import annotations

from dataclasses import replace

from evolve.law.graph import Law
from evolve.law.recipe import Recipe


def below_ceiling(law: Law, recipe: Recipe) -> tuple[Law, float | None]:
    """The law that is fitted in place of another, and the ceiling that targets leave it to.

    Args:
        law: The law.
        recipe: By ``gap`` and ``log_gap`` what the targets leave to the law's ceiling is fitted.

    Returns:
        The law g of ``c - g``, and c; the law itself, and None, by other recipes.

    Raises:
        ValueError: The recipe asks for a ceiling that the law does not have.
    """
    if not recipe.of_gap:
        return law, None
    root = law.root
    if root.op != "sub" or root.args[0].op != "num":
        scale = recipe.target_scale
        raise ValueError(f"fit: by {scale} the law must be a number less another, as 1 - g")
    return replace(law, root=root.args[1]), root.args[0].value
