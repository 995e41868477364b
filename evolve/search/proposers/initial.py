"""First candidates of a run over a search space: generic laws under several recipes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np

from evolve.errors import EvolveError
from evolve.evaluation.record import Origin
from evolve.law.bounds import MOST_DEPTH, depth
from evolve.law.candidate import Candidate
from evolve.law.canonical import key
from evolve.law.graph import Law, Node, call, num
from evolve.law.recipe import Recipe
from evolve.search.operators import OPERATORS, SearchSpace
from evolve.search.operators.recipes import random_recipe
from evolve.search.operators.terms import fresh, linear, power_law, product_of_powers, times, total
from evolve.search.proposers.grammar import SMALL, finish, free_part, origin_of
from evolve.search.proposers.literature import published_forms
from evolve.search.proposers.protocol import Proposal
from evolve.search.proposers.shares import share_forms
from evolve.search.view import inward, outward, turned

FILLING = 2**31
MOST_TRIES = 20_000

# Of few groups all are fitted alone: there a recipe with a shape in common is one without.
RECIPES = (
    Recipe("linear", "l2"),
    Recipe("log", "l2"),
    Recipe("linear", "l2", tied="shape"),
    Recipe("log", "l2", tied="shape"),
    Recipe("log", "huber", 0.05),
    Recipe("log", "cauchy", 0.03),
    Recipe("linear", "cauchy", 0.05),
)


def generic_laws(space: SearchSpace) -> dict[str, Node]:
    """Laws that fit any table of training runs.

    Args:
        space: What the task allows.

    Returns:
        Trees by name: sums and products of powers, linear and quadratic forms, late and bounded
        ones, `published_forms`; straight lines in sizes where a target may go either way; lines
        and powers of one feature where the task allows fewer than three constants; `share_forms`.
    """
    v, new = space.variables(), fresh()
    laws = _laws_of_all(space, v, new)
    for i, x in enumerate(v):
        laws[f"power of {i}"] = total([next(new), power_law(x, new)])
    if space.max_constants < SMALL:
        for i, x in enumerate(v):
            laws[f"line in {i}"] = total([next(new), times(next(new), x)])
            laws[f"power of {i} alone"] = power_law(x, new)
            laws[f"share of {i}"] = times(next(new), x)
    if space.either_way:
        laws |= _straight(space)
    laws |= published_forms(space)
    if space.either_way:
        laws |= _turned(laws)
    laws |= share_forms(space)
    # A sum over every pair of many features nests deeper than any law may.
    return {name: root for name, root in laws.items() if depth(root) <= MOST_DEPTH}


def _straight(space: SearchSpace) -> dict[str, Node]:
    """A straight line in the features as they are, such as a cost is, alone and with products.

    What falls towards 0 in a size crosses it on a line, so that no such target has one.
    """
    if not any(space.logarithmic):
        return {}  # it is the linear law
    new, sizes = fresh(), [space.variable(j) for j in range(len(space.units))]
    line = call("add", next(new), linear(sizes, new))
    products = [times(next(new), times(a, b)) for i, a in enumerate(sizes) for b in sizes[:i]]
    laws = {"straight line": line}
    if products:
        laws["straight line and products"] = total([line, *products])
    return laws


def _turned(laws: Mapping[str, Node]) -> dict[str, Node]:
    """The laws whose terms have a fixed sign, with the other: c - A x^-a for c + A x^-a."""
    roots = {f"{name}, turned": turned(root) for name, root in laws.items()}
    return {name: root for name, root in roots.items() if root.op != "neg"}


def _laws_of_all(space: SearchSpace, v: list[Node], new: Iterator[Node]) -> dict[str, Node]:
    """Laws over all variables at once; Hoffmann et al. 2022 (equation 2) is the first of them."""
    powers = [power_law(x, new) for x in v]
    joint = product_of_powers(v, new)
    squares = [times(next(new), call("square", x)) for x in v]
    products = [times(next(new), times(a, b)) for i, a in enumerate(v) for b in v[:i]]
    plane = call("add", next(new), linear(v, new))
    own = times(next(new), call("pow", space.variable(0), next(new)))
    shifted = call("log", call("add", space.variable(0), call("exp", next(new))))
    return {
        "sum of powers": total([next(new), *powers]),
        "product of powers": joint,
        "product of powers and floor": call("add", next(new), joint),
        "exp of quadratic": call("exp", total([plane, *squares, *products])),
        "exp of squares": call("exp", total([plane, *squares])),
        "linear": plane,
        "quadratic": total([plane, *squares, *products]),
        "exp of quadratic and floor": call(
            "add", next(new), call("exp", total([plane, *squares]))
        ),
        "one power": total([next(new), own]),
        "one power and linear": total([plane, own]),
        "late logarithm": total([next(new), times(next(new), shifted)]),
        "late logarithm and linear": total([plane, times(next(new), shifted)]),
        "rectified": total(
            [next(new), call("div", num(1.0), call("add", call("exp", next(new)), joint))]
        ),
        "sigmoid": total([next(new), times(next(new), call("tanh", plane))]),
    }


def starting_proposals(
    space: SearchSpace, laws: Mapping[str, Node], multiple: int, seed: int
) -> list[Proposal]:
    """The first candidates: laws under every starting recipe that the task allows.

    Args:
        space: What the task allows.
        laws: Trees by name, literature laws and `generic_laws`; free parts under a template.
        multiple: The list is filled up to a multiple of this with the same laws under
            random recipes, and mutations of them.
        seed: Seed of the run, for the filling.

    Returns:
        Different proposals; the operator of each is the law's name.

    Raises:
        EvolveError: No law has the form that the user asks for.
    """
    proposals: dict[str, Proposal] = {}

    def add(candidate: Candidate | None, name: str, origin: Origin) -> None:
        if candidate is not None:
            form_key = key(candidate.law, candidate.recipe)
            law_of_task = outward(candidate, space)
            proposals.setdefault(form_key, Proposal(law_of_task, form_key, name, (), origin))

    for recipe in RECIPES:
        for name, root in laws.items():
            add(finish(Candidate(Law(root, 0), recipe), space), name, "initial")
    if not proposals:
        raise EvolveError("no law of the first candidates has the form that is asked for")
    rng = np.random.default_rng([seed, FILLING])
    names = sorted(OPERATORS)
    for _ in range(MOST_TRIES):
        if not len(proposals) % multiple:
            break
        drawn = list(proposals.values())[int(rng.integers(len(proposals)))].genome
        parent = free_part(inward(drawn, space), space)
        if parent is None:
            continue
        changed = replace(parent, recipe=random_recipe(space, rng))
        name = names[int(rng.integers(len(names)))]
        child = OPERATORS[name](changed, parent, space.inner, rng)
        add(finish(child or changed, space), name, origin_of(name))
    return list(proposals.values())
