"""Operators that change what a law's sum or its variables are wrapped in."""

from __future__ import annotations

import numpy as np

from evolve.law.candidate import Candidate
from evolve.law.graph import Node, call, num, walk
from evolve.search.operators.registry import SearchSpace, chosen, operator
from evolve.search.operators.structure import (
    join_link,
    parts,
    split_link,
    substitute,
    sum_of,
    with_root,
)
from evolve.search.operators.terms import fresh, times


@operator
def change_link(
    parent: Candidate, other: Candidate, space: SearchSpace, rng: np.random.Generator
) -> Candidate | None:
    """Take an exp off the whole sum, or put one around it."""
    links, body = split_link(parent.law.root)
    if links:
        return with_root(parent, body)
    return with_root(parent, call("exp", body)) if space.positive else None


@operator
def add_floor(
    parent: Candidate, other: Candidate, space: SearchSpace, rng: np.random.Generator
) -> Candidate | None:
    """An irreducible constant beside the whole law."""
    return with_root(parent, call("add", next(fresh()), parent.law.root))


@operator
def power_of_sum(
    parent: Candidate, other: Candidate, space: SearchSpace, rng: np.random.Generator
) -> Candidate | None:
    """Two terms joined as (f + g)^c (Kaplan et al. 2020, equation 1.5)."""
    links, terms = parts(parent)
    positive = [t for t in terms if t.op == "exp"]
    if len(positive) < 2:
        return None
    first, second = (positive[i] for i in sorted(rng.choice(len(positive), 2, replace=False)))
    rest = [t for t in terms if t is not first and t is not second]
    both = call("logaddexp", first.args[0], second.args[0])
    joined = call("exp", times(next(fresh()), both))
    return with_root(parent, join_link(links, sum_of([*rest, joined])))


@operator
def wrap_variable(
    parent: Candidate, other: Candidate, space: SearchSpace, rng: np.random.Generator
) -> Candidate | None:
    """A log variable that saturates or starts late, alone or against another variable.

    log x becomes -log(1/x + exp(c)/y^d): x counts until it outgrows y (repeated data), or
    log(x + exp(c)).
    """
    logs = [v for v in space.variables() if v.op == "log"]
    present = [v for v in logs if any(n == v for n in walk(parent.law.root))]
    if not present:
        return None
    old = chosen(rng, present)
    new = fresh()
    limit: Node = next(new)
    others = [v for v in logs if v != old]
    if others and rng.random() < 0.6:
        y = chosen(rng, others)
        limit = call("add", limit, y if rng.random() < 0.5 else times(next(new), y))
    if rng.random() < 0.7:
        wrapped = call("neg", call("logaddexp", call("neg", old), call("neg", limit)))
    else:
        wrapped = call("logaddexp", old, limit)
    if rng.random() < 0.5:
        return with_root(parent, substitute(parent.law.root, old, wrapped))
    links, terms = parts(parent)
    having = [i for i, t in enumerate(terms) if any(n == old for n in walk(t))]
    at = having[int(rng.integers(len(having)))]
    terms[at] = substitute(terms[at], old, wrapped)
    return with_root(parent, join_link(links, sum_of(terms)))


@operator
def unwrap(
    parent: Candidate, other: Candidate, space: SearchSpace, rng: np.random.Generator
) -> Candidate | None:
    """A function of something exchanged for that something."""
    _, body = split_link(parent.law.root)
    wrapped = [
        n
        for n in walk(body)
        if n.op in ("logaddexp", "tanh", "square", "neg") and n.args[0].op != "num"
    ]
    if not wrapped:
        return None
    old = chosen(rng, wrapped)
    return with_root(parent, substitute(parent.law.root, old, old.args[0]))


@operator
def square_variable(
    parent: Candidate, other: Candidate, space: SearchSpace, rng: np.random.Generator
) -> Candidate | None:
    """A slope that bends: c*v becomes c*v + d*v^2 inside one term."""
    links, terms = parts(parent)
    at = int(rng.integers(len(terms)))
    slopes = [
        n
        for n in walk(terms[at])
        if n.op == "mul" and n.args[0].op == "const" and n.args[1] in space.variables()
    ]
    if not slopes:
        return None
    old = chosen(rng, slopes)
    bent = call("add", old, times(next(fresh()), call("square", old.args[1])))
    terms[at] = substitute(terms[at], old, bent)
    return with_root(parent, join_link(links, sum_of(terms)))


@operator
def root_term(
    parent: Candidate, other: Candidate, space: SearchSpace, rng: np.random.Generator
) -> Candidate | None:
    """A constant times the square root of a feature that acts as it is, beside the others."""
    links, terms = parts(parent)
    plain = [j for j, logarithmic in enumerate(space.logarithmic) if not logarithmic]
    if not plain:
        return None
    index = plain[int(rng.integers(len(plain)))]
    term = times(next(fresh()), call("pow", space.variable(index), num(0.5)))
    return with_root(parent, join_link(links, sum_of([*terms, term])))
