"""Forms of what stays between two bounds, as shares, accuracies and pass rates do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from evolve.law.graph import Node, call
from evolve.law.share import WHOLE
from evolve.search.operators import SearchSpace
from evolve.search.operators.terms import fresh, linear, power_law, product_of_powers, times, total
from evolve.search.view import turned

Share = Callable[[], Node]


def share_forms(space: SearchSpace) -> dict[str, Node]:
    """Forms that stay between the declared bounds of the targets.

    Each alone, with a ceiling of its own below the upper bound, and from a floor of its own, such
    as the accuracy of guessing: neither costs a constant where runs tend to the bound.

    Args:
        space: What the task allows.

    Returns:
        Trees by name; none where the targets are not declared to be shares.
    """
    if space.share_of is None:
        return {}
    new, ends = fresh(), (" to a ceiling", " from a floor")
    is_gap = space.ceiling is not None
    of_part, of_rest = reversed(ends) if is_gap else ends
    forms = {}
    for name, (share, rest) in _shares(space, new, is_gap=is_gap).items():
        forms[name] = share()
        forms[name + of_part] = times(next(new), share())
        forms[name + of_rest] = call("sub", WHOLE, times(next(new), rest()))
    if space.mirrored and not is_gap:
        return {name: turned(root) for name, root in forms.items()}
    return forms


def _shares(
    space: SearchSpace, new: Iterator[Node], *, is_gap: bool
) -> dict[str, tuple[Share, Share]]:
    """Numbers between 0 and 1, and one less each, named for the targets.

    A logistic share of a product of powers (Berkson 1944). The share that is hit once or more by
    chance, 1 - exp(-A x^b), and the share exp(-A x^b) that is missed, or covered where x lessens
    it, as by repeated samples (Brown et al. 2024). A logistic share of a sum of powers, as
    accuracies go with a loss (Grattafiori et al. 2024, section 3.2.1).

    Args:
        space: What the task allows.
        new: Constants.
        is_gap: What the targets leave to their bound is seen, which is hit where they are missed.
    """
    v = space.variables()

    def logistic_of(inside: Node) -> Node:
        return call("div", WHOLE, call("add", WHOLE, call("exp", inside)))

    def logistic() -> Node:
        return logistic_of(call("add", next(new), linear(v, new)))

    def missed() -> Node:
        return call("exp", call("neg", product_of_powers(v, new)))

    def hit() -> Node:
        return call("sub", WHOLE, missed())

    def of_powers(*, falling: bool) -> Node:
        powers = total([power_law(x, new) for x in v])
        return logistic_of(call("sub" if falling else "add", next(new), powers))

    falls = not space.either_way
    found: dict[str, tuple[Share, Share]] = {
        "logistic share": (logistic, logistic),
        "share missed": (hit, missed) if is_gap else (missed, hit),
        "share hit": (missed, hit) if is_gap else (hit, missed),
    }
    if len(v) > 1:
        found["logistic share of powers"] = (
            partial(of_powers, falling=falls),
            partial(of_powers, falling=not falls),
        )
    return found
