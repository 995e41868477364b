"""Why a run's champion was chosen, and what its forecasts are worth, kept in its store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from evolve.forecast.by_group import GroupError
from evolve.forecast.verdict import Verdict, verdict_from_data
from evolve.runs.notes import CHOICE, GROUPS, VERDICT
from evolve.runs.store import Store

if TYPE_CHECKING:
    from evolve.runs.results import ResultRow
    from evolve.search.champion import Choice

SHOWN = 4  # decimals of a score in the table of laws


@dataclass(frozen=True, slots=True)
class FinalistRow:
    """What was measured of one finalist; lower is better in all but its weight.

    Attributes:
        index: Its entry.
        champion: Whether it was chosen.
        n_constants: Constants for each group and target.
        held_out_loss: Weighted mean log error of the rows held out.
        held_out_error: Standard error of that over the folds.
        refit_loss: Log error of the fit of all rows; of logarithms where noise multiplies the law.
        size: Price of its size.
        against_physics: Share of points beyond the data at which it breaks declared physics.
        outside: Share of points very far out at which it leaves the target's bounds.
        disagreement: Log distance from the consensus beyond the data.
        judgement: What these come to.
        weight: What it counts in the forecast.
        distance: From the forecast beyond the data, in deviations of the targets.
        losses: Log error on the rows that each fold held out, by the fold's name and number.
        votes: How many of several independent searches have a law of its form among their own
            finalists; 0 where there was one search.
    """

    index: int
    champion: bool
    n_constants: int
    held_out_loss: float
    held_out_error: float
    refit_loss: float
    size: float
    against_physics: float
    outside: float
    disagreement: float
    judgement: float
    weight: float
    distance: float
    losses: dict[str, float]
    votes: int = 0

    def to_data(self) -> dict[str, Any]:
        """JSON value that ``FinalistRow(**data)`` reads back."""
        return asdict(self)


def save_choice(
    store: Store, choice: Choice, verdict: Verdict, groups: Sequence[GroupError] = ()
) -> None:
    """Keep what decided, and the champion's errors by group, for whoever asks later."""
    n_entries = len(store)
    rows = [row.to_data() for row in finalist_rows(choice)]
    store.set_note(CHOICE, {"n_entries": n_entries, "finalists": rows})
    store.set_note(VERDICT, {"n_entries": n_entries, "verdict": verdict.to_data()})
    by_group = [asdict(group) for group in groups]
    store.set_note(GROUPS, {"n_entries": n_entries, "groups": by_group})


def finalist_rows(choice: Choice) -> list[FinalistRow]:
    """The finalists of a choice, best judgement first."""
    champion = choice.champion.entry.index
    return [
        FinalistRow(
            index=f.entry.index,
            champion=f.entry.index == champion,
            n_constants=f.fitted.n_constants,
            held_out_loss=f.held_out_loss,
            held_out_error=f.held_out_error,
            refit_loss=f.refit_loss,
            size=f.size_cost,
            against_physics=f.against_physics,
            outside=f.outside,
            disagreement=f.disagreement,
            judgement=f.judgement,
            weight=f.weight,
            distance=f.distance,
            losses=f.losses_by_fold,
            votes=f.votes,
        )
        for f in choice.finalists
    ]


def load_verdict(store: Store) -> Verdict | None:
    """The verdict on all of the store's entries; None if none was made, or the run went on."""
    note = store.note(VERDICT)
    if note is None or note["n_entries"] != len(store):
        return None
    return verdict_from_data(note["verdict"])


def load_group_errors(store: Store) -> list[GroupError]:
    """The champion's errors by group, worst first; none without a choice from all entries."""
    note = store.note(GROUPS)
    if note is None or note["n_entries"] != len(store):
        return []
    return [GroupError(**group) for group in note["groups"]]


def load_finalists(store: Store) -> list[FinalistRow]:
    """The finalists, best judgement first; none if no champion was chosen from all entries."""
    note = store.note(CHOICE)
    if note is None or note["n_entries"] != len(store):
        return []
    return [FinalistRow(**row) for row in note["finalists"]]


def why_not_the_best_score(rows: Sequence[ResultRow]) -> str:
    """Why the champion, the first of a table, is not the law with the best score; empty if it is.

    Args:
        rows: The table of a run that has chosen a champion.
    """
    scored = [row for row in rows if row.score is not None]
    best = min(scored, key=lambda row: row.score or 0.0, default=None)
    champion = rows[0].score if rows else None
    if best is None or best.score is None or champion is None:
        return ""
    if round(best.score, SHOWN) >= round(champion, SHOWN):
        return ""
    law = f"the law of size {best.n_constants}"
    if best.kind == "literature":
        law = best.name
    elif best.formula == rows[0].formula:
        law = f"the same form fitted otherwise, entry {best.number},"
    elif best.n_constants == rows[0].n_constants:
        law = f"another law of its size, entry {best.number},"
    return (
        f"{law} has the better score, which is of the search's folds alone; further folds and "
        "what laws say beyond the data decided"
    )
