"""What a run's forecasts are worth, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

HOLDS, CARE, NONE = "holds", "handle with care", "no law here"
VERDICTS = (HOLDS, CARE, NONE)
IT_HOLDS = "it holds as "  # how a reason begins that is none of another verdict


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a run's forecasts are worth.

    Attributes:
        verdict: ``holds``, ``handle with care`` or ``no law here``.
        reasons: Why, one sentence each.
        held_out_r2: R² of the forecast on the rows held out, mean over folds.
        baseline: The best baseline's name.
        baseline_r2: Its R² on the same rows.
        gain: Mean log of the baseline's error over the forecast's, by fold.
        expected_r2: R² beyond the data that the calibrated interval promises, None where the
            task does not extrapolate.
        expected_error: Median error beyond the data that it promises, as a share of the forecast;
            None too where the values of a target or its forecasts lie on both sides of 0.
        against_physics: Share of points beyond the data at which the champion breaks what was
            declared.
        agreement: R² beyond the data of what each of several independent searches forecasts alone,
            against all of them together; None where there was one search or no axis.
    """

    verdict: str
    reasons: tuple[str, ...]
    held_out_r2: float
    baseline: str
    baseline_r2: float
    gain: float
    expected_r2: float | None
    expected_error: float | None
    against_physics: float
    agreement: float | None = None

    def __repr__(self) -> str:
        """The verdict with its reasons; the numbers have their names."""
        return f"<Verdict: {self.line()}>"

    def line(self) -> str:
        """One line for a terminal."""
        return f"{self.verdict}: {'; '.join(self.reasons)}"

    def beyond(
        self, ends: Sequence[str], *, unlike: bool = False, reach: str = "", of: str = ""
    ) -> Verdict:
        """The verdict for rows of which the training rows say less than of others.

        Args:
            ends: Ends of the training rows beyond which they lie and that no fold tests, as
                `evolve.forecast.tested.untested` names them; none for rows within them.
            unlike: Whether some break what every training row keeps to, as
                `evolve.forecast.departures.departures` finds it.
            reach: How far the interval promises anything, as `evolve.forecast.promise.reach_text`
                says it, where some lie further out; empty where none do.
            of: Groups of those that do, in words, where rows of others were asked for, too.
        """
        if self.verdict != HOLDS or not (ends or unlike or reach):
            return self
        ways = (
            [f"lie beyond the {' or the '.join(ends)}, where no fold tests the law"]
            if ends
            else []
        )
        if reach:
            ways.append(f"lie further beyond the data than {reach}, where nothing is promised")
        ways += ["are unlike every training row, so that nothing tests the law there"] * unlike
        kept = (reason for reason in self.reasons if not reason.startswith(IT_HOLDS))
        rows = f"the rows of {of}" if of else "these rows"
        where = f"{rows} {', and '.join(ways)}; elsewhere it holds"
        return replace(self, verdict=CARE, reasons=(where, *kept))

    def to_data(self) -> dict[str, Any]:
        """JSON value that `verdict_from_data` reads back."""
        return asdict(self)


def verdict_from_data(data: Mapping[str, Any]) -> Verdict:
    """The verdict that `Verdict.to_data` wrote."""
    return Verdict(**{**data, "reasons": tuple(data["reasons"])})
