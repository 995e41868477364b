"""Canonical form of a law, the same for all its spellings, and measures of that form.

No sympy: this runs in the search's inner loop. What counts as the same form: algebra (order,
signs, literals, exponentials and logarithms), and constants that only shift, scale or flip the
sign of another constant. Units stay: ``log(x/1e9)`` and ``log(x)`` are two forms.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable

from evolve.law.algebra import Rewriter, is_unit_scaled
from evolve.law.graph import (
    Law,
    Node,
    constants_of,
    features_of,
    renumber,
    walk,
)
from evolve.law.lowering import Lowering
from evolve.law.order import bounded
from evolve.law.recipe import FIRST_NAMES, Recipe
from evolve.law.share import without_scale
from evolve.law.text import text_of
from evolve.law.units import hidden_scales

PASSES = 6
WEIGHTS = {
    "feat": 1.0,
    "const": 3.0,  # each use: tied constants are not for nothing
    "num": 1.0,
    "neg": 0.0,  # a sign is for nothing: a law and its mirror image are as large
    "add": 1.0,
    "sub": 1.0,
    "mul": 1.0,
    "div": 1.5,
    "exp": 1.5,
    "log": 1.5,
    "pow": 2.0,
    "square": 1.5,
    "sqrt": 1.5,
    "log1p": 2.0,
    "expm1": 2.5,
    "abs": 2.5,
    "tanh": 3.0,
    "max": 3.0,
    "min": 3.0,
    "logaddexp": 3.0,
    "sin": 3.0,
    "cos": 3.0,
    "arctan": 3.0,
}
KNOWN_LITERALS = (math.log(2.0), math.log(10.0), math.e, math.pi)
SATURATIONS = ("tanh", "log1p", "logaddexp", "expm1")


_FORMS: dict[Node, tuple[Node, int]] = {}
_NO_FORM: tuple[Node | None, int] = (None, 0)


def canonical(root: Node) -> tuple[Node, int]:
    """The canonical form of a tree and its number of constants.

    The form describes the same family of curves; the constants mean other things than those of
    `root`, so constants that were fitted to `root` do not carry over.
    """
    form = bounded(_FORMS).get(root)
    if form is None:
        form = _FORMS[root] = _canonical(root)
    return form


def _canonical(root: Node) -> tuple[Node, int]:
    for _ in range(PASSES):
        rules = Rewriter(_uses(root))
        flat = rules.tell_apart(rules.rewrite(root))
        rewritten, n_constants = renumber(Lowering(rules).lower(flat))
        if rewritten is root:
            _FORMS[root] = root, n_constants
            break
        root = rewritten
        if _FORMS.get(root, _NO_FORM)[0] is root:  # most laws that are found have been seen
            break
    return root, n_constants


def simplify(law: Law) -> Law:
    """The law in canonical form, without constants that another one already covers."""
    root, n_constants = canonical(law.root)
    return Law(root, n_constants, law.own_feature_first)


def key(law: Law, recipe: Recipe | None = None) -> str:
    """Short hexadecimal name of a law's form and the recipe of its fit."""
    root, _ = canonical(law.root)
    rest = [law.own_feature_first, _first_named(recipe) if recipe else None]
    text = f"[{text_of(root)}, {json.dumps(rest)[1:]}"
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _first_named(recipe: Recipe) -> dict[str, object]:
    """What a program states of a recipe under the first names, of which stored keys are made."""
    return {FIRST_NAMES.get(name, name): v for name, v in recipe.arguments().items()}


def _uses(root: Node) -> dict[Node, int]:
    """How often each constant occurs in a tree."""
    uses: dict[Node, int] = {}
    todo = [root]
    while todo:
        node = todo.pop()
        if node.op == "const":
            uses[node] = uses.get(node, 0) + 1
        elif node.constants:
            todo.extend(node.args)
    return uses


# measures


def n_constants(root: Node) -> int:
    """Number of fitted constants that a tree uses."""
    return len(constants_of(root))


