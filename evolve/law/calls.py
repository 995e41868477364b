"""Read the recipe and the other keywords of a program's `fit_law` call from its text."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import Any

from evolve.law.recipe import Recipe, recipe_from_data
from evolve.law.syntax import syntax_of

FRAME_ARGUMENTS = ("target_origin", "target_unit")
NAMES_ARGUMENT = "constant_names"
_OWN = (
    *("n_constants", NAMES_ARGUMENT, "axes", "prior_mean", "prior_weight"),
    *FRAME_ARGUMENTS,
)


@dataclass(frozen=True, slots=True)
class FitCall:
    """The keywords of a program's fitting code, where it is one literal call of `fit_law`.

    Attributes:
        recipe: The recipe.
        n_constants: Constants of each target.
        axes: Features along which rows are weighed.
        prior: Centres and precisions of a prior, nested lists as in the text, or `None`.
    """

    recipe: Recipe
    n_constants: int
    axes: tuple[int, ...] = ()
    prior: tuple[list[Any], list[Any]] | None = None


def read_fit_call(text: str) -> FitCall | None:
    """The `fit_law` call of a program's text; `None` if its fitting code is anything else."""
    try:
        module = syntax_of(text)
    except (SyntaxError, ValueError, RecursionError):
        return None
    functions = [
        node
        for node in module.body
        if isinstance(node, ast.FunctionDef) and node.name == "fit_scaling_law"
    ]
    call = _only_call(functions[-1]) if functions else None
    if call is None:
        return None
    try:
        named = {k.arg: ast.literal_eval(k.value) for k in call.keywords if k.arg is not None}
        return _fit_call(named) if len(named) == len(call.keywords) else None
    except (TypeError, ValueError, KeyError):
        return None


def _only_call(function: ast.FunctionDef) -> ast.Call | None:
    """The call ``fit_law(scaling_law_func, <both arguments>, …)`` that a function returns."""
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    if len(body) != 1 or not isinstance(body[0], ast.Return) or function.decorator_list:
        return None
    call = body[0].value
    if not isinstance(call, ast.Call) or ast.unparse(call.func) != "fit_law":
        return None
    parameters = [a.arg for a in function.args.args]
    if [ast.unparse(a) for a in call.args] != ["scaling_law_func", *parameters]:
        return None
    return call


def _fit_call(named: dict[str, Any]) -> FitCall:
    recipe = recipe_from_data({k: v for k, v in named.items() if k not in _OWN})
    axes = tuple(int(a) for a in named.get("axes", ()))
    prior = None
    if "prior_mean" in named or "prior_weight" in named:
        prior = (list(named["prior_mean"]), list(named["prior_weight"]))
    return FitCall(recipe, int(named["n_constants"]), axes, prior)
