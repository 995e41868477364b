"""Extrapolation checks: whether a fitted law is finite and keeps its constraints beyond the data.

Two things are looked at on points up to a hundred times beyond the training range, or at the ends
of a feature that does not act through its logarithm: that every prediction is finite, and that
the declared physics (falling, rising, a floor) holds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt

from evolve.scoring.objective import CHECK_BASES, CHECK_FACTOR, CHECK_MARGIN, CHECK_STEPS
from evolve.typing import Array, Ints

MOST_DECADES = 300.0  # of a range that is widened; more than this overflows
FILTER_ROWS = 16  # that tell which columns cannot be left out
WHOLES = (1.0, 100.0)  # that shares sum to: fractions, or percent
SUM_ERROR = 1.000000001e-2  # by which rounded shares may miss 1: 0.99, too, whose floats miss more
MOST_LEFT_OUT = 2  # other columns between 0 and 1 that may stand beside the shares
MOST_SMALL = 8  # columns of at most `SUM_ERROR` that are told apart from small shares
FREE_OF_NOISE = 1e-10  # by which sums of exact shares miss 1 in floats


@dataclass(frozen=True, slots=True)
class Constraints:
    """Declared constraints, monotonicity and bounds, by feature number.

    Attributes:
        logarithmic: Whether each feature acts through its logarithm.
        falling: Features in which predictions must not rise.
        rising: Features in which predictions must not fall.
        floor: Value that predictions must stay above.
        ceiling: Value that predictions must stay below.
        ends: Where each feature that does not act through its logarithm is followed to, as
            `ends_of` says; not followed where there are none.
    """

    logarithmic: tuple[bool, ...]
    falling: tuple[int, ...] = ()
    rising: tuple[int, ...] = ()
    floor: float | None = None
    ceiling: float | None = None
    ends: tuple[tuple[float, float], ...] = ()

    @property
    def declared(self) -> bool:
        """Whether there is any physics to check."""
        bounds = (self.floor, self.ceiling)
        return bool(self.falling or self.rising) or any(b is not None for b in bounds)


def ends_of(x: Array, logarithmic: Sequence[bool]) -> list[tuple[float, float]]:
    """Range over which each feature is checked: the observed range plus 10 % at either side.

    What is nowhere negative stays so. Shares, as `shares_of` says, stay between 0 and the whole;
    where one of them is 0 in some row, any may be.

    Args:
        x: `(n, f)` training rows.
        logarithmic: Whether each feature acts through its logarithm.

    Returns:
        Lowest and highest value of each feature.
    """
    low, high = x.min(axis=0), x.max(axis=0)
    shares, whole = shares_of(x)
    share = ~np.array(logarithmic) & shares
    some_are_0 = bool(np.any(low[share] == 0.0))
    ends = [_widened(*seen) for seen in zip(low, high, logarithmic, strict=True)]
    return [
        (0.0 if some_are_0 else down, min(up, whole)) if is_share else (down, up)
        for (down, up), is_share in zip(ends, share, strict=True)
    ]


def shares_of(x: Array) -> tuple[npt.NDArray[np.bool_], float]:
    """Which features are shares of a whole that they sum to in every row, and that whole.

    It is 1, or 100 of shares in percent; 1 where there are none. A column between 0 and 1 on its
    own may be anything, such as a rate or a Froude number; one that is too small for the sum to
    tell is a share where the sum is nearer to the whole with it.

    Args:
        x: `(n, f)` rows.
    """
    for whole in WHOLES:
        if (shares := _fractions_of(x / whole)).sum() > 1:
            return shares, whole
    return np.zeros(x.shape[1], dtype=bool), 1.0


def _fractions_of(x: Array) -> npt.NDArray[np.bool_]:
    """Which columns lie between 0 and 1 and sum to 1 in every row."""
    inside = (x.min(axis=0) >= 0.0) & (x.max(axis=0) <= 1.0)
    small = inside & (x.max(axis=0) <= SUM_ERROR)
    found = _company(x, np.flatnonzero(inside))
    if found is None and small.any():
        found = _company(x, np.flatnonzero(inside & ~small))
    if found is None:
        return np.zeros(x.shape[1], dtype=bool)
    shares = [*found[~small[found]], *_small_of(x, found, small)]
    return np.isin(np.arange(x.shape[1]), shares)


def _company(x: Array, columns: Ints) -> Ints | None:
    """All of some columns, or all but a few, that sum to about 1 in every row."""
    for n_left_out in range(min(len(columns) - 1, MOST_LEFT_OUT + 1)):
        for left_out in _may_be_left_out(x, columns, n_left_out):
            company = np.setdiff1d(columns, left_out)
            if np.abs(x[:, company].sum(axis=1) - 1.0).max() <= SUM_ERROR:
                return company
    return None


def _small_of(x: Array, company: Ints, small: npt.NDArray[np.bool_]) -> Ints:
    """Which of the small columns are shares beside the large ones of a company.

    Each is to halve the squares of what the sums miss: any column does so a little by chance
    where shares are rounded, and hardly ever by so much.
    """
    lacks = 1.0 - x[:, company[~small[company]]].sum(axis=1)
    asked = np.flatnonzero(small)
    asked = asked[np.argsort(-x[:, asked].max(axis=0))][:MOST_SMALL]
    best, least = company[small[company]], np.inf
    for n in range(len(asked) + 1):
        for some in combinations(asked, n):
            missed = np.abs(lacks - x[:, list(some)].sum(axis=1))
            square = 2.0**n * float(np.mean(missed**2) + FREE_OF_NOISE**2)
            if square < least and missed.max() <= SUM_ERROR:
                best, least = np.array(some, dtype=np.intp), square
    return best


def _may_be_left_out(x: Array, columns: Ints, n: int) -> Iterator[tuple[int, ...]]:
    """Combinations of `n` columns whose sum is, in some rows, what all sum to above 1."""
    rows = x[:: -(-len(x) // FILTER_ROWS)]
    spare = rows[:, columns].sum(axis=1) - 1.0
    for chosen in combinations(columns, max(n - 1, 0)):
        lacks = spare - rows[:, list(chosen)].sum(axis=1)
        last = columns[columns > chosen[-1]] if chosen else columns
        if n == 0:
            last = last[:1] if abs(lacks).max() <= 2.0 * SUM_ERROR else last[:0]
        for missing, values in zip(lacks, rows, strict=True) if n else ():
            last = last[abs(missing - values[last]) <= 2.0 * SUM_ERROR]
        yield from ((*chosen, int(j)) if n else () for j in last)


def _widened(low: float, high: float, logarithmic: bool) -> tuple[float, float]:
    """A range and a tenth of it at either side, not below 0 if it is not."""
    if logarithmic:
        if np.log10(high) - np.log10(low) > MOST_DECADES:
            return float(low), float(high)
        factor = (high / low) ** CHECK_MARGIN
        return float(low / factor), float(high * factor)
    least = 0.0 if low >= 0.0 else -np.inf
    reach = CHECK_MARGIN * (high - low)
    return float(max(low - reach, least)), float(high + reach)


def extrapolation_lines(x: Array, physics: Constraints) -> Array:
    """Points on straight lines from training rows outwards, one feature at a time.

    Args:
        x: `(n, f)` training rows.
        physics: Which features are followed by factors up to `CHECK_FACTOR`, and where the ends
            of the others are.

    Returns:
        `(f, n_bases, n_steps, f)` points; a feature that is not followed has constant lines.
    """
    bases = x[np.linspace(0, len(x) - 1, min(CHECK_BASES, len(x))).astype(int)]
    n, f = bases.shape
    points = np.broadcast_to(bases[None, :, None, :], (f, n, CHECK_STEPS, f)).copy()
    reach = np.geomspace(1.0, CHECK_FACTOR, CHECK_STEPS)
    for j in range(f):
        if physics.logarithmic[j]:
            points[j, :, :, j] = np.maximum(bases[:, None, j], x[:, j].max()) * reach[None, :]
        elif physics.ends:
            points[j, :, :, j] = np.linspace(*physics.ends[j], CHECK_STEPS)
    return points


def broken(values: Array, physics: Constraints) -> tuple[float, float]:
    """Share of points beyond the data that are not finite, and that break the physics.

    Args:
        values: `(f, n_bases, n_steps)` predictions on `extrapolation_lines`.
        physics: What to check.

    Returns:
        Two shares between 0 and 1.
    """
    infinite, against = broken_each(values[None], physics)[0]
    return float(infinite), float(against)


def broken_each(values: Array, physics: Constraints) -> Array:
    """What `broken` says of predictions on the lines beyond the rows of several groups.

    Args:
        values: `(k, f, n_bases, n_steps)` predictions.
        physics: What to check.

    Returns:
        `(k, 2)` shares.
    """
    shares, finite = np.zeros((len(values), 2)), np.isfinite(values)
    if not finite.all():
        shares[:, 0] = _share(~finite)
    if not physics.declared:
        return shares
    checks = [_monotone(values[:, j], -1.0) for j in physics.falling]
    checks += [_monotone(values[:, j], 1.0) for j in physics.rising]
    if physics.floor is not None:
        checks.append(_share(~(values >= physics.floor)))
    if physics.ceiling is not None:
        checks.append(_share(~(values <= physics.ceiling)))
    shares[:, 1] = np.add.reduce(checks, axis=0) / len(checks)
    return shares


def _monotone(values: Array, sign: float) -> Array:
    """Share of steps along the lines `(k, n, steps)` of each group that go against a sign."""
    with np.errstate(all="ignore"):
        step = sign * (values[:, :, 1:] - values[:, :, :-1])
        size = np.abs(values[:, :, :-1]) + np.abs(values[:, :, 1:])
        return _share(~(step >= -1e-9 * size))


def _share(flags: npt.NDArray[np.bool_]) -> Array:
    """`(k,)` share of the flags of each of `k` groups that are set."""
    table = flags.reshape(len(flags), -1)
    return np.asarray(np.add.reduce(table, axis=1, dtype=np.int64) / table.shape[1])


def worst(shares: Sequence[tuple[float, float]] | Array) -> tuple[float, float]:
    """Largest share that is not finite, and the mean share that breaks the physics."""
    if not len(shares):
        return 0.0, 0.0
    table = np.asarray(shares)
    against = np.add.reduce(table[:, 1]) / len(table)  # as `mean` has it, without its overhead
    return float(table[:, 0].max()), float(against)
