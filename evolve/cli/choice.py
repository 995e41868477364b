"""The finalists of a run and what decided between them, on screen or as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from evolve.errors import EvolveError

if TYPE_CHECKING:
    from evolve.runs.picks import Pick
    from evolve.runs.store import Store

HEADINGS = (
    *("entry", "constants", "held out", "+-", "all rows", "size", "physics", "outside", "apart"),
    *("judgement", "weight", "distance"),
)
VOTES = "votes: independent searches that have a law of this form among their own finalists"
LEGEND = """\
held out: mean log error of the rows that the folds held out, and its standard error
all rows: log error of the fit of all rows, of logarithms where noise multiplies the law; size: \
what its size costs
physics: share of points beyond the data that break what was declared
outside: share of points very far out, or just below the smallest rows, at which it leaves what \
the target can be
apart: log distance from the consensus beyond the data; judgement: what all these come to
weight: what the law counts in the forecast; distance: from the forecast beyond the data
* the champion: the simplest of those nearest to the forecast, of those near the best \
judgement and no worse than a baseline, if any; one whose every constant and feature does \
something, if any"""


def show_choice(store: Store, pick: Pick, *, json: bool) -> None:
    """Print what was measured of every finalist.

    Raises:
        EvolveError: One law was asked for, or no champion was chosen from all entries of the run.
    """
    from evolve.cli.output import print_json, print_text
    from evolve.runs.choices import load_finalists, load_verdict
    from evolve.runs.usual import run_words

    if not pick.is_champion:
        raise EvolveError(f"show: --choice tells of all finalists, not of {pick.words} alone")
    rows, verdict = load_finalists(store), load_verdict(store)
    if not rows:
        raise EvolveError(
            f"run {store.folder.name!r} keeps no finalists: no champion was chosen yet, or by an "
            f"earlier version; to choose one: python -m evolve resume {run_words(store.folder)}"
        )
    if json:
        data = None if verdict is None else verdict.to_data()
        finalists = [row.to_data() for row in rows]
        print_json({"run": store.folder.name, "verdict": data, "finalists": finalists})
        return
    voted = any(row.votes for row in rows)  # there were several searches
    cells: list[list[str]] = [
        [
            f"{row.index}{'*' if row.champion else ''}",
            *(f"{row.n_constants}", f"{row.held_out_loss:.3f}", f"{row.held_out_error:.3f}"),
            *(f"{row.refit_loss:.3f}", f"{row.size:.3f}", f"{row.against_physics:.2f}"),
            f"{row.outside:.2f}",
            *(f"{row.disagreement:.2f}", f"{row.judgement:.3f}", f"{row.weight:.3f}"),
            f"{row.distance:.3f}",
            *([f"{row.votes}"] if voted else []),
        ]
        for row in rows
    ]
    _print_finalists((*HEADINGS, *(["votes"] if voted else [])), cells)
    print_text(f"{VOTES}\n{LEGEND}" if voted else LEGEND)


def _print_finalists(headings: Sequence[str], cells: Sequence[Sequence[str]]) -> None:
    """A line for each finalist; in narrow terminals a column for each of the leading ones."""
    from evolve.cli.output import line_width, print_table, print_text
    from evolve.cli.table import GAP

    columns = zip(headings, *cells, strict=True)
    widths = [max(map(len, (*heading.split(), *texts))) for heading, *texts in columns]
    if sum(widths) + len(GAP) * (len(widths) - 1) <= line_width():
        print_table(headings, cells)
        return
    leading = sorted(cells, key=lambda texts: not texts[0].endswith("*"))  # the champion first
    room, shown = line_width() - max(map(len, headings)), 0
    while shown < len(cells) and (room := room - len(GAP) - max(map(len, leading[shown]))) >= 0:
        shown += 1
    first, *lines = zip(headings, *leading[: max(shown, 1)], strict=True)
    print_table(first, lines)
    if left := len(cells) - max(shown, 1):
        print_text(f"{left} more finalists: a wider terminal or --json has them")
