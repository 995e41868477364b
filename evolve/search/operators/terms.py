"""Random terms of a law: the vocabulary of the grammar."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import count

import numpy as np

from evolve.law.graph import Node, call, const, num
from evolve.search.operators.registry import SearchSpace, chosen, cumulated, drawn

Term = Callable[[SearchSpace, np.random.Generator, Iterator[Node]], Node]
TERMS: dict[str, tuple[Term, float]] = {}
FIRST_FRESH = 10_000
HOW_MANY = cumulated([0.62, 0.3, 0.08])  # variables of a term: one, two or three


def fresh() -> Iterator[Node]:
    """Constants that no law uses yet."""
    return (const(k) for k in count(FIRST_FRESH))


def total(parts: list[Node]) -> Node:
    """Sum of one or more nodes."""
    result = parts[0]
    for part in parts[1:]:
        result = call("add", result, part)
    return result


def times(a: Node, b: Node) -> Node:
    """Product."""
    return call("mul", a, b)


def power_law(variable: Node, new: Iterator[Node]) -> Node:
    """exp(a + b*v): a positive power law of one log variable."""
    return product_of_powers([variable], new)


def product_of_powers(variables: list[Node], new: Iterator[Node]) -> Node:
    """exp(a + b*v + c*w + …): a positive product of powers of log variables."""
    return call("exp", call("add", next(new), linear(variables, new)))


def power_from_origin(raw: Node, new: Iterator[Node]) -> Node:
    """A*max(x - x0, 0)^b: a power law of either sign of what lies beyond an unknown origin."""
    beyond = call("max", call("sub", raw, next(new)), num(0.0))
    return times(next(new), call("pow", beyond, next(new)))


def term(weight: float) -> Callable[[Term], Term]:
    """Register a kind of term with its prior weight in a random choice."""

    def register(function: Term) -> Term:
        TERMS[function.__name__] = (function, weight)
        return function

    return register


def random_term(space: SearchSpace, rng: np.random.Generator, new: Iterator[Node]) -> Node:
    """A term of a random kind over random variables."""
    kinds = list(TERMS.values())
    kind, _ = kinds[drawn(rng, _cumulated(tuple([weight for _, weight in kinds])))]
    return kind(space, rng, new)


@lru_cache(maxsize=4)  # the kinds that there are, for every draw
def _cumulated(weights: tuple[float, ...]) -> tuple[float, ...]:
    shares = np.array(weights)
    return cumulated(shares / shares.sum())


def some_variables(space: SearchSpace, rng: np.random.Generator) -> list[Node]:
    """One variable most of the time, now and then two or three."""
    options = space.variables()
    n = min(1 + drawn(rng, HOW_MANY), len(options))
    if space.own_feature_first and rng.random() < 0.4:
        return [options[0]]
    return [options[j] for j in sorted(rng.choice(len(options), size=n, replace=False))]


def linear(variables: list[Node], new: Iterator[Node]) -> Node:
    """Sum of constants times variables."""
    return total([times(next(new), v) for v in variables])


@term(5.0)
def power(space: SearchSpace, rng: np.random.Generator, new: Iterator[Node]) -> Node:
    """exp(a + b*log x + …): a positive power law, or exponential of linear features."""
    return product_of_powers(some_variables(space, rng), new)


@term(2.0)
def slope(space: SearchSpace, rng: np.random.Generator, new: Iterator[Node]) -> Node:
    """a*v: a straight line in a variable."""
    return times(next(new), chosen(rng, space.variables()))


@term(1.5)
def product(space: SearchSpace, rng: np.random.Generator, new: Iterator[Node]) -> Node:
    """a*v*w: a product of two variables, or a square."""
    first, second = chosen(rng, space.variables()), chosen(rng, space.variables())
    body = call("square", first) if first == second else times(first, second)
    return times(next(new), body)


@term(1.5)
def saturation(space: SearchSpace, rng: np.random.Generator, new: Iterator[Node]) -> Node:
    """a/(1 + exp(b + c*v)): a smooth step."""
    inside = call("add", next(new), linear(some_variables(space, rng), new))
    return call("div", next(new), call("add", num(1.0), call("exp", inside)))


@term(1.0)
def rectified(space: SearchSpace, rng: np.random.Generator, new: Iterator[Node]) -> Node:
    """1/(exp(a) + exp(b + c*v)): a power law with a plateau (Lin et al. 2024, rectified law)."""
    inside = call("add", next(new), linear(some_variables(space, rng), new))
    return call("div", num(1.0), call("add", call("exp", next(new)), call("exp", inside)))


@term(0.6)
def step(space: SearchSpace, rng: np.random.Generator, new: Iterator[Node]) -> Node:
    """a*tanh(b + c*v)."""
    inside = call("add", next(new), linear(some_variables(space, rng), new))
    return times(next(new), call("tanh", inside))


@term(0.6)
def softplus(space: SearchSpace, rng: np.random.Generator, new: Iterator[Node]) -> Node:
    """a*log(1 + exp(b + c*v)): flat, then a straight line."""
    inside = call("add", next(new), linear(some_variables(space, rng), new))
    return times(next(new), call("logaddexp", num(0.0), inside))


@term(0.4)
def bump(space: SearchSpace, rng: np.random.Generator, new: Iterator[Node]) -> Node:
    """a*exp(-(b + c*v)^2)."""
    inside = call("add", next(new), times(next(new), chosen(rng, space.variables())))
    return times(next(new), call("exp", call("neg", call("square", inside))))


@term(0.8)
def valley(space: SearchSpace, rng: np.random.Generator, new: Iterator[Node]) -> Node:
    """a*(v - b - c*w)^2: an optimum that moves with the other variables."""
    options = space.variables()
    v = chosen(rng, options)
    others = [o for o in options if o != v]
    inside = call("sub", v, next(new))
    if others and rng.random() < 0.7:
        inside = call("sub", inside, times(next(new), chosen(rng, others)))
    return times(next(new), call("square", inside))


@term(1.0)
def shifted_power(space: SearchSpace, rng: np.random.Generator, new: Iterator[Node]) -> Node:
    """a*log(x + exp(b)), or exp(a + c*log(x + exp(b))): a power law that starts late."""
    index = (
        0
        if space.own_feature_first and rng.random() < 0.7
        else int(rng.integers(len(space.units)))
    )
    shifted = call("log", call("add", space.variable(index), call("exp", next(new))))
    if rng.random() < 0.4:
        return times(next(new), shifted)
    return call("exp", call("add", next(new), times(next(new), shifted)))


@term(1.0)
def raw_power(space: SearchSpace, rng: np.random.Generator, new: Iterator[Node]) -> Node:
    """a*x^b: a power law of either sign, also of features that can be 0."""
    index = (
        0
        if space.own_feature_first and rng.random() < 0.7
        else int(rng.integers(len(space.units)))
    )
    return times(next(new), call("pow", space.variable(index), next(new)))


@term(0.8)
def all_linear(space: SearchSpace, rng: np.random.Generator, new: Iterator[Node]) -> Node:
    """Sum of a constant times every variable (with own features: every other variable)."""
    options = space.variables()
    return linear(options[1:] if space.own_feature_first and len(options) > 1 else options, new)
