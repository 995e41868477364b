"""Turns seeds whose law cannot be traced into lines of a run's table, through the foreign lane.

The grammar cannot mutate them, so they never enter the archive; they stand beside the champion.
"""

from __future__ import annotations

import numpy as np

from evolve.evaluation.foreign import FailedError, Scored, run_text, score_program
from evolve.runs.results import Line
from evolve.sandbox import ForeignLane
from evolve.scoring.fold import Fold, FoldScore
from evolve.scoring.objective import fold_score, price_of, score
from evolve.search.proposers.seeds import Seed
from evolve.search.setup import Setup
from evolve.tasks.task import Task

NO_ENTRY = -1


def black_box_line(setup: Setup, seed: Seed, lane: ForeignLane) -> Line:
    """Judge a seed on the folds of a run, and fit it on all training rows.

    Args:
        setup: Task and folds.
        seed: A seed without a candidate.
        lane: Where its program runs.

    Returns:
        Its line; no score if the program failed on a fold, and then with the reason.
    """
    task = setup.task
    try:
        scored = score_program(seed.program, task, task.train, lane)
    except FailedError as error:
        return _failed(seed, str(error), error.printed)
    n_constants = n_constants_of(scored, len(task.target_names))
    folds = []
    for fold in setup.folds:
        told = _judge(task, fold, seed, lane, n_constants)
        if isinstance(told, str):
            return _failed(seed, f"{fold.name}: {told}", scored.printed)
        folds.append(told)
    price = price_of(n_constants, 0.0, task.train.n_values)
    return Line(
        kind="literature",
        name=seed.name,
        index=NO_ENTRY,
        n_constants=n_constants,
        score=score(folds, price),
        held_out_r2=1.0 - float(np.mean([fold.nmse for fold in folds])),
        train_r2=scored.scores.overall.r2,
        formula=f"{task.target_names[0]} = black box ({seed.title})",
        constants={g: np.atleast_2d(c).tolist() for g, c in scored.constants.items()},
        text=seed.program.text,
        printed=scored.printed,
    )


def _judge(
    task: Task, fold: Fold, seed: Seed, lane: ForeignLane, n_constants: int
) -> FoldScore | str:
    """How well a seed predicts and fits the rows of a fold, or how it failed."""
    both = Fold(fold.name, fold.fit, np.concatenate([fold.held, fold.fit]))
    predictions = run_text(lane, task, both, seed.program.text)
    if isinstance(predictions, str):
        return predictions
    held, fitted = np.split(predictions, [len(fold.held)])
    n_groups = len(np.unique(task.train.group[fold.fit]))
    return fold_score(task.train.Y, fold, held, fitted, n_constants * n_groups)


def n_constants_of(scored: Scored, n_targets: int) -> int:
    """Constants for each group and target."""
    most = max((c.size for c in scored.constants.values()), default=0)
    return -(-most // n_targets)


def _failed(seed: Seed, message: str, printed: str) -> Line:
    return Line(
        kind="literature",
        name=seed.name,
        index=NO_ENTRY,
        n_constants=0,
        score=None,
        held_out_r2=None,
        train_r2=None,
        formula="",
        constants={},
        text=seed.program.text,
        message=" ".join(message.split()),
        printed=printed,
    )
