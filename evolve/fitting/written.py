"""Fit a law in the spelling of its author, whose constants have names.

Laws of a search are in canonical form, to which starts and steps are suited. A law with names of
its own keeps its spelling, so that its constants stay what they are called.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from itertools import combinations

import numpy as np

from evolve.fitting.batch import BatchFitter
from evolve.fitting.counted import LEAST
from evolve.fitting.eased import LARGEST_LOG, Eased, eased
from evolve.fitting.problem_set import ProblemSet
from evolve.fitting.reframe import moves_of, signed_terms
from evolve.fitting.result import Fit, Problem
from evolve.fitting.settled import gone_on, judged
from evolve.fitting.tape import LINEAR, kinds
from evolve.law.graph import Law, Node, call, const, evaluate, replace_leaves
from evolve.law.recipe import Recipe
from evolve.typing import Array, Ints

# Log likelihood up to which rows are held not to tell the signs of amplitudes. Of E + A/N^a +
# B/D^b in 1 % noise, fitted to the 8 smallest of 12 runs, the largest of 40 errors on the others
# is 190 % without it, 28 % with 2 or more; with more rows it hardly matters.
UNTOLD_SIGNS = 2.0
SAME = 1e-9  # relative difference of two predictions that are one
CHECKED_ROWS = 50
OTHER_SCALE = {"log": "linear", "linear": "log"}


def fit_as_written(
    law: Law, problems: Sequence[Problem], recipe: Recipe, *, axes: Sequence[int] = ()
) -> list[Fit]:
    """Fit a law whose constants have names; nothing is learnt across problems.

    Amplitudes are positive, as they are written, unless rows speak against it: a sum of two terms
    of either sign fits few rows too well, and says nothing beyond them.

    Args:
        law: The law, as its author wrote it.
        problems: Rows to fit.
        recipe: How to fit; its `shrinkage` and `tied` are not read.
        axes: Features along which `scale_weight` weighs rows.

    Returns:
        One fit a problem, in order.
    """
    rows = problems if isinstance(problems, ProblemSet) else ProblemSet(problems)
    recipe = replace(recipe, shrinkage=0.0, tied="none")
    easy, fitter = _fitter(law, rows, recipe, axes)
    fits = _from_other_scale(law, rows, easy, fitter, axes)
    fits = _of_positive_amplitudes(rows, easy, fitter, axes, gone_on(fitter, fits))
    fits = judged(fitter, fits)
    return [
        _upright(law, easy.stated(fit), problem.x[:CHECKED_ROWS])
        for fit, problem in zip(fits, rows, strict=True)
    ]


def _fitter(
    law: Law, rows: ProblemSet, recipe: Recipe, axes: Sequence[int]
) -> tuple[Eased, BatchFitter]:
    """A law in constants that are easy to find, and what fits it."""
    on_logs = recipe.target_scale == "log" and _are_positive(rows)
    middle = partial(_middle, rows.x, _leverage(rows, on_logs=on_logs))
    easy = eased(law, rows.x, _unit_of(law, rows)).amid(rows.x, middle, on_logs=on_logs)
    return easy, BatchFitter(easy.law, rows, recipe, axes)


def _leverage(problems: Sequence[Problem], *, on_logs: bool) -> Array:
    """What each row says of exponentials and powers: more where its target is far from most."""
    shares = []
    for problem in problems:
        y = np.log(problem.y) if on_logs else problem.y
        squares = ((y - np.median(y)) / max(float(np.ptp(y)), LEAST)) ** 2
        total = float(squares.sum())
        shares.append(squares / total if total > 0.0 else np.full(len(y), 1.0 / len(y)))
    return np.concatenate(shares)


def _middle(x: Array, leverage: Array, column: Node) -> float:
    """The mean of a column by what its rows say; nan where it has values that are no numbers."""
    values = evaluate(column, x, np.zeros(0))
    with np.errstate(all="ignore"):
        return float(np.average(values, weights=leverage))


def _are_positive(problems: Sequence[Problem]) -> bool:
    return all((problem.y > 0.0).all() for problem in problems)


def _from_other_scale(
    law: Law, rows: ProblemSet, easy: Eased, fitter: BatchFitter, axes: Sequence[int]
) -> list[Fit]:
    """The lower of the minima from starts of its own, and from where the other scale ends.

    Logarithms and targets have one law and other minima: what is hard to find by one may be plain
    by the other, as amplitude and rate of an exponential are by logarithms.
    """
    free, recipe = [None] * len(rows), fitter.recipe
    fits = fitter.fit(free, boxed=False)
    other = OTHER_SCALE.get(recipe.target_scale)
    able = [q for q, problem in enumerate(rows) if (problem.y > 0.0).all()]
    if other is None or not able:
        return fits
    some = rows if len(able) == len(rows) else ProblemSet([rows[q] for q in able])
    there, of_other = _fitter(law, some, replace(recipe, target_scale=other), axes)
    begin = np.full((len(rows), law.n_constants), np.nan)  # nan for none
    for q, fit in zip(able, of_other.fit([None] * len(some), boxed=False), strict=True):
        begin[q] = easy.eased(there.stated(fit).constants)
    found = fitter.fit(free, fitter.inside(begin)[:, None], 0, boxed=False)
    pairs = zip(fits, found, strict=True)
    return [two if two.cost < one.cost * (1.0 - SAME) else one for one, two in pairs]


def _of_positive_amplitudes(
    rows: ProblemSet, easy: Eased, fitter: BatchFitter, axes: Sequence[int], fits: list[Fit]
) -> list[Fit]:
    """Fits whose amplitudes are positive, where rows do not speak against it."""
    scales, free = _amplitudes(easy.law), [None] * len(rows)
    if not any((fit.constants[scales] < 0.0).any() for fit in fits):
        return fits
    mapping = {const(k): call("exp", const(k)) for k in scales}
    above = replace(easy.law, root=replace_leaves(easy.law.root, mapping))
    begin = np.array(
        [fit.constants for fit in BatchFitter(above, rows, fitter.recipe, axes).fit(free)]
    )
    begin[:, scales] = np.exp(np.minimum(begin[:, scales], LARGEST_LOG))
    others = gone_on(fitter, fitter.fit(free, fitter.inside(begin)[:, None], 0, boxed=False))
    counts = rows.counts.tolist()
    return [_as_typed(*each, scales) for each in zip(fits, others, counts, strict=True)]


def _unit_of(law: Law, problems: Sequence[Problem]) -> float:
    """A typical difference of targets as they are fitted: 1 where they are in frames already."""
    if moves_of(law.root, origin=False) and all(problem.frame for problem in problems):
        return 1.0
    unit = float(np.median([np.std(problem.y) for problem in problems]))
    return unit if math.isfinite(unit) and unit > 0.0 else 1.0


def _amplitudes(law: Law) -> Ints:
    """Numbers of the constants that only multiply what features enter."""
    lone = [term.index for _, term in signed_terms(law.root) if term.op == "const"]
    linear = np.flatnonzero(kinds(law.root, law.n_constants) == LINEAR)
    return linear[~np.isin(linear, lone)]


def _as_typed(fit: Fit, other: Fit, n_rows: int, scales: Ints) -> Fit:
    """Of two minima that rows do not tell apart the one whose amplitudes are positive.

    Args:
        fit: The lower one.
        other: The one that is reached from positive amplitudes.
        n_rows: Rows that were fitted.
        scales: Numbers of the amplitudes.
    """
    if not math.isfinite(other.cost) or not (other.constants[scales] > 0.0).all():
        return fit
    n_left = max(n_rows - len(fit.constants), 1)
    above, free = (math.log(max(each.cost, 1e-300)) for each in (other, fit))
    return other if 0.5 * n_left * (above - free) < UNTOLD_SIGNS else fit


def _upright(law: Law, fit: Fit, x: Array) -> Fit:
    """A fit with positive constants where their signs change nothing, as in ``E^2``."""
    found = fit.constants.copy()
    values = evaluate(law.root, x, found)
    for n_turned in (1, 2):
        for numbers in combinations(np.flatnonzero(found < 0.0).tolist(), n_turned):
            turned = found.copy()
            turned[list(numbers)] *= -1.0
            if np.allclose(evaluate(law.root, x, turned), values, rtol=SAME, atol=0.0):
                found = turned
    signs = np.where(found == fit.constants, 1.0, -1.0)
    return fit.stated_in(found, signs)
