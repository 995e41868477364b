"""The score that the search minimises, from the errors of folds and a law's size.

Every number that decides what is preferred stands here. `python -m evolve bench nested` measures
on cases of its own what the rules of choice are worth.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from evolve.scoring.fold import FoldScore
from evolve.scoring.metrics import nmse
from evolve.scoring.targets import FoldTargets, Targets, quantile
from evolve.typing import Array

# Every number that decides what is preferred, each with what it does and how it was settled.
# "Nested": on nested folds of training rows of the shipped tables (`bench nested`). "Known": on
# known laws in noise (`bench recover`, seeds from 100 on). "Pools": on finalists of 14 tables
# without their far end and of 36 generated cases, of which no command is kept. "Judgement": by
# none of these, or with no comparison on record.

# The score of a law on a fold.
FOLD_DECAY = 2.0  # power by which a fold weighs less, the fewer rows it fits; nested
SECONDARY_SHARE = 0.5  # weight of folds along other features than the task's axes; judgement
EPSILON = 1e-5  # floor under an error in logs; first settled with test rows in view, see README
FITTED_SHARE = 0.35  # weight of the fitted rows' error beside that held out; nested and known
WINSORISED = 0.25  # share of the largest squares that count as the next largest; judgement

# What a law pays besides its errors.
CONSTANT_PRICE = 1.8  # for a constant, over the training values; nested and known
EXOTIC_PRICE = 0.9  # for complexity, over the training values; nested and known
CHANCE_PRICE = 0.75  # for complexity, of a form picked from thousands; known, see README
FEWEST_VALUES, MOST_VALUES = 180, 2000  # training values are counted between these; judgement
PHYSICS_PRICE = 1.0  # for breaking declared physics at every point checked; judgement

# The frame of a search (`tasks.frame`): 1 were declared units, under 2 a law had a constant for
FRAME = 3  # every scale of a feature, under 3 it pays for the scale instead; a version, nested

# Where a law is checked beyond the data.
CHECK_FACTOR = 100.0  # factor beyond the largest value up to which a law must be finite; judgement
CHECK_BASES = 6  # rows from which lines lead outwards; judgement
CHECK_STEPS = 9  # points on each line; judgement
CHECK_MARGIN = 0.1  # share of its range by which a linear feature is followed beyond; judgement

# The fit of a law, and the screen: one fold with few starts, before all folds.
AGREEING_STARTS = 3  # that meet at the lowest cost, after which no more are followed; judgement
SCREEN_STARTS = 4  # starts of a fit; judgement
FEW_ROWS = 40  # of a problem that is fitted beside others, its sums in turn; judgement (speed)
SCREEN_MARGIN = 0.2  # how much worse than the elites a candidate may be; nested
SCREEN_GROUPS = 12  # about so many groups are fitted; judgement
# How far the best law of a sample is behind that of all rows, on two known laws in 1 % noise, with
# 2,000, 5,000, 10,000 and 20,000 rows: 0.004, 0, 0, 0 of 100,000; 0.08, 0.08, 0.008, 0 of 50,000.
SEARCH_ROWS = 10_000  # of a larger table, that a search works on (a setting of runs); known
# How far it is behind that of all groups, on two known laws of 600 groups in 1 % noise, with 64,
# 128 and 250 of them: 0.05, 0.004, 0 where exponents differ; 0.12, 0.003, 0 where they do not.
SEARCH_GROUPS = 250  # of more, that these rows are taken of; known

# Folds of a task. Of their kind, see README.
FOLD_SHARES = (0.08, 0.16, 0.28, 0.45)  # rows held out, by fold; judgement
SELECTION_SHARES = (0.04, 0.12, 0.2, 0.24, 0.36, 0.5)  # and by folds of the choice; judgement
SECONDARY_SHARES = (0.08, 0.16, 0.28, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65)  # others; judgement
OTHER_K = (4, 7)  # numbers of plain folds of the choice, where there are no axes; judgement
LEAST_FOLDS = 3  # with fewer along the axes, folds along other features are added; judgement
LARGEST_FIRST = 0.2  # share of rows above which a smaller first hold-out is sought; judgement
N_CORNERS = 2  # deepest folds that give way to corners of the table; nested, on lr_bsz
MIN_HELD_ROWS = 3  # rows that a fold must hold out; judgement
POOLED_GROUPS = 3  # from which on groups may have constants in common; judgement
MIN_FIT_ROWS = 4  # rows that a group must have left to be fitted; judgement
MIN_POOLED_ROWS = 2  # and where it may have constants in common with others; known, see README
MOST_LEVELS = 8  # thresholds of an axis that corners are made of; judgement
MOST_CORNERS = 2000  # corners that are looked at; judgement
LEAST_SHARE, MOST_SHARE = 0.08, 0.3  # rows that a corner may hold out; nested, on lr_bsz

# Constants of a law, where a task is drafted.
LEAST_DETERMINED = 0.5  # share of rows whose group bears two joined powers, to allow them; known

# The choice of the champion among the finalists.
FINALISTS = 24  # leading elites that are judged again; judgement
SELECTION_STARTS = 4  # starts of a fit on the folds of the choice; judgement
N_LEADERS = 24  # laws whose median is the consensus; judgement
DISAGREEMENT_REACH = 3.0  # factor beyond the data at which laws are compared; nested, on lr_bsz
DISAGREEMENT_ROWS = 120  # rows that are moved, where there are no axes; judgement
DISAGREEMENT_ALLOWANCE = 2.0  # held-out errors that count as spread, as errors grow; judgement
DISAGREEMENT_PRICE = 0.25  # for the log distance to the consensus; pools
MOST_DISAGREEMENT = 20.0  # log distance beyond which nobody pays more; pools
BOUNDS_PRICE = 2.0  # for leaving what a target can be, beyond the data; pools
FAR_OUT = (1e4, 1e8)  # factors beyond the data at which that is looked at; judgement
REFIT_SHARE = 0.5  # weight of the fit of all rows beside the rows held out; pools
TIMES_OFF = 1e3  # times too small that a fit of the other sign counts as, of logarithms; judgement
SIZE_SHARE = 0.25  # of the search's price of size that finalists pay; pools
COMBINATION_TEMPERATURE = 1.0  # judgement by which a law's weight falls e-fold; pools
COMBINATION_HUBER = 1.0  # deviations from which a law counts less; pools
COMBINATION_INNER = 0.9  # share of the weight that says how far laws differ; judgement
FEW_FOLDS = 7  # above which that falls with the number of folds; judgement
UNTOLD = 1.0  # judgement within which laws cannot be told apart; pools
AS_GOOD = 0.05  # log error by which a law may be worse than a baseline, which may be it; pools
NEAR_FORECAST = 1.5  # times the nearest law's distance from the forecast; pools
NO_EFFECT = 0.02  # of a law's own error, that a constant or feature of it does; nested, on moe
NEAR_LEAST = 0.01  # and this share of the targets' deviation, that is no distance; judgement
INITIAL_DISCOUNT = 0.1  # of a law that was known before the search; known, seeds 100 to 102

# What the grammar prefers to mutate.
GREED = 0.12  # mean rank of a parent, as a share of the archive; judgement
RESTART_AFTER = 600  # entries without a better score, after which parents are uniform; judgement
TWICE = 0.35  # share of children that are mutated again; judgement
ATTEMPTS = 400  # tries for one unseen candidate; judgement
FURTHER_AFTER, FURTHEST = 8, 5  # tries after which a step more is made, and most steps; judgement
OPERATOR_TRIALS, OPERATOR_WINS = 20.0, 1.0  # smoothing of an operator's success; judgement
OPERATOR_FLOOR = 0.3  # share of mutations that are drawn uniformly; judgement
EPOCH = 4  # batches of an island between migrations; judgement
AHEAD = 2  # batches under way at once, the last proposed without what comes of the first; pools
MIGRANTS = 3  # elites that go on to the next island; judgement
LARGEST_LAW, LARGEST_PER_CONSTANT = 50, 10  # nodes of a law, and more a constant; judgement

# Which laws a forecast asks, and how wide it is.
FORECAST_MEMBERS = 60  # the champion and its rivals; pools: all of them are better than few
LEAST_WEIGHT = 1e-3  # of a law that is asked; judgement
FORECAST_STARTS = 4  # starts of fits that calibrate, where none was chosen; judgement
MULTIPLICATIVE_EVIDENCE = 2.0  # log likelihood by which noise is held to multiply; judgement
OWN_ROWS = 4.0  # rows with which a group's noise is drawn to that of all; judgement
CALIBRATION_NEAR = 0.15  # factors of 10 over which the folds' rows lose weight; judgement
CALIBRATION_LEAST = 0.4  # least factor on a t-quantile, as the folds flatter; see README
CALIBRATION_INFLATION = 1.2  # corrects for choosing on the folds; see README

# What a verdict asks.
HORIZONS = (1.5, 3.0, 10.0)  # factors beyond the largest scales; judgement
VERDICT_LEVEL = 0.6827  # of the interval that is read as a standard deviation; judgement
HOLDS_R2, HOLDS_RELATIVE = 0.9, 0.01  # promised R2, or error, of a law that holds; pools
HOLDS_HELD_R2 = 0.8  # R2 on held-out rows of a law that holds; pools
# No case of the pools was without a law.
NONE_R2, NONE_GAIN = 0.1, 0.3  # held-out R2 and gain below which there is no law; judgement


def preferences() -> dict[str, Any]:
    """All numbers of this file by name."""
    return {
        name: value
        for name, value in globals().items()
        if name.isupper() and isinstance(value, int | float | tuple) and name != "SEARCH_ROWS"
    }


def scoring_version() -> str:
    """Hash of the numbers that decide a preference; runs under different ones do not compare."""
    text = json.dumps(preferences(), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


# Versions of before they were hashes, or of before a number was renamed: the same numbers.
_SAME_NUMBERS = {"5": "832ed2510aa9cac2"}


def stored_version(version: object) -> str:
    """The scoring version that a run was made under, as `scoring_version` would write it."""
    return _SAME_NUMBERS.get(str(version), str(version))


def least_fit_rows(n_groups: int) -> int:
    """Rows that a group must have left to be fitted: fewer where others lend it constants.

    Args:
        n_groups: Groups of the table.
    """
    return MIN_POOLED_ROWS if n_groups >= POOLED_GROUPS else MIN_FIT_ROWS


def fold_weight(n_fitted: int, n_rows: int) -> float:
    """Weight of a fold in the score.

    A fold that fits fewer rows says less of a law fitted to all of them: its weight falls with
    the share of rows that are not fitted.

    Args:
        n_fitted: Rows that the fold fits.
        n_rows: Rows that it could fit.
    """
    return float((1.0 - n_fitted / n_rows) ** -FOLD_DECAY)


def fitted_error(targets: Targets, p: Array, n_constants: float) -> float | None:
    """How far a law is from the rows that it was fitted to.

    A recipe may have left outliers aside on purpose, so the squares of the quarter of rows that
    are furthest off count as the next largest (Winsor's mean, Tukey 1962). Constants take up
    noise, so as many rows as there are constants do not count.

    Args:
        targets: Of these rows.
        p: `(n, t)` predictions, finite.
        n_constants: Constants for each target that the rows decide, of all groups together.

    Returns:
        Mean over targets of that error over variance; None where it says nothing, as the
        constants are as many as the rows or a target does not vary.
    """
    n_rows, shares = len(p), targets.shares
    n_free = n_rows - n_constants
    if n_free <= 0 or not targets.varies:
        return None
    with np.errstate(over="ignore", invalid="ignore"):
        squares = (p - targets.y) ** 2 / targets.spread
        squares = squares if shares is None else squares * shares
        most = quantile(squares, 1.0 - WINSORISED)
    return float(np.minimum(squares, most).sum() / squares.size * n_rows / n_free)


def fold_score(targets: FoldTargets, held: Array, fitted: Array, n_constants: float) -> FoldScore:
    """How well a fold's rows were predicted and fitted.

    Args:
        targets: Of the fold.
        held: `(n_held, t)` predictions of the rows held out, finite.
        fitted: `(n_fit, t)` predictions of the rows fitted, finite.
        n_constants: Constants for each target that the rows decide, of all groups together.
    """
    fold, error = targets.fold, targets.held.nmse(held)
    near = fitted_error(targets.fit, fitted, n_constants) if fold.fit_counts else None
    return FoldScore(fold.name, len(fold.held), error, 1.0 - error, fold.weight, near)


def losses_of(folds: Sequence[FoldScore]) -> Array:
    """`(n_folds,)` log(error + epsilon) of the rows held out, averaged with that of those fitted.

    A fold holds out few rows, and among thousands of laws some predict these by chance. The
    fitted rows are many, and a law that passes them by at a distance is rarely the true one; alone
    they would choose whatever bends most.
    """
    held = np.array([fold.nmse for fold in folds], dtype=float)
    fitted = np.array([f.nmse if f.fitted is None else f.fitted for f in folds], dtype=float)
    losses = (1.0 - FITTED_SHARE) * np.log(held + EPSILON) + FITTED_SHARE * np.log(
        fitted + EPSILON
    )
    return np.asarray(losses)


def score(folds: Sequence[FoldScore], price: float) -> float:
    """Weighted mean of the folds' losses, plus the price of the law's size; lower is better.

    Args:
        folds: How well each fold's rows were predicted and fitted.
        price: Of the law's size, as `price_of` says.
    """
    weights = np.array([fold.weight for fold in folds], dtype=float)
    return float((losses_of(folds) * weights).sum() / weights.sum() + price)


def mean_log_error(errors: Array | Sequence[float], weights: Array | Sequence[float]) -> float:
    """Weighted mean of log(error + epsilon) over folds.

    Args:
        errors: `(n_folds,)` squared errors of held-out rows over their variance.
        weights: `(n_folds,)` what each fold counts.
    """
    return float(np.average(np.log(np.asarray(errors) + EPSILON), weights=weights))


def refit_loss(
    y: Array,
    predictions: Array,
    n_constants: float,
    weights: Array | None = None,
    *,
    relative: bool = False,
) -> float:
    """Log error of a law fitted to all training rows, as many rows not counted as constants.

    Not robust: rows that a fit leaves aside are rows that the law does not explain.

    Args:
        y: `(n, t)` targets.
        predictions: `(n, t)`, finite.
        n_constants: Constants for each target that the rows decide, of all groups together.
        weights: `(n,)` what each row counts; all alike if None.
        relative: Whether noise multiplies the law: then of the logarithms, as the small rows,
            in which an amount is many times the noise, say as much of a law as the large ones.
    """
    if relative:
        size = np.maximum(predictions * np.sign(y), np.abs(y) / TIMES_OFF)
        y, predictions = np.log(np.abs(y)), np.log(size)
    with np.errstate(over="ignore"):
        error = float(nmse(y, predictions, weights))
    return float(np.log(error * len(y) / max(len(y) - n_constants, 1) + EPSILON))


def screen_passes(screen_score: float, bar: float) -> bool:
    """Whether a candidate's score on the first fold earns it all folds.

    Args:
        screen_score: Its score on the screen.
        bar: The same of the elites that it would have to beat.
    """
    return screen_score <= bar + SCREEN_MARGIN
