"""Compare candidates of the fast lane with the same programs, run as text.

The fast lane evaluates graph and recipe; another sandboxed process runs the printed text. Both
must give the same predictions, or the printed program is not what was scored.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from evolve.evaluation.evaluator import Evaluator
from evolve.evaluation.foreign import difference, priors_of, run_text
from evolve.evaluation.record import Entry, Evaluation
from evolve.law.candidate import Candidate
from evolve.sandbox import PrintedLane
from evolve.typing import Array

TOLERANCE = 1e-9

Text = Callable[[Candidate, Array | None], str]


@dataclass(frozen=True, slots=True)
class Agreement:
    """How one entry fared in both lanes.

    Attributes:
        index: The entry.
        status: ``ok``, or how the program failed.
        difference: Of the predictions, as `foreign.difference` says.
    """

    index: int
    status: str
    difference: float | None

    @property
    def holds(self) -> bool:
        """Whether the lanes agree."""
        return self.difference is not None and self.difference <= TOLERANCE

    def to_data(self) -> dict[str, Any]:
        """JSON value for the store."""
        return asdict(self)


def compare(
    evaluator: Evaluator, lane: PrintedLane, entry: Entry, candidate: Candidate, text_of: Text
) -> Agreement:
    """Run one candidate through both lanes on the screening fold.

    Args:
        evaluator: The fast lane.
        lane: Where printed programs run.
        entry: The entry the candidate comes from.
        candidate: Its law and recipe.
        text_of: Program text of a candidate under priors `(t, 2, p)`, or without any.
    """
    problem = evaluator.problem
    (fast,) = evaluator.fit([candidate], [len(problem.folds)], errors=False)
    if isinstance(fast, Evaluation):
        return Agreement(entry.index, fast.status, None)
    text = text_of(candidate, priors_of(fast[0], problem.task.train.Y.shape[1]))
    predictions = run_text(lane, problem.task, problem.screen, text)
    if isinstance(predictions, str):
        return Agreement(entry.index, predictions, None)
    targets = problem.task.train.Y[problem.screen.held]
    gap = difference(predictions, fast[0].predictions, targets)
    return Agreement(entry.index, "ok", gap)
