"""Turns an archive into the champion: judged on further folds, refitted on all training rows.

Only training rows are read. The finalists are the elites with the best scores; each is fitted on
folds that the search did not use (longer jumps, other thresholds), and the simplest law that is
within one standard error of the best (Breiman et al. 1984, section 3.4.3) is refitted on all rows.
"""

from __future__ import annotations

from dataclasses import dataclass

from evolve.law.candidate import Candidate
from evolve.law.graph import Array
from evolve.record import Entry, FoldScore

FINALISTS = 24


@dataclass(frozen=True, slots=True)
class Champion:
    """The chosen law with its constants.

    Attributes:
        entry: The entry it comes from.
        candidate: Its law and recipe.
        constants: `(t, p)` constants of each group, fitted on all training rows.
        errors: `(t, p)` standard errors of each group's constants.
        priors: Learnt prior `(t, 2, p)` (centres, precisions) the program states, if any.
        judged: Scores on the further folds.
        train_r2: R² on the training rows.
        train_predictions: `(n, t)` predictions of the training rows.
    """

    entry: Entry
    candidate: Candidate
    constants: dict[str, Array]
    errors: dict[str, Array]
    priors: Array | None
    judged: tuple[FoldScore, ...]
    train_r2: float
    train_predictions: Array
