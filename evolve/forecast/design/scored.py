"""A design to all that is said of it: what it leaves open, and whether it shows its law right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from evolve.forecast.design.law import TrueLaw
from evolve.forecast.design.optimal import Slopes, tells
from evolve.forecast.design.questions import Wanted
from evolve.forecast.design.simulated import Score, Trial, answers, held_out_r2, score_of
from evolve.forecast.design.standard import DesignRuns
from evolve.forecast.plan.cost import Cost
from evolve.typing import Array

CHECKABLE = 0.5  # held-out R2 from which on a design shows whether its law is right; judgement
WIDER = 3.0  # times the narrowest, that showing a wrong law may cost; judgement
SAME = 1e-9  # of a logarithm, or of a budget


@dataclass(frozen=True, eq=False)
class ScoredDesign:
    """A design and what it leaves open.

    Attributes:
        name: What it is called.
        sizes: `(n, k)` of its runs, the cheapest first.
        costs: `(n,)`.
        scores: By question; none where it cannot tell.
        why_not: Why it cannot tell, by question.
        held_out_r2: Of the law on the largest runs, fitted without them; None without folds.
    """

    name: str
    sizes: Array
    costs: Array
    scores: Mapping[str, Score]
    why_not: Mapping[str, str]
    held_out_r2: float | None

    @property
    def n_different(self) -> int:
        """Runs that differ; others are repetitions."""
        return len(self.counted())

    @property
    def is_checkable(self) -> bool:
        """Whether its largest runs show that the law is right, where it is fitted without them."""
        return self.held_out_r2 is not None and self.held_out_r2 >= CHECKABLE

    def width(self, question: str) -> float:
        """What is left open of a question; infinite where it cannot tell."""
        return self.scores[question].width if question in self.scores else float("inf")

    def counted(self) -> list[tuple[int, Array, float]]:
        """How often each run is made, its sizes and what it costs, the cheapest first."""
        _, first, counts = np.unique(self.sizes, axis=0, return_index=True, return_counts=True)
        order = np.argsort(first)
        return [(int(counts[i]), self.sizes[first[i]], float(self.costs[first[i]])) for i in order]


def scored(
    trial: Trial,
    local: Slopes,
    cost: Cost,
    names: Sequence[str],
    design: DesignRuns,
    wanted: Sequence[Wanted],
) -> ScoredDesign:
    """What a design leaves open of each question that its runs tell of."""
    sizes = design.sizes
    rows = local.of_runs(sizes)
    open_ = [w for w in wanted if not tells(rows, local.of(w.direction))]
    told = [w for w in wanted if w not in open_]
    answered = answers(trial, sizes, cost, told) if told else []
    targets = trial.law.at(sizes)
    scores = {
        w.name: score_of(w, values, trial.level, sizes[:, 0] if w.is_size else targets)
        for w, values in zip(told, answered, strict=True)
    }
    why = _why_not(trial.law, names, sizes)
    left = {w.name: why for w in open_}
    held = held_out_r2(trial, sizes, names)
    return ScoredDesign(design.name, sizes, cost.of(sizes), scores, left, held)


def in_rank(
    designs: Sequence[ScoredDesign], question: str, budget: float
) -> tuple[ScoredDesign, ...]:
    """Designs, the one to make first.

    Those that answer come before those that cannot tell; of them those that show whether the law
    is right, where that does not cost too much of the answer; then the narrower. What costs more
    than the budget, as runs that somebody thought of may, comes last.

    Args:
        designs: In any order.
        question: Its answer is to be narrow.
        budget: Compute of all runs of a design.
    """
    dear = {d.name for d in designs if d.costs.sum() > budget * (1.0 + SAME)}
    widths = [d.width(question) for d in designs if d.name not in dear]
    narrowest = min(widths, default=float("inf"))

    def rank(design: ScoredDesign) -> tuple[bool, bool, bool, float]:
        width = design.width(question)
        shows = design.is_checkable and width <= WIDER * narrowest
        return design.name in dear, not np.isfinite(width), not shows, width

    return tuple(sorted(designs, key=rank))


def _why_not(law: TrueLaw, names: Sequence[str], sizes: Array) -> str:
    """Why runs cannot tell: sizes that none of them varies, or no more than that they cannot."""
    same = [n for n, column in zip(names, sizes.T, strict=True) if np.ptp(np.log(column)) < SAME]
    if same:
        return f"never varies {' and '.join(same)}"
    if len(np.unique(sizes, axis=0)) < len(law.values):
        return f"has fewer different runs than the law has constants, {len(law.values)}"
    return "leaves constants of the law open"