def is_plain(value: float) -> bool:
    """Whether a positive literal says nothing: a whole or half number, a power of ten, log 10."""
    if value <= 10 and 2 * value == int(2 * value):
        return True
    if not math.isfinite(value):
        return False
    if value == float(f"1e{round(math.log10(value))}"):
        return True
    return any(math.isclose(value, k) or math.isclose(value, 1 / k) for k in KNOWN_LITERALS)


def complexity(root: Node) -> float:
    """Size of a tree, each operation weighted by how exotic it is.

    The scale of a feature costs nothing where constants make up for any other; where it stands
    for a constant, as in 1/(N/1e9) + 1/(D/1e11), it costs as much as one. That of a share costs
    nothing: 100 exp(-a) says as much of a percentage as exp(-a) of the share.
    """
    return _weight(root) + WEIGHTS["const"] * hidden_scales(root)


def _weight(node: Node) -> float:
    if is_unit_scaled(node):
        return WEIGHTS["feat"]
    node = without_scale(node)
    return WEIGHTS[node.op] + sum([_weight(a) for a in node.args])


def form(root: Node) -> str:
    """Coarse kind of a law, for the cells of an archive; the same for all spellings.

    ``link/terms/traits``: the outermost function, the number of terms under it (1, 2, 3, 4-5,
    6+), and any of ``power``, ``saturation``, ``interaction`` and ``logquadratic``.
    """
    body, _ = canonical(_without_units(root))
    body = without_scale(body.args[0] if body.op == "neg" else body)
    link = body.op if body.op in ("exp", "log") else "identity"
    if link == "identity" and body.op in ("tanh", "max", "min", "logaddexp", "sqrt", "abs"):
        link = "other"
    if link in ("exp", "log"):
        body = body.args[0]
    terms = list(_terms(body))
    n_terms = len(terms)
    bucket = str(n_terms) if n_terms <= 3 else "4-5" if n_terms <= 5 else "6+"
    tests = {
        "power": any(map(_has_power, terms)),
        "saturation": any(map(_has_saturation, terms)),
        "interaction": any(len(features_of(t)) >= 2 for t in terms),
        "logquadratic": any(map(_has_log_product, terms)),
    }
    traits = "+".join(name for name, holds in tests.items() if holds) or "plain"
    return f"{link}/{bucket}/{traits}"


def _without_units(root: Node) -> Node:
    """The tree of bare features, if each has one unit at most: it is of the same kind.

    A search has found out the canonical form of that tree, which takes long, before it proposed
    the law.
    """
    leaves: dict[Node, Node] = {}
    bare = _bare(root, leaves)
    return bare if len(set(leaves.values())) == len(leaves) else root


def _bare(node: Node, leaves: dict[Node, Node]) -> Node:
    """The tree of bare features; `leaves` gets the feature of each piece, with a unit or not."""
    if not node.features:
        return node
    if node.op == "feat" or is_unit_scaled(node):
        leaves[node] = node.args[0] if node.args else node
        return leaves[node]
    args = tuple([_bare(a, leaves) for a in node.args])
    return node if args == node.args else Node(node.op, args, node.value)


def _terms(node: Node) -> Iterable[Node]:
    if node.op in ("add", "sub", "neg"):
        for arg in node.args:
            yield from _terms(arg)
    else:
        yield node


def _has_power(term: Node) -> bool:
    """Whether a term holds a feature to a fitted power, spelt either way."""
    for node in walk(term):
        if node.op == "pow" and features_of(node.args[0]) and constants_of(node.args[1]):
            return True
        if node.op == "exp" and any(n.op == "log" for n in walk(node)):
            return True
    return False


def _has_saturation(term: Node) -> bool:
    for node in walk(term):
        if node.op in SATURATIONS and features_of(node):
            return True
        if node.op == "div" and any(n.op in ("add", "sub") for n in walk(node.args[1])):
            return True
    return False


def _has_log_product(term: Node) -> bool:
    for node in walk(term):
        if node.op == "square" and node.args[0].op == "log":
            return True
        if node.op == "mul" and all(any(n.op == "log" for n in walk(a)) for a in node.args):
            return True
    return False
