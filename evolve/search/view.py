"""Turn laws as a search sees them into laws of a task's own columns, and back.

A search sees features over their scales, in an order and with a sign of the targets that the rows
decide (`tasks.frame`). A law is stored, fitted and shown as one of the raw columns; its constants
have the same numbers in both.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache

from evolve.fitting.reframe import signed_terms
from evolve.fitting.shares import in_amounts, in_shares
from evolve.law.algebra import is_unit_scaled
from evolve.law.candidate import Candidate
from evolve.law.canonical import canonical
from evolve.law.graph import Law, Node, call, feat, num, walk
from evolve.law.recipe import Recipe
from evolve.search.operators.registry import SearchSpace

# Scale of the targets under a ceiling, by that of what a search sees.
OF_GAP = {"linear": "gap", "log": "log_gap"}
FROM_GAP = {gap: seen for seen, gap in OF_GAP.items()}


def outward(candidate: Candidate, space: SearchSpace) -> Candidate:
    """A candidate of the search as one of the raw columns; itself under a template."""
    if space.template is not None:
        return candidate
    law, root = candidate.law, _outward(candidate.law.root, space)
    recipe = _with_scale(candidate.recipe, space, OF_GAP)
    return Candidate(Law(root, law.n_constants, law.own_feature_first), recipe)


def inward(candidate: Candidate, space: SearchSpace) -> Candidate:
    """A candidate of the raw columns as the search sees it, in its simplest form.

    Under a template it is seen as it is.
    """
    if space.template is not None:
        return candidate
    root, n_constants = _inward(candidate.law.root, space)
    recipe = _with_scale(candidate.recipe, space, FROM_GAP)
    return Candidate(Law(root, n_constants, candidate.law.own_feature_first), recipe)


def _with_scale(recipe: Recipe, space: SearchSpace, scales: Mapping[str, str]) -> Recipe:
    """The recipe, of what the targets leave to a ceiling where there is one, or back."""
    if space.ceiling is None or recipe.target_scale not in scales:
        return recipe
    return replace(recipe, target_scale=scales[recipe.target_scale])


@lru_cache(maxsize=4096)
def _outward(root: Node, space: SearchSpace) -> Node:
    if space.share_of is not None:
        root = in_amounts(root, space.share_of)
    if space.ceiling is not None:
        return _to_raw(call("sub", num(space.ceiling), root), space)
    return _to_raw(_mirrored(root, space), space)


@lru_cache(maxsize=4096)
def _inward(raw: Node, space: SearchSpace) -> tuple[Node, int]:
    seen = _to_seen(raw, space)
    root = _left(seen, space.ceiling) if space.ceiling else _mirrored(seen, space)
    return canonical(root if space.share_of is None else in_shares(root, space.share_of))


def _left(root: Node, ceiling: float) -> Node:
    """What a law leaves to a ceiling."""
    top = num(ceiling)
    is_below = root.op == "sub" and root.args[0] == top
    return root.args[1] if is_below else call("sub", top, root)


def _to_raw(node: Node, space: SearchSpace) -> Node:
    """The tree of raw features over their scales."""
    if node.op == "feat":
        number = space.columns[node.index] if space.columns else node.index
        scale = space.scales[node.index] if space.scales else 1.0
        return feat(number) if scale == 1.0 else call("div", feat(number), num(scale))
    if not node.features:
        return node
    return Node(node.op, tuple([_to_raw(a, space) for a in node.args]), node.value)


def _to_seen(node: Node, space: SearchSpace) -> Node:
    """The tree of the features that the search sees; what is over another unit gets a factor."""
    if node.op == "feat":
        return _times_unit(node, 1.0, space)
    if is_unit_scaled(node):
        return _times_unit(node.args[0], node.args[1].value, space)
    if not node.features:
        return node
    args = tuple([_to_seen(a, space) for a in node.args])
    factors = {a.args[1] for a in args if a.op == "mul"}
    if node.op in ("min", "max") and len(factors) == 1 and all(a.op == "mul" for a in args):
        inside = tuple(a.args[0] for a in args)  # what is smaller is so in any unit
        return Node("mul", (Node(node.op, inside), *factors))
    return Node(node.op, args, node.value)


def _times_unit(raw: Node, unit: float, space: SearchSpace) -> Node:
    place = space.place_of(raw.index)
    ratio = (space.scales[place] if space.scales else 1.0) / unit
    return feat(place) if ratio == 1.0 else call("mul", feat(place), num(ratio))


def _mirrored(root: Node, space: SearchSpace) -> Node:
    """The tree of a target seen with its sign changed; itself where it is not.

    Without a natural zero each term changes its sign, unless a constant of its own does so.
    """
    if not space.mirrored:
        return root
    if space.natural_zero:
        return root.args[0] if root.op == "neg" else call("neg", root)
    return turned(root)


def turned(root: Node) -> Node:
    """The tree with the sign of each term changed, unless a constant of its own has it."""
    uses = Counter(n for n in walk(root) if n.op == "const")
    result: Node | None = None
    for sign, term in signed_terms(root):
        positive = (sign > 0) == _takes_sign(term, uses)
        if result is None:
            result = term if positive else call("neg", term)
        else:
            result = call("add" if positive else "sub", result, term)
    return result or root


def _takes_sign(node: Node, uses: Counter[Node]) -> bool:
    """Whether constants that stand nowhere else make up for the sign of a term."""
    if node.op == "const":
        return uses[node] == 1
    if node.op in ("add", "sub"):
        return all(_takes_sign(a, uses) for a in node.args)
    if node.op == "mul":
        return any(_takes_sign(a, uses) for a in node.args)
    return node.op in ("neg", "div") and _takes_sign(node.args[0], uses)
