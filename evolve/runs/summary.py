"""What a run's entries come to: statuses, best entry of each cell, what operators have done.

A fold over the entries, as the archive is. The store keeps it beside them and writes it in the
transaction that adds a batch, so that a run can be shown without reading its entries.
"""

from __future__ import annotations

import math
import zlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from evolve.evaluation.record import MADE, ORIGINS, UNSEARCHED
from evolve.jsontext import compact_json
from evolve.runs import checks, limits

if TYPE_CHECKING:
    from evolve.evaluation.record import Entry

FORMAT: Final = 2  # of what the store keeps; a summary of another one is made again
Cell = tuple[int, str]
# Of entries that an operator made its origin and name; of all others of an origin no name.
Maker = tuple[str, str]


class Leader(NamedTuple):
    """The best entry of a cell; leaders compare as their entries do, the older of equals first."""

    score: float
    position: int


class Tally(NamedTuple):
    """How often an operator was tried, and what came of it.

    Attributes:
        tried: Entries it made.
        scored: How many of them have a score.
        won: How many were the best of their size or smaller when they came.
        best: Their best score; infinite while none has one.
    """

    tried: int = 0
    scored: int = 0
    won: int = 0
    best: float = math.inf

    def plus(self, other: Tally) -> Tally:
        """The tally of both."""
        tried, scored = self.tried + other.tried, self.scored + other.scored
        return Tally(tried, scored, self.won + other.won, min(self.best, other.best))


@dataclass(frozen=True, slots=True)
class Summary:
    """What the first entries of a run come to.

    Attributes:
        n_entries: How many entries it sums up.
        statuses: How many of them have each status.
        leaders: The best entry of each cell: number of constants, and form of the law.
        firsts: Indices of the entries that were not made by a search, in order.
        tallies: What each operator has done.
    """

    n_entries: int = 0
    statuses: Mapping[str, int] = field(default_factory=dict)
    leaders: Mapping[Cell, Leader] = field(default_factory=dict)
    firsts: tuple[int, ...] = ()
    tallies: Mapping[Maker, Tally] = field(default_factory=dict)

    def extended(self, entries: Iterable[Entry]) -> Summary:
        """The summary with the entries that follow."""
        statuses, leaders, tallies = Counter(self.statuses), dict(self.leaders), dict(self.tallies)
        n_entries, firsts = self.n_entries, list(self.firsts)
        for entry in entries:
            n_entries += 1
            statuses[entry.evaluation.status] += 1
            firsts += [entry.index] if entry.origin in UNSEARCHED else []
            score, won = entry.evaluation.score, False
            if score is not None:
                won = _take_in(leaders, entry, score)
            maker = (entry.origin, entry.operator if entry.origin in MADE else "")
            one = Tally(1, score is not None, won, math.inf if score is None else score)
            tallies[maker] = tallies.get(maker, Tally()).plus(one)
        return Summary(n_entries, dict(statuses), leaders, tuple(firsts), tallies)

    def ranked(self) -> list[int]:
        """Indices of the elites, the best entry of each cell, best score first."""
        return [leader.position for leader in sorted(self.leaders.values())]

    @property
    def best(self) -> int | None:
        """Index of the entry with the best score; None while none has a score."""
        return min(self.leaders.values()).position if self.leaders else None

    def best_per_size(self) -> dict[int, int]:
        """Index of the best entry of each number of constants, fewest constants first."""
        best: dict[int, Leader] = {}
        for (n_constants, _), leader in self.leaders.items():
            best[n_constants] = min(leader, best.get(n_constants, leader))
        return {n_constants: best[n_constants].position for n_constants in sorted(best)}

    def to_data(self) -> dict[str, Any]:
        """JSON value that `summary_from_data` reads back."""
        data = {
            "format": FORMAT,
            "n_entries": self.n_entries,
            "statuses": dict(self.statuses),
            "leaders": [[*cell, *leader] for cell, leader in self.leaders.items()],
            "firsts": list(self.firsts),
            "tallies": [
                [*maker, *tally[:3], tally.best if tally.scored else None]
                for maker, tally in self.tallies.items()
            ],
        }
        return {**data, "checksum": _checksum(data)}


def _take_in(leaders: dict[Cell, Leader], entry: Entry, score: float) -> bool:
    """Put an entry into its cell if it leads there, and tell whether it joins the front."""
    from evolve.search.archive import cell_of_entry  # not to read a summary

    cell, leader = cell_of_entry(entry), Leader(score, entry.index)
    if cell in leaders and leaders[cell] <= leader:
        return False
    rivals = [rival.score for (size, _), rival in leaders.items() if size <= cell[0]]
    leaders[cell] = leader
    return score < min(rivals, default=math.inf)


def summary_from_data(data: Any, n_entries: int) -> Summary:
    """The summary of `Summary.to_data`; an empty one in place of one that cannot be relied on.

    Args:
        data: What the store holds; None if it holds nothing.
        n_entries: Number of entries in the store, of which the summary speaks of the first.
    """
    if not isinstance(data, dict) or data.pop("checksum", None) != _checksum(data):
        return Summary()
    try:
        return _checked(data, n_entries)
    except ValueError:
        return Summary()


def _checked(data: Mapping[str, Any], n_entries: int) -> Summary:
    """The summary of a JSON value, whoever wrote it.

    Raises:
        ValueError: It is none of so many entries.
    """
    need = ("format", "n_entries", "statuses", "leaders", "firsts", "tallies")
    checks.mapped("summary", data, need)
    checks.whole("format", data["format"], FORMAT, FORMAT)
    n_summed = checks.whole("n_entries", data["n_entries"], 0, n_entries)
    for status, count in checks.mapped("statuses", data["statuses"], may=None).items():
        checks.text("status", status)
        checks.whole("count", count, 0, n_summed)
    leaders = {}
    for leader in checks.listed("leaders", data["leaders"], n_summed):
        if len(checks.listed("leader", leader, 4)) != 4:
            raise ValueError("leader must have a cell, a score and an entry")
        n_constants = checks.whole("n_constants", leader[0], 0, limits.CONSTANTS)
        cell = n_constants, checks.text("form", leader[1], limits.KEY_CHARS)
        index = checks.whole("entry", leader[3], 0, n_summed - 1)
        leaders[cell] = Leader(checks.finite("score", leader[2]), index)
    firsts = checks.listed("firsts", data["firsts"], n_summed)
    for index in firsts:
        checks.whole("first", index, 0, n_summed - 1)
    tallies = dict(
        _tally(t, n_summed) for t in checks.listed("tallies", data["tallies"], n_summed)
    )
    return Summary(n_summed, data["statuses"], leaders, tuple(firsts), tallies)


def _tally(value: Any, n_summed: int) -> tuple[Maker, Tally]:
    """An operator and its tally, whoever wrote them."""
    if len(checks.listed("tally", value, 6)) != 6:
        raise ValueError("tally must have an origin, an operator, three counts and a score")
    origin, operator = (
        checks.one_of("origin", value[0], ORIGINS),
        checks.text("operator", value[1]),
    )
    tried, scored, won = (checks.whole("count", n, 0, n_summed) for n in value[2:5])
    best = checks.finite("best", value[5]) if scored else math.inf
    return (origin, operator), Tally(tried, scored, won, best)


def _checksum(data: Mapping[str, Any]) -> int:
    return zlib.crc32(compact_json(data).encode())
