"""Turns the errors of folds and a law's size into the score that the search minimises.

Every number that decides what is preferred stands here: the weights of folds, the share of the
rows fitted, the floor under an error, the price of a constant and of exotic operations, what a
first look must show, and how the champion is told from the other finalists. They were settled on
nested folds of training rows and on known laws; `python -m evolve bench nested` measures on such
cases what dissent, the search's score and the fit of the rows are worth as rules of choice.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from evolve.scoring.fold import Fold, FoldScore
from evolve.scoring.metrics import nmse
from evolve.typing import Array

FOLD_DECAY = 2.0
SIDEWAYS_SHARE = 0.5
EPSILON = 1e-5
FITTED_SHARE = 0.35
WINSORISED = 0.25
CONSTANT_PRICE = 1.8
EXOTIC_PRICE = 0.9
CHANCE_PRICE = 0.75
FEWEST_VALUES, MOST_VALUES = 180, 2000
PHYSICS_PRICE = 1.0
FIRST_LOOK_STARTS = 4
FIRST_LOOK_MARGIN = 0.2
N_LEADERS = 24
DISSENT_REACH = 3.0
DISSENT_ALLOWANCE = 2.0  # errors grow beyond the data
DISSENT_PRICE = 0.5
MOST_DISSENT = 2.0
ESTABLISHED_DISCOUNT = 0.1
SHARE_OF_ERROR = 1.0
MOST_WORSE = 0.5


def fold_weight(n_fitted: int, n_rows: int) -> float:
    """What the error of a fold counts.

    A fold that fits fewer rows says less of a law fitted to all of them: its weight falls with
    the share of rows that are not fitted.

    Args:
        n_fitted: Rows that the fold fits.
        n_rows: Rows that it could fit.
    """
    return float((1.0 - n_fitted / n_rows) ** -FOLD_DECAY)


def fitted_error(y: Array, p: Array, n_constants: int) -> float | None:
    """How far a law is from the rows that it was fitted to.

    A recipe may have left outliers aside on purpose, so the squares of the quarter of rows that
    are furthest off count as the next largest (Winsor's mean, Tukey 1962). Constants take up
    noise, so as many rows as there are constants do not count.

    Args:
        y: `(n, t)` targets.
        p: `(n, t)` predictions, finite.
        n_constants: Constants for each target, of all groups together.

    Returns:
        Mean over targets of that error over variance; None where it says nothing, as the
        constants are as many as the rows or a target does not vary.
    """
    n_free = len(y) - n_constants
    if n_free <= 0 or not np.ptp(y, axis=0).all():
        return None
    with np.errstate(over="ignore"):
        squares = (p - y) ** 2 / np.var(y, axis=0)
    most = np.quantile(squares, 1.0 - WINSORISED, axis=0)
    return float(np.mean(np.minimum(squares, most)) * len(y) / n_free)


def fold_score(y: Array, fold: Fold, held: Array, fitted: Array, n_constants: int) -> FoldScore:
    """How well a fold's rows were predicted and fitted.

    Args:
        y: `(n, t)` targets of the training rows.
        fold: Which of them were fitted and which held out.
        held: `(n_held, t)` predictions of the rows held out, finite.
        fitted: `(n_fit, t)` predictions of the rows fitted, finite.
        n_constants: Constants for each target, of all groups together.
    """
    with np.errstate(over="ignore"):  # a huge error is an infinite one
        error = float(nmse(y[fold.held], held))
    near = fitted_error(y[fold.fit], fitted, n_constants) if fold.fit_counts else None
    return FoldScore(fold.name, len(fold.held), error, 1.0 - error, fold.weight, near)


def losses_of(folds: Sequence[FoldScore]) -> Array:
    """`(n_folds,)` log(error + epsilon) of the rows held out, averaged with that of those fitted.

    A fold holds out few rows, and among thousands of laws some predict these by chance. The
    fitted rows are many, and a law that passes them by at a distance is rarely the true one; alone
    they would choose whatever bends most.
    """
    held = np.array([fold.nmse for fold in folds], dtype=float)
    fitted = np.array([f.nmse if f.fitted is None else f.fitted for f in folds], dtype=float)
    told = (1.0 - FITTED_SHARE) * np.log(held + EPSILON) + FITTED_SHARE * np.log(fitted + EPSILON)
    return np.asarray(told)


def score(folds: Sequence[FoldScore], price: float) -> float:
    """Weighted mean of the folds' losses, plus the price of the law's size; lower is better.

    Args:
        folds: How well each fold's rows were predicted and fitted.
        price: Of the law's size, as `price_of` says.
    """
    return float(np.average(losses_of(folds), weights=[fold.weight for fold in folds]) + price)


def physics_price(shares: Sequence[float]) -> float:
    """What breaking the declared physics beyond the data adds to a score.

    Args:
        shares: For each fold, the share of points that break it.
    """
    return PHYSICS_PRICE * float(np.mean(shares)) if len(shares) else 0.0


def price_of(
    n_constants: int, complexity: float, n_values: int, *, established: bool = False
) -> float:
    """What the size of a law adds to its score.

    As in a code of two parts (Rissanen 1978), what a form takes to say is weighed against what it
    saves on each of `n_values`. Among thousands of forms, some fit by chance, the larger ones more
    of them and the better the fewer values there are: a form that was searched for pays more.

    Args:
        n_constants: Constants for each group and target.
        complexity: Size of the law weighted by how exotic its operations are.
        n_values: Training targets of the task, all groups and targets together. What any form
            pays counts `FEWEST_VALUES` at least, so that small tables get laws at all, and
            `MOST_VALUES` at most, as more of them tell hardly anything new.
        established: The form was known before the search. It was not picked from thousands, so
            it owes nothing for chance and has a small advantage.
    """
    values = min(max(n_values, FEWEST_VALUES), MOST_VALUES)
    price = (CONSTANT_PRICE * n_constants + EXOTIC_PRICE * complexity) / values
    if established:
        return price - ESTABLISHED_DISCOUNT
    return price + CHANCE_PRICE * complexity / n_values


def first_look_passes(look: float, bar: float) -> bool:
    """Whether a candidate's score on the first fold earns it all folds.

    Args:
        look: Its score on the first fold with few starts.
        bar: The same of the elites that it would have to beat.
    """
    return look <= bar + FIRST_LOOK_MARGIN
