"""The reasons of a verdict as it is made: what decides it, and what else is to be said."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from evolve.forecast.promise import Promise, promise_text
from evolve.forecast.verdict import CARE, HOLDS, IT_HOLDS, NONE
from evolve.forecast.words import r2_text, share_text
from evolve.scoring.objective import (
    HOLDS_HELD_R2,
    HOLDS_R2,
    HOLDS_RELATIVE,
    NONE_GAIN,
    NONE_R2,
)

BY_ERROR = (
    f"{IT_HOLDS}that error and the typical one on held-out rows are at most "
    f"{100 * HOLDS_RELATIVE:g} %, whatever these R2 are"
)
# Mean squared error on held-out rows over that of the best baseline, from which on there is no law
# though a typical fold is better: on some fold the forecast explodes. Judgement.
FAR_BEHIND = 10.0


@dataclass(slots=True)
class Reasons:
    """Why a law holds, or does not.

    Attributes:
        verdict: What they come to.
        decided: Reasons that made it, which are told first; none where all together do.
        others: What else is to be said.
        may_hold: Whether nothing but doubts keeps the law from holding.
    """

    verdict: str
    decided: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    may_hold: bool = False

    @property
    def in_order(self) -> tuple[str, ...]:
        """All of them, those that decided first."""
        return tuple(
            reason
            for reason in (*self.decided, *self.others)
            if self.verdict == HOLDS or reason != BY_ERROR
        )

    def doubt(self, reason: str) -> None:
        """Take what keeps a law from holding; of one that does not, it is said beside."""
        if self.may_hold:
            self.verdict = CARE
            self.decided.append(reason)
        else:
            self.others.append(reason)

    def excuse(self, why: str) -> None:
        """Take why held-out rows that show no law say nothing against one."""
        self.verdict, self.decided, self.others = CARE, [why], [*self.decided, *self.others]


def short_of(said: str, least: str) -> str:
    """A reason that decides, with what a law that holds has."""
    return f"{said}, where it takes {least} to hold"


def weigh(
    said: str,
    against: str,
    near: tuple[float, float],
    gain: float,
    expected: Promise,
    physics: float,
    baseline: float = -math.inf,
    who: str = "the champion",
) -> Reasons:
    """What measures of a forecast come to.

    Args:
        said: Its R2 on held-out rows, in words.
        against: How it stands against the best baseline, in words.
        near: R2 on held-out rows, and their typical error as a share of the target.
        gain: Mean log of the baseline's squared error over the forecast's.
        expected: What the intervals promise beyond the data.
        physics: Share of points at which the law breaks the physics of the task.
        baseline: R2 of the best baseline on the same rows.
        who: What the law is called.
    """
    (held_out, share), (r2, relative, _, nearer) = near, expected
    promise = promise_text(expected)
    broken = ""
    if physics:
        of = "the physics of the task, declared or guessed,"
        broken = f"{who} breaks {of} at {share_text(physics)} of points"
    if held_out < NONE_R2 and gain < NONE_GAIN:
        return Reasons(NONE, [said, against], [*filter(None, (promise, broken))])
    if held_out < NONE_R2 and 1.0 - held_out >= FAR_BEHIND * (1.0 - baseline):
        far = f"far less than the baseline's {r2_text(baseline)}, as it explodes on some of them"
        return Reasons(NONE, [said, far, against], [*filter(None, (promise, broken))])
    close = relative is not None and max(relative, share) <= HOLDS_RELATIVE
    sure = r2 is None or r2 >= HOLDS_R2
    explained = sure and held_out >= HOLDS_HELD_R2
    typical = ""
    if share > HOLDS_RELATIVE and relative is not None and relative <= HOLDS_RELATIVE:
        error = share_text(share, "the target", HOLDS_RELATIVE)
        typical = f"on held-out rows the typical error is {error}"
    told = [said, against, promise, promise_text(nearer) if nearer else "", typical]
    if (close or explained) and not broken:
        told.append("" if explained else BY_ERROR)
        return Reasons(HOLDS, [], [*filter(None, told)], may_hold=True)
    decided = [broken] if broken else []
    if not (close or explained):
        if held_out < HOLDS_HELD_R2:
            decided.append(short_of(said, f"{HOLDS_HELD_R2:g}"))
            told.remove(said)
        if not sure and typical:  # the error that is promised would do
            least = f"{share_text(HOLDS_RELATIVE)} or a promised R2 of {HOLDS_R2:g}"
            decided.append(short_of(typical, least))
            told.remove(typical)
        elif not sure:
            least = f"an R2 of {HOLDS_R2:g} or an error of {share_text(HOLDS_RELATIVE)}"
            decided.append(short_of(promise, least))
            told.remove(promise)
    return Reasons(CARE, decided, [*filter(None, told)])
