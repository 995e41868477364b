"""Operators that change a law by adding, dropping, replacing and exchanging its terms."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from evolve.law.candidate import Candidate
from evolve.law.graph import Law, Node, call, const, constants_of, num, walk
from evolve.search.operators.registry import SearchSpace, chosen, crossover, operator
from evolve.search.operators.terms import (
    FIRST_FRESH,
    fresh,
    linear,
    random_term,
    some_variables,
    times,
)


def with_root(candidate: Candidate, root: Node) -> Candidate:
    """The candidate with another tree."""
    return replace(
        candidate, law=Law(root, candidate.law.n_constants, candidate.law.own_feature_first)
    )


def split_link(root: Node) -> tuple[list[str], Node]:
    """Functions wrapped around a law's sum, outermost first, and the sum."""
    links: list[str] = []
    while root.op == "exp" and root.args[0].op in ("add", "sub"):
        links.append(root.op)
        root = root.args[0]
    return links, root


def join_link(links: list[str], body: Node) -> Node:
    """The sum with its links put back around it."""
    for op in reversed(links):
        body = call(op, body)
    return body


def terms_of(node: Node) -> list[Node]:
    """Terms of a sum; a subtracted term comes with its sign."""
    if node.op == "add":
        return terms_of(node.args[0]) + terms_of(node.args[1])
    if node.op == "sub":
        return terms_of(node.args[0]) + [negated(t) for t in terms_of(node.args[1])]
    return [node]


def negated(node: Node) -> Node:
    """Minus a node."""
    return node.args[0] if node.op == "neg" else call("neg", node)


def sum_of(terms: list[Node]) -> Node:
    """Sum of terms, `neg` terms subtracted."""
    ordered = sorted(terms, key=lambda t: t.op == "neg")
    result = ordered[0]
    for item in ordered[1:]:
        negative = item.op == "neg"
        result = call("sub" if negative else "add", result, item.args[0] if negative else item)
    return result


def parts(candidate: Candidate) -> tuple[list[str], list[Node]]:
    """Links and terms of a candidate's law."""
    links, body = split_link(candidate.law.root)
    return links, terms_of(body)


def substitute(node: Node, old: Node, new: Node) -> Node:
    """The tree with every subtree equal to `old` exchanged."""
    if node == old:
        return new
    if not node.args:
        return node
    args = tuple([substitute(a, old, new) for a in node.args])
    return node if args == node.args else Node(node.op, args, node.value)


@operator
def add_term(
    parent: Candidate, other: Candidate, space: SearchSpace, rng: np.random.Generator
) -> Candidate | None:
    """A new term beside the others."""
    links, terms = parts(parent)
    new = random_term(space, rng, fresh())
    if rng.random() < 0.15:
        new = negated(new)
    return with_root(parent, join_link(links, sum_of([*terms, new])))


@operator
def drop_term(
    parent: Candidate, other: Candidate, space: SearchSpace, rng: np.random.Generator
) -> Candidate | None:
    """One term less."""
    links, terms = parts(parent)
    if len(terms) < 2:
        return None
    terms.pop(int(rng.integers(len(terms))))
    return with_root(parent, join_link(links, sum_of(terms)))


@operator
def replace_term(
    parent: Candidate, other: Candidate, space: SearchSpace, rng: np.random.Generator
) -> Candidate | None:
    """One term exchanged for a new one."""
    links, terms = parts(parent)
    terms[int(rng.integers(len(terms)))] = random_term(space, rng, fresh())
    return with_root(parent, join_link(links, sum_of(terms)))


@crossover
def cross_terms(
    parent: Candidate, other: Candidate, space: SearchSpace, rng: np.random.Generator
) -> Candidate | None:
    """A term of another elite added, or put in the place of one of ours."""
    links, terms = parts(parent)
    _, donated = parts(other)
    gift = chosen(rng, donated)
    offset = {const(k): const(FIRST_FRESH + k) for k in constants_of(gift)}
    for old, new in offset.items():
        gift = substitute(gift, old, new)
    if rng.random() < 0.5 and len(terms) > 1:
        terms.pop(int(rng.integers(len(terms))))
    return with_root(parent, join_link(links, sum_of([*terms, gift])))


@operator
def add_factor(
    parent: Candidate, other: Candidate, space: SearchSpace, rng: np.random.Generator
) -> Candidate | None:
    """A term multiplied by a power of another variable: one more slope inside an exp or tanh."""
    inner = [n.args[0] for n in walk(parent.law.root) if n.op in ("exp", "tanh")]
    inner = [n for n in inner if n.op in ("add", "sub")]
    if not inner:
        return None
    old = chosen(rng, inner)
    more = linear(some_variables(space, rng)[:1], fresh())
    return with_root(parent, substitute(parent.law.root, old, call("add", old, more)))


@operator
def drop_factor(
    parent: Candidate, other: Candidate, space: SearchSpace, rng: np.random.Generator
) -> Candidate | None:
    """Drop one term of a sum inside a function."""
    _, body = split_link(parent.law.root)
    sums = [n for n in walk(body) if n.op in ("add", "sub") and n is not body]
    if not sums:
        return None
    old = chosen(rng, sums)
    keep = old.args[int(rng.integers(2))]
    return with_root(parent, substitute(parent.law.root, old, keep))


@operator
def interact(
    parent: Candidate, other: Candidate, space: SearchSpace, rng: np.random.Generator
) -> Candidate | None:
    """A term multiplied by (1 + c*v)."""
    links, terms = parts(parent)
    at = int(rng.integers(len(terms)))
    factor = call("add", num(1.0), times(next(fresh()), chosen(rng, space.variables())))
    terms[at] = times(terms[at], factor)
    return with_root(parent, join_link(links, sum_of(terms)))


@operator
def swap_variable(
    parent: Candidate, other: Candidate, space: SearchSpace, rng: np.random.Generator
) -> Candidate | None:
    """One variable exchanged for another in one term."""
    links, terms = parts(parent)
    options = space.variables()
    at = int(rng.integers(len(terms)))
    present = [v for v in options if any(n == v for n in walk(terms[at]))]
    if not present or len(options) < 2:
        return None
    old = chosen(rng, present)
    terms[at] = substitute(terms[at], old, chosen(rng, [v for v in options if v != old]))
    return with_root(parent, join_link(links, sum_of(terms)))
