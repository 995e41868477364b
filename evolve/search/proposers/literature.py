"""Forms that papers have found runs to follow, over any features of a search space.

They stand beside the generic laws of `starting` among the first candidates of every run, whatever
the task; a task's own literature laws are its seed files.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce

from evolve.law.graph import Node, call, constants_of, feat, num
from evolve.search.operators import SearchSpace
from evolve.search.operators.terms import (
    fresh,
    linear,
    power_from_origin,
    power_law,
    product_of_powers,
    times,
    total,
)

MOST_PAIRED = 4


def published_forms(space: SearchSpace) -> dict[str, Node]:
    """Forms of the literature over the features of a task.

    Args:
        space: What the task allows.

    Returns:
        Trees by name.
    """
    v, new = space.variables(), fresh()
    forms: dict[str, Node] = {}
    for i in space.axes or range(len(v)):
        if space.logarithmic[i]:
            curves = _curves(space.variable(i), new)
            forms |= {f"{name} of {i}": root for name, root in curves.items()}
    if len(v) == 1 and (space.either_way or not space.pooled):  # a falling one has no origin
        forms |= _from_origin(space, new)
    if len(v) == 1 and not space.pooled and space.logarithmic[0]:  # of groups it was not measured
        forms |= _of_one(v[0], new)
    if len(v) == 2:  # of three and more they were of no use: a plateau of all takes many constants
        forms |= _with_plateau(space, v, new)
    if len(v) > 1:
        forms |= _joint_forms(v, new) | _multiplied(space, v, new) | _of_ratio(space, v, new)
        forms |= _valleys(space, v, new) | _posynomials(space, v, new) | _repeated(space, v, new)
    if space.own_feature_first and len(v) > 1:
        own = times(next(new), call("pow", space.variable(0), next(new)))
        forms["own power and linear others"] = total([next(new), own, linear(v[1:], new)])
    return forms


def named_forms(space: SearchSpace) -> dict[str, Node]:
    """Further forms of the literature, which are fitted where somebody asks for them by name.

    They are no first candidates: whether they are worth evaluations there was not measured.

    Args:
        space: What the task allows.

    Returns:
        Trees by name.
    """
    v, new = space.variables(), fresh()
    forms = _from_origin(space, new)
    if len(v) < 2:
        return forms  # of one feature the others are first candidates: a late power, a sigmoid
    forms |= _with_plateau(space, v, new)
    exponents = _exponents(v, new)
    for i, x in enumerate(v[:MOST_PAIRED]):
        rest = [e for j, e in enumerate(exponents) if j != i]
        raised = _raised([*rest, call("sub", next(new), x)], new)
        forms[f"power of a sum, {i} inverse and floor"] = total([next(new), raised])
    return forms


def _with_plateau(space: SearchSpace, v: list[Node], new: Iterator[Node]) -> dict[str, Node]:
    """Sums of powers with a plateau where features are small, as of errors near chance there."""
    # Alabdulmohsin et al. 2022 (M4, its shape 1): (E + I g)/(1 + g) of a sum of powers g.
    share = call("tanh", times(num(0.5), reduce(_logaddexp, _exponents(v, new))))
    forms = {"bounded sum of powers": total([next(new), times(next(new), share)])}
    if all(space.logarithmic):
        # Zhai et al. 2022, a sum of them: each power has a limit of its own.
        late = [_late_power(space.variable(i), new) for i in range(len(v))]
        forms["sum of late powers"] = total([next(new), *late])
    return forms


def _exponents(v: list[Node], new: Iterator[Node]) -> list[Node]:
    """Logarithms of a power of each feature."""
    return [call("add", next(new), times(next(new), x)) for x in v]


def _logaddexp(a: Node, b: Node) -> Node:
    return call("logaddexp", a, b)


def _late_power(raw: Node, new: Iterator[Node]) -> Node:
    """A (x + s)^-a, in logarithms."""
    shifted = call("log", call("add", raw, call("exp", next(new))))
    return call("exp", call("add", next(new), times(next(new), shifted)))


def _from_origin(space: SearchSpace, new: Iterator[Node]) -> dict[str, Node]:
    """A (x - x0)^b, 0 up to x0: rating curves of rivers (Rantz et al. 1982), thresholds."""
    forms = {}
    for i in range(len(space.units)):
        alone = power_from_origin(space.variable(i), new)
        forms[f"power from an origin of {i}"] = alone
        forms[f"power from an origin and floor of {i}"] = total([next(new), alone])
    return forms


def _of_one(x: Node, new: Iterator[Node]) -> dict[str, Node]:
    """Curves of a table's only feature, whose logarithm is given.

    c + A exp(-x/s), decay or approach (Mitscherlich 1909); A x^-a + B x^-b, where one cause of a
    loss takes over from another (Bahri et al. 2021); c + A/x, where a part of the work is shared
    (Amdahl 1967). And what begins at 0 and saturates, as throughput does with the batch, in so few
    constants that short tables tell them: A x/(k + x) (Michaelis and Menten 1913), with a power of
    x (Hill 1910), and A (1 - exp(-x/s)).
    """

    def share(of: Node) -> Node:
        return call("div", next(new), call("add", num(1.0), call("exp", of)))

    def gone() -> Node:
        return call("exp", call("neg", call("exp", call("sub", x, next(new)))))

    inverse = call("exp", call("neg", x))
    return {
        "exponential of 0": total([next(new), times(next(new), gone())]),
        "two powers of 0": total([power_law(x, new), power_law(x, new)]),
        "inverse and floor of 0": total([next(new), times(next(new), inverse)]),
        "saturation of 0": share(call("sub", next(new), x)),
        "steep saturation of 0": share(times(next(new), call("sub", next(new), x))),
        "approach of 0": times(next(new), call("sub", num(1.0), gone())),
    }


def _raised(exponents: list[Node], new: Iterator[Node]) -> Node:
    """(exp(e) + exp(f) + …)^c."""
    return call("exp", times(next(new), reduce(_logaddexp, exponents)))


def _joint_forms(v: list[Node], new: Iterator[Node]) -> dict[str, Node]:
    """Forms in which all features act on one another."""
    powers = [power_law(x, new) for x in v]
    joint = product_of_powers(v, new)
    plane = call("add", next(new), linear(v, new))
    products = [times(next(new), times(a, b)) for i, a in enumerate(v) for b in v[:i]]
    bilinear = total([plane, *products])
    # Kaplan et al. 2020 (equation 1.5): a power of a sum of powers.
    exponents = _exponents(v, new)
    raised = _raised(exponents, new)
    forms = {"power of a sum": raised, "power of a sum and floor": total([next(new), raised])}
    for i, x in enumerate(v[:MOST_PAIRED]):
        inverse = call("sub", next(new), x)
        rest = [e for j, e in enumerate(exponents) if j != i]
        forms[f"power of a sum, {i} inverse"] = _raised([*rest, inverse], new)
    return forms | {
        # Clark et al. 2022 (equation 7); slopes that change with the other features.
        "bilinear": bilinear,
        "exp of bilinear": call("exp", bilinear),
        "exp of bilinear and floor": total([next(new), call("exp", bilinear)]),
        # Powers of each and one of all, as where features interact (Farseer, Li et al. 2025).
        "sum of powers and product": total([next(new), *powers, joint]),
    }


def _curves(raw: Node, new: Iterator[Node]) -> dict[str, Node]:
    """Curves of one feature, after Domhan et al. 2015 and Viering & Loog 2022."""
    x = call("log", raw)
    bend = call("logaddexp", num(0.0), times(next(new), call("sub", x, next(new))))
    slow = call("exp", call("neg", power_law(x, new)))
    broken = total([next(new), times(next(new), x), times(next(new), bend)])
    return {
        "late power": total([next(new), _late_power(raw, new)]),
        "stretched exponential": total([next(new), times(next(new), slow)]),
        # Caballero et al. 2022, one break.
        "broken power": total([next(new), call("exp", broken)]),
    }


def _of_ratio(space: SearchSpace, v: list[Node], new: Iterator[Node]) -> dict[str, Node]:
    """A power of the product of two sizes, and a valley along their ratio.

    So a loss goes with compute and with tokens per parameter, as profiles of equal compute have it
    (Hoffmann et al. 2022, section 3.2, fit such parabolas).
    """
    if len(v) != 2 or len(space.axes) != 2:
        return {}
    joint = call("exp", call("sub", next(new), times(next(new), call("add", v[0], v[1]))))
    away = call("sub", call("sub", v[0], v[1]), next(new))
    root = total([next(new), joint, times(next(new), call("square", away))])
    return {"power of the product, valley of the ratio": root}


def _valleys(space: SearchSpace, v: list[Node], new: Iterator[Node]) -> dict[str, Node]:
    """Step law (Li et al. 2025): other features have an optimum that moves with the axes.

    Where the rows are too few for that, as of runs that were tuned at a few scales, one axis
    stands for all: they mostly grow together there. What is left at the optimum may still need
    all of them, as where tokens are no fixed number of times the parameters: a product of powers.
    """
    axes = {j: v[j] for j in space.axes}
    others = [x for j, x in enumerate(v) if j not in space.axes]
    if not axes or not others:
        return {}

    def along(some: list[Node], powers: list[Node]) -> Node:
        return total([next(new), *powers, *(_valley(x, some, new) for x in others)])

    every = list(axes.values())
    of_all = along(every, [power_law(x, new) for x in every])
    if len(constants_of(of_all)) <= space.max_constants:
        return {"valleys": of_all}
    found = {f"valleys along {j}": along([x], [power_law(x, new)]) for j, x in axes.items()}
    for j, x in axes.items() if len(axes) > 1 else ():
        found[f"product and valleys along {j}"] = along([x], [product_of_powers(every, new)])
    return found


def _valley(x: Node, axes: list[Node], new: Iterator[Node]) -> Node:
    """Optimum of x that moves with the axes, a (x - b - c·axis - …)^2."""
    inside = call("sub", call("sub", x, next(new)), linear(axes, new))
    return times(next(new), call("square", inside))


def _posynomials(space: SearchSpace, v: list[Node], new: Iterator[Node]) -> dict[str, Node]:
    """Sums of products of powers (Boyd et al. 2007): convex in the logarithms.

    What each axis leaves falls as a power; one product rises where other features are too small,
    another where they are too large, so that optima move and need not be symmetric.
    """
    axes = [v[j] for j in space.axes]
    others = {j: x for j, x in enumerate(v) if j not in space.axes}
    if not axes or not others:
        return {}

    def sum_of(n_products: int, *more: Node) -> Node:
        powers = [power_law(x, new) for x in axes]
        products = [product_of_powers(v, new) for _ in range(n_products)]
        return total([next(new), *powers, *more, *products])

    forms = {"sum of 3 products": total([product_of_powers(v, new) for _ in range(3)])}
    for n in (2, 3):
        forms[f"powers and {n} products"] = sum_of(n)
    for j, x in list(others.items())[:MOST_PAIRED]:
        forms[f"powers, valley in {j} and 2 products"] = sum_of(2, _valley(x, axes, new))
    return forms


def _multiplied(space: SearchSpace, v: list[Node], new: Iterator[Node]) -> dict[str, Node]:
    """Parallel scaling (Chen et al. 2025): other features multiply a scale."""
    forms = {}
    for i, x in enumerate(v[:MOST_PAIRED]):
        if space.logarithmic[i]:
            others = [y for j, y in enumerate(v) if j != i]
            more = [call("log", call("add", num(1.0), times(next(new), y))) for y in others]
            slope = times(next(new), total([x, *more]))
            forms[f"multiplied scale of {i}"] = total(
                [next(new), call("exp", call("add", next(new), slope))]
            )
    return forms


def _repeated(space: SearchSpace, v: list[Node], new: Iterator[Node]) -> dict[str, Node]:
    """Repetitions of a part are worth less and less (Muennighoff et al. 2023, equation 5)."""
    forms = {}
    for part, whole in space.part_of[:MOST_PAIRED]:
        once = call("min", feat(part), feat(whole))
        worth, again = next(new), call("sub", call("div", feat(whole), once), num(1.0))
        left = call("exp", call("neg", call("div", again, worth)))
        gained = call("add", num(1.0), times(worth, call("sub", num(1.0), left)))
        effective = call("log", times(call("div", once, num(space.units[part])), gained))
        rest = [power_law(x, new) for j, x in enumerate(v) if j not in (part, whole)]
        forms[f"repeated {part} in {whole}"] = total([next(new), *rest, power_law(effective, new)])
    return forms
