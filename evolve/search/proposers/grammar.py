"""The grammar: new candidates by mutating and crossing an archive's elites."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from evolve.evaluation.coming import Coming
from evolve.evaluation.record import Entry, Origin
from evolve.law.bounds import MOST_DEPTH, MOST_STARTS, depth
from evolve.law.canonical import canonical, key, simplify
from evolve.law.graph import Law, Node, constants_of, features_of, renumber, size, walk
from evolve.law.recipe import Recipe
from evolve.law.shown import shown_operations
from evolve.law.template import Template
from evolve.scoring.objective import (
    ATTEMPTS,
    FURTHER_AFTER,
    FURTHEST,
    LARGEST_LAW,
    LARGEST_PER_CONSTANT,
    TWICE,
)
from evolve.search.archive import Archive
from evolve.search.closure import closed
from evolve.search.newcomers import RECIPE_SHARE, RECIPES, SHARE
from evolve.search.operators import CROSSOVERS, OPERATORS, Candidate, SearchSpace
from evolve.search.operators.terms import total
from evolve.search.proposers.protocol import Proposal
from evolve.search.proposers.stock import Stock, pick, stock_of
from evolve.search.view import inward, outward

SMALL = 3  # with fewer constants, a law can have none for units
_USUAL = Recipe()
DISGUISES = (math.e, 1.0 / math.e, 1.0 + math.e)


class Grammar:
    """The proposer that needs nothing but the operators.

    Args:
        space: What the task allows.
        evolving: Mutate elites; without it the starting candidates only (random search).
    """

    def __init__(self, space: SearchSpace, *, evolving: bool = True) -> None:
        """Keep what the task allows."""
        self._space, self._evolving = space, evolving

    def ask(
        self, archive: Archive, rngs: Sequence[np.random.Generator], taken: Collection[str]
    ) -> Sequence[Proposal]:
        """Propose candidates, each from the archive as it stands, until nothing new is found."""
        return Coming(self._each(archive, rngs, taken))

    def _each(
        self, archive: Archive, rngs: Sequence[np.random.Generator], taken: Collection[str]
    ) -> Iterator[Proposal]:
        stock, seen, keys = stock_of(archive, evolving=self._evolving), archive.seen, set(taken)
        for rng in rngs:
            proposal = propose(stock, self._space, rng, seen, keys)
            if proposal is None:
                break
            keys.add(proposal.key)
            yield proposal

    def tell(self, entries: Sequence[Entry]) -> None:
        """Learn nothing: how operators fare stands in the archive."""


def random_search(space: SearchSpace) -> Grammar:
    """The grammar without selection: it mutates the first candidates of a run only."""
    return Grammar(space, evolving=False)


def propose(
    stock: Stock,
    space: SearchSpace,
    rng: np.random.Generator,
    seen: Collection[str],
    taken: Collection[str],
) -> Proposal | None:
    """One new candidate.

    Args:
        stock: What it is bred from.
        space: What the task allows.
        rng: Generator of this proposal alone.
        seen: Keys of all candidates of the archive.
        taken: Keys proposed earlier in the same batch.

    Returns:
        The proposal, or None if there is no elite or no attempt gave an allowed, unseen one.
    """
    if not stock.elites:
        return None
    inner, newcomers = space.inner, stock.newcomers
    for attempt in range(ATTEMPTS):
        # Where all near a few small elites has been seen, what is new lies further off, or near
        # the laws that the run began with.
        further = attempt // FURTHER_AFTER % FURTHEST
        parents = stock.first if further % 2 else stock.elites
        parent, other = pick(parents, rng, stock.greed), pick(stock.elites, rng, 1.0)
        name = stock.operator(rng)
        if newcomers and rng.random() < SHARE:
            parent = newcomers[int(rng.integers(len(newcomers)))]
            name = (
                RECIPES[int(rng.integers(len(RECIPES)))] if rng.random() < RECIPE_SHARE else name
            )
        pair = (inward(elite.genome, space) for elite in (parent, other))
        genome, mate = (free_part(one, space) for one in pair)
        if genome is None or mate is None:
            continue
        child = OPERATORS[name](genome, mate, inner, rng)
        more = further + (rng.random() < TWICE)
        if child is None:
            continue
        for _ in range(more):
            extra = OPERATORS[stock.operator(rng)]
            child = extra(renumbered(child), mate, inner, rng) or child
        finished = finish(child, space)
        if finished is None:
            continue
        form_key = key(finished.law, finished.recipe)
        if form_key not in seen and form_key not in taken:
            parent_indices = (parent.entry.index, other.entry.index)
            law_of_task = outward(finished, space)
            return Proposal(law_of_task, form_key, name, parent_indices, origin_of(name))
    return None


def origin_of(name: str) -> Origin:
    """The origin of what an operator makes."""
    return "crossover" if name in CROSSOVERS else "mutation"


def finish(candidate: Candidate, space: SearchSpace) -> Candidate | None:
    """The candidate simplified, its constants in order; None if it is not allowed.

    Args:
        candidate: Its law is a template's free part, where the space has one. It gets a constant
            where a unit would stand for one, unless there is a template, or no room for it.
        space: What task and user allow.
    """
    inner = space.inner
    law = simplify(replace(candidate.law, own_feature_first=inner.own_feature_first))
    if not _is_allowed(law, inner):
        return None
    if space.template is None and space.max_constants >= SMALL:
        whole = closed(law, space)
        if whole is None or (whole is not law and not _is_allowed(whole, inner)):
            return None
        law = whole
    if space.template is not None:
        root = filled(space.template, law.root)
        if root is None:
            return None
        law = Law(root, len(constants_of(root)))
    if breaks_rules(law, space):
        return None
    return Candidate(law, allowed_recipe(candidate.recipe, space))


def _is_allowed(law: Law, space: SearchSpace) -> bool:
    """Whether a law has constants and features, neither too many, and finite, open literals."""
    largest = LARGEST_LAW + LARGEST_PER_CONSTANT * space.max_constants
    if not 1 <= law.n_constants <= space.max_constants or size(law.root) > largest:
        return False
    if not features_of(law.root) or depth(law.root) > MOST_DEPTH:
        return False
    return not has_odd_literal(law.root)


def breaks_rules(law: Law, space: SearchSpace) -> bool:
    """Whether a whole law lacks a feature that it must use, or has a forbidden operation."""
    if not set(space.must_use) <= features_of(law.root):
        return True
    return space.operations is not None and not shown_operations(law.root) <= space.operations


def filled(template: Template, part: Node) -> Node | None:
    """The template's law with a free part, less a constant of it that the template has too.

    None where the whole still has a constant that another one covers.
    """
    own = template.fill(part)
    if canonical(own)[1] == len(constants_of(own)):
        return own
    rest = [term for term in _addends(part) if term.op != "const"]
    if part.op != "add" or not rest or len(rest) == len(list(_addends(part))):
        return None
    root, n_constants = renumber(total(rest))
    own = template.fill(root)
    whole = n_constants > 0 and canonical(own)[1] == len(constants_of(own))
    return own if whole and features_of(root) else None


def free_part(candidate: Candidate, space: SearchSpace) -> Candidate | None:
    """What the operators change of a candidate: all, or its free part under a template.

    None where the law does not have the template's form.
    """
    if space.template is None:
        return candidate
    root = space.template.free_part(candidate.law.root)
    if root is None:
        return None
    return Candidate(Law(root, len(constants_of(root))), candidate.recipe)


def renumbered(candidate: Candidate) -> Candidate:
    """The candidate with its constants in order, so that the next fresh ones are new to it."""
    root, n_constants = renumber(candidate.law.root)
    return replace(candidate, law=Law(root, n_constants, candidate.law.own_feature_first))


def has_odd_literal(root: Node) -> bool:
    """Whether the tree hides a fitted constant in a literal.

    That is an added literal other than 0 or 1, any literal added inside an exponent, or a literal
    close to e, 1/e or 1 + e; or one that is not finite, as of 10**10**10.
    """
    written = walk(root)
    literals = {n for n in written if n.op == "num"}
    if not literals:
        return False
    if not all(math.isfinite(n.value) for n in literals):
        return True
    nodes = set(written)
    added = {a for n in nodes if n.op in ("add", "sub") for a in n.args}
    exponents = {a for n in nodes if n.op in ("exp", "logaddexp") for a in n.args}
    return (
        any(n in added and n.value not in (0.0, 1.0) for n in literals)
        or any(math.isclose(n.value, e) for n in literals for e in DISGUISES)
        or any(t.op == "num" and t.value != 0.0 for e in exponents for t in _addends(e))
    )


def _addends(node: Node) -> Iterator[Node]:
    """Terms of a sum or difference."""
    if node.op in ("add", "sub"):
        for arg in node.args:
            yield from _addends(arg)
    else:
        yield node


def allowed_recipe(recipe: Recipe, space: SearchSpace) -> Recipe:
    """The recipe with what the task does not allow taken back."""
    barred = [] if space.positive else ["target_scale"]
    barred += [] if space.axes else ["scale_weight"]
    barred += [] if space.pooled else ["shrinkage", "tied"]
    barred += [] if space.robust else ["loss", "f_scale"]
    allowed: dict[str, Any] = {name: getattr(_USUAL, name) for name in barred}
    allowed["n_starts"] = min(recipe.n_starts, MOST_STARTS)
    changed = {name: value for name, value in allowed.items() if getattr(recipe, name) != value}
    return replace(recipe, **changed) if changed else recipe
