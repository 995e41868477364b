"""Designs of pilot runs as data frames, before there is any run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from evolve.api.parts import Parts
from evolve.arguments import checked

if TYPE_CHECKING:
    import pandas as pd

    from evolve.forecast.design import Designed


@dataclass(frozen=True, eq=False, repr=False)
class Design(Parts):
    """Which pilot runs to make, and what they would leave open.

    Attributes:
        scores: One row a design and question, the design that leaves least open first:
            ``runs``, ``different``, ``compute``, ``bias``, ``spread``, ``low``, ``high``,
            ``width``, ``held_out_r2``, ``outside``, how many of its runs are none of those that a
            published law was fitted to, and ``why_not`` where it cannot tell. Designs come last
            whose ``held_out_r2``, of the law on their largest runs and fitted without them, is
            too low to show whether the law is right.
        runs: The runs of the first design, the cheapest first: ``compute``, the sizes, and
            ``times``, how often each is to be made.
        truth: What is right by the law, by question.
        left_out: Why there is no design of a name, as of isoFLOP profiles for which the runs are
            too few.
    """

    scores: pd.DataFrame
    runs: pd.DataFrame
    truth: dict[str, float]
    left_out: dict[str, str]
    _designed: Designed = field(repr=False)

    @checked
    def runs_of(self, name: str) -> pd.DataFrame:
        """The runs of a design, as `runs` has those of the first.

        Raises:
            EvolveError: There is no such design.
        """
        return runs_frame(self._designed, name)


@checked
def design(
    law: str,
    compute: str,
    budget: float,
    *,
    narrow: Mapping[str, object] | None = None,
    best_at: float | None = None,
    noise: float = 0.01,
    constants: Mapping[str, object] | None = None,
    spread: Mapping[str, object] | None = None,
    runs: int = 20,
    least: Mapping[str, object] | None = None,
    most: Mapping[str, object] | None = None,
    ratio: float = 25.0,
    span: float = 1000.0,
    rows: Any = None,
    draws: int = 1000,
    interval: float = 0.9,
    seed: int = 0,
) -> Design:
    """Say which pilot runs of a given total compute tell most, before any run is made.

    Runs are drawn from the law with noise and the law is fitted to them again, many times for
    each design. The law and its noise are taken to be right, which no simulation can show.

    Usual designs are isoFLOP profiles (Hoffmann et al. 2022, approach 2), a grid of sizes and
    runs of one ratio; others are made for what is asked, or for all constants: locally c- and
    D-optimal designs under a budget, by exchanges (Atkinson, Donev & Tobias 2007, Optimum
    Experimental Designs, with SAS).

    Args:
        law: The name of a law with published constants, such as ``hoffmann_2022``, or a formula
            with its values, such as ``"1.8 + 480*params^-0.35 + 2000*tokens^-0.37"``. Names in it
            that are no sizes are constants; plain numbers such as 0.5 stay as they are.
        compute: What a run costs, an expression of one or two sizes: ``"6*params*tokens"``.
        budget: Of all runs together.
        narrow: The run whose forecast is to be narrowed, a value of each size.
        best_at: The compute at which the best size is to be narrowed. One of the two is needed;
            of both, designs are ordered by the forecast.
        noise: Standard deviation of single runs, as a share of the target.
        constants: Values of the law's constants by name, in place of those that it has.
        spread: How uncertain they are, by name: standard deviations, as shares of them.
        runs: Most runs.
        least: Smallest sizes that a run may have.
        most: Largest ones.
        ratio: Factor by which the ratio of the two sizes may differ from the best at its compute.
        span: Factor between the budget and the compute of the cheapest run.
        rows: A table of runs of your own, which are scored beside the designs.
        draws: Repetitions of all runs that are simulated.
        interval: Share of them whose answers the interval holds.
        seed: Of the repetitions.

    Returns:
        Designs with their scores, and the runs to make.

    Raises:
        EvolveError: There is no such law, a name is not known, a value is not within its rule,
            nothing is asked, or the law has no answer to it.
    """
    from evolve.forecast.design import design_runs
    from evolve.runs.settings import whole
    from evolve.tasks.readers import raw_of

    designed = design_runs(
        law,
        compute,
        budget,
        narrow=narrow,
        best_at=best_at,
        noise=noise,
        constants=constants,
        spread=spread,
        runs=whole("runs", runs),
        least=least,
        most=most,
        ratio=ratio,
        span=span,
        draws=whole("draws", draws),
        level=interval,
        seed=whole("seed", seed),
        own=None if rows is None else raw_of(rows),
    )
    truth = {wanted.name: wanted.central for wanted in designed.wanted}
    left_out = dict(designed.left_out)
    return Design(_scores(designed), runs_frame(designed, None), truth, left_out, designed)


def _scores(designed: Designed) -> pd.DataFrame:
    import pandas as pd

    rows = [
        {
            "design": d.name,
            "question": wanted.name,
            "runs": len(d.sizes),
            "different": d.n_different,
            "compute": float(d.costs.sum()),
            **({} if score is None else score.to_data()),
            "held_out_r2": d.held_out_r2,
            "outside": designed.n_outside(d),
            "why_not": d.why_not.get(wanted.name, ""),
        }
        for d in designed.designs
        for wanted in designed.wanted
        for score in [d.scores.get(wanted.name)]
    ]
    return pd.DataFrame(rows).set_index(["design", "question"])


def runs_frame(designed: Designed, name: str | None) -> pd.DataFrame:
    """The runs of a design, the first if None, one row for all that are alike.

    Raises:
        EvolveError: There is no such design.
    """
    import pandas as pd

    return pd.DataFrame(designed.runs_of(designed.named(name)))
