"""Choose the champion of an archive on further folds; refit it on all training rows.

Only training rows are read. The finalists are the elites with the best scores; each is fitted on
folds that the search did not use (other thresholds), on all rows, and followed beyond the largest
scales. Together they forecast, each with a weight that falls with its judgement; the champion is
the readable law that forecasts most like all of them: the simplest among those nearest to the
forecast, of those that cannot be told apart from the best and are no worse than a baseline.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from evolve.errors import EvolveError
from evolve.evaluation.baselines import baseline_errors
from evolve.evaluation.evaluator import Evaluator
from evolve.evaluation.fitted import FittedLaw
from evolve.evaluation.problem import EvaluationProblem
from evolve.evaluation.record import Evaluation
from evolve.evaluation.requests import FoldResult, with_starts
from evolve.fitting.messages import FoldAnswer
from evolve.law.candidate import Candidate
from evolve.law.units import hidden_scales
from evolve.scoring.combine import combine, weights_of
from evolve.scoring.fold import Fold, all_rows
from evolve.scoring.noise_kind import is_relative
from evolve.scoring.objective import (
    AS_GOOD,
    FAR_OUT,
    NEAR_FORECAST,
    NEAR_LEAST,
    SELECTION_STARTS,
    UNTOLD,
    mean_log_error,
)
from evolve.search.archive import Archive, Elite
from evolve.search.consensus import consensus_distance, consensus_points, further
from evolve.search.finalists import (
    Finalist,
    finalist_of,
    finalists_of,
    initial_laws,
    loss_of_refit,
)
from evolve.search.readable import is_opaque
from evolve.search.votes import finalists_by_seed, with_votes
from evolve.tasks.task import Table, Task
from evolve.typing import Array

# An elite with its fits on the folds of the choice and on all rows.
FinalistFits = tuple[Elite, list[FoldResult], FoldResult]
RELATIVE_EDGE = 1e-6  # of the targets' deviation, by which an asymptote may seem to be outside


@dataclass(frozen=True, slots=True)
class Choice:
    """The champion and the finalists it was chosen from, best judgement first.

    Attributes:
        champion: One of the finalists.
        finalists: All of them.
        folds: The folds they were judged on: those of the search, then the further ones.
        answers: The champion's fit on each of these folds, then on all training rows.
        baselines: `(n_folds,)` errors of what anybody would forecast, by name.
    """

    champion: Finalist
    finalists: tuple[Finalist, ...]
    folds: tuple[Fold, ...]
    answers: tuple[FoldAnswer, ...]
    baselines: dict[str, Array]


def choose(
    task: Task,
    archive: Archive,
    n_workers: int,
    extra: Sequence[Elite] = (),
    searches: Sequence[Archive] = (),
    *,
    n_starts: int = SELECTION_STARTS,
) -> Choice:
    """Judge the leading elites on further folds and choose the champion.

    Args:
        task: The task; its training rows only are read.
        archive: The archive of a search.
        n_workers: Processes to fit with; the choice does not depend on it.
        extra: Further finalists, such as literature laws that are no elites.
        searches: Archives of the independent searches that `archive` joins, if there are several;
            what each would choose from is among the finalists.
        n_starts: Most starts of each fit on a fold; many laws are fitted there with few.

    Returns:
        The champion and all finalists, fitted on all training rows.

    Raises:
        EvolveError: no candidate has a score.
    """
    by_seed = finalists_by_seed(searches)
    elites = finalists_of(archive, [*extra, *(e for own in by_seed for e in own.values())])
    if not elites:
        raise EvolveError(f"{task.name}: no candidate could be fitted, so there is no champion")
    folds = (*task.folds, *task.selection_folds)
    initial = initial_laws(archive)
    problem = EvaluationProblem(task, (*folds, all_rows(task.train.n_rows)))
    with Evaluator(problem, n_workers) as evaluator:
        fits = _fits(evaluator, elites, n_starts)
        laws = [finalist_of(task, elite, judged, whole, initial) for elite, judged, whole in fits]
        if not laws:
            raise EvolveError(f"{task.name}: no finalist could be fitted on all training rows")
        laws = with_votes(weighed(task, in_terms_of_noise(task, laws)), by_seed)
        baselines = baseline_errors(task, folds)
        least = min(mean_log_error(errors, laws[0].weights) for errors in baselines.values())
        best = most_like_forecast(laws, least, lambda law: is_opaque(task, law.fitted))
        answers = tuple(r.answer for r in _with_errors(evaluator, n_starts, *fits[best]))
    order = np.argsort([law.judgement for law in laws], kind="stable")
    finalists = tuple(laws[i] for i in order)
    return Choice(laws[best], finalists, folds, answers, baselines)


def _fits(evaluator: Evaluator, elites: Sequence[Elite], n_starts: int) -> list[FinalistFits]:
    """Each elite with its fits on the folds and on all rows; without those that fail."""
    n_folds = len(evaluator.problem.folds) - 1
    forms = [elite.form for elite in elites]
    quick = [with_starts(form, n_starts) for form in forms]
    judged = evaluator.fit(quick, range(n_folds), errors=False)
    whole = evaluator.fit(forms, [n_folds])
    return [
        (elite, on_folds, _once(on_all[0]))
        for elite, on_folds, on_all in zip(elites, judged, whole, strict=True)
        if not isinstance(on_folds, Evaluation) and not isinstance(on_all, Evaluation)
    ]


def _once(whole: FoldResult) -> FoldResult:
    """A fit of all rows, whose predictions are held once: the rows fitted are those held out."""
    return replace(whole, answer=replace(whole.answer, fitted=whole.answer.predictions))


def _with_errors(
    evaluator: Evaluator,
    n_starts: int,
    elite: Elite,
    judged: list[FoldResult],
    whole: FoldResult,
) -> list[FoldResult]:
    """One elite's fits on the folds, again with the errors that forecasts need, then on all rows.

    The errors of all finalists on all folds would take as long as their fits.
    """
    if elite.candidate is not None:  # a program says nothing of its errors
        quick = with_starts(elite.form, n_starts)
        (again,) = evaluator.fit([quick], range(len(judged)))
        judged = judged if isinstance(again, Evaluation) else again
    return [*judged, whole]


def in_terms_of_noise(task: Task, fitted: Sequence[Finalist]) -> list[Finalist]:
    """The finalists, their fits of all rows judged by logarithms where noise multiplies.

    Amounts then say nothing of the small rows: laws that miss these by many times their noise
    would forecast there too. Deviations that the user gave weigh amounts by themselves.
    """
    train = task.train
    is_given = train.weights is not None and train.weights.noise is not None
    predictions = [law.fitted.predictions for law in fitted]
    if is_given or not task.frame.natural_zero:
        return list(fitted)
    if not is_relative(train.Y, predictions, train.weights):
        return list(fitted)
    return [
        replace(law, refit_loss=loss_of_refit(task, law.fitted, relative=True)) for law in fitted
    ]


def weighed(task: Task, fitted: Sequence[Finalist]) -> list[Finalist]:
    """The finalists with their disagreement, weight and distance from the forecast."""
    x, group = consensus_points(task)
    spread = task.train.Y.std(axis=0) + 1e-300
    names = [task.group_names[g] for g in group]
    predictions = np.array([law.fitted.predict_or_nan(x, names) for law in fitted]) / spread
    errors = np.sqrt([f.nmse for f in fitted])
    scores = np.array([f.held_out_loss + f.refit_loss for f in fitted])
    apart = consensus_distance(predictions, scores, errors)
    judged = [
        replace(law, disagreement=float(d), outside=outside_bounds(task, law.fitted))
        for law, d in zip(fitted, apart, strict=True)
    ]
    weights = weights_of(np.array([law.judgement for law in judged]), len(judged[0].folds))
    centre, _ = combine(predictions, weights)
    with np.errstate(all="ignore"):
        distances = np.sqrt(np.mean((predictions - centre) ** 2, axis=(1, 2)))
    distances = np.where(np.isfinite(distances), distances, np.inf)
    return [
        replace(law, weight=float(w), distance=float(d))
        for law, w, d in zip(judged, weights, distances, strict=True)
    ]


def outside_bounds(task: Task, law: FittedLaw) -> float:
    """Share of points beyond the data at which a law leaves the values that a target can have.

    An accuracy that grows with the logarithm of compute, or a loss that falls with it, leaves them
    somewhere, so it bends before: such a law is right up to there at most. Targets of one sign
    keep it, if their 0 means something. That is looked at very far out, and then next to the
    smallest rows of an axis, too.
    """
    if not task.axes:
        return 0.0
    bounds, width = task.bounds, RELATIVE_EDGE * task.train.Y.std(axis=0)
    if not np.isfinite(bounds).any():
        return 0.0
    largest = task.train.at(task.folds[0].held)
    places = [replace(largest, X=further(task, largest.X, by)) for by in FAR_OUT]
    if task.frame.natural_zero:
        places += _next_to_smallest(task)
    shares = []
    for rows in places:
        values = law.predict_or_nan(rows.X, [task.group_names[g] for g in rows.group])
        inside = (values >= bounds[:, 0] - width) & (values <= bounds[:, 1] + width)
        shares.append(float(np.mean(~inside)))
    return max(shares)


def _next_to_smallest(task: Task) -> Iterator[Table]:
    """Rows with the smallest value of each axis, moved a little below it."""
    for j in task.axes:
        x = task.train.X[:, j]
        rows = task.train.at(x == x.min())
        moved = rows.X.copy()
        moved[:, j] = task.constraints.ends[j][0]
        yield replace(rows, X=moved)


def most_like_forecast(
    fitted: Sequence[Finalist],
    baseline: float = np.inf,
    opaque: Callable[[Finalist], bool] = lambda _: False,
) -> int:
    """Number of the champion: the simplest of those nearest to the forecast beyond the data.

    Only laws whose judgement is so near to the best that folds cannot tell them apart are asked,
    and of these such as predict held-out rows about as well as a baseline does, if any: a straight
    line in logarithms is a law, too, and differs from itself by its recipe. Of those near
    to the forecast, those that can be read as they stand come first: their every amplitude is a
    constant of their own, and no constant or feature does nothing.

    Args:
        fitted: The finalists.
        baseline: Mean log error of the best baseline on the rows that folds held out.
        opaque: Whether one has a constant or feature that does nothing; asked of few.
    """
    judgements = np.array([f.judgement for f in fitted])
    close = [int(i) for i in np.flatnonzero(judgements <= judgements.min() + UNTOLD)]
    close = [i for i in close if fitted[i].held_out_loss <= baseline + AS_GOOD] or close
    allowed = NEAR_FORECAST * min(fitted[i].distance for i in close) + NEAR_LEAST
    near = [i for i in close if fitted[i].distance <= allowed]
    near = [i for i in near if not _borrows_scale(fitted[i])] or near
    near.sort(key=lambda i: (fitted[i].size_cost, judgements[i]))
    return next((i for i in near if not opaque(fitted[i])), near[0])


def _borrows_scale(finalist: Finalist) -> bool:
    """Whether the scale of a feature stands for a constant in a finalist."""
    form = finalist.fitted.form
    return isinstance(form, Candidate) and hidden_scales(form.law.root) > 0
