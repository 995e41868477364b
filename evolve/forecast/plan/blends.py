"""Shares of one whole in a plan: how the best ones are sought, and which law says of them all."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from evolve.errors import Argument, EvolveError
from evolve.tasks.mixture import Mixture

MOST_TRADED = 4  # features of a cost


def require_no_share(shares: Mixture, missing: Sequence[str], fixed: Mapping[str, float]) -> None:
    """Require that none of the features whose best values are sought alone is a share.

    Args:
        shares: Of the task.
        missing: Features that neither a cost holds nor a value fixes.
        fixed: Values of others.

    Raises:
        EvolveError: One is; the line says what seeks the best mixture.
    """
    free = [name for name in shares.names if name in missing]
    if not free:
        return
    left = shares.whole - sum(fixed.get(name, 0.0) for name in shares.names)
    at = Argument("at")
    if len(free) == 1:
        rule = f": {shares.said}, so {free[0]} is what the others leave of it, {left:.4g}: give "
        raise EvolveError(at, f"{rule}it a value, too")
    rule = f": {shares.said}, so no share is best by itself; the best mixture is sought with "
    if len(free) > MOST_TRADED:
        most = f" of at most {MOST_TRADED} shares, values of the others by ", at, " and "
        rest = f" what these leave of {shares.whole:g}"
        raise EvolveError(at, rule, Argument("compute"), *most, Argument("budget"), rest)
    how = f" {'+'.join(free)} ", Argument("budget"), f" {left:.12g}"
    raise EvolveError(at, rule, Argument("compute"), *how)


def what_is_left(shares: Mixture, varied: Sequence[int], seen: Collection[int]) -> int | None:
    """The one share that a law need not hold, as it is what the others leave of the whole.

    A law of all shares but one says what every mixture comes to. None where the law leaves out no
    share that is sought, or several, which no row of it tells apart.

    Args:
        shares: Of the task.
        varied: Numbers of the features that are sought.
        seen: Numbers of those that the law holds.
    """
    sought = [j for j in varied if j in shares.columns]
    unseen = [j for j in sought if j not in seen]
    return unseen[0] if len(unseen) == 1 < len(sought) else None
