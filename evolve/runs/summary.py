"""What a run's entries come to: how many of each status, and the best entry of each cell.

A fold over the entries, as the archive is. The store keeps it beside them and writes it in the
transaction that adds a batch, so that a run can be shown without reading its entries.
"""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from evolve.jsontext import compact_json
from evolve.runs import checks, limits

if TYPE_CHECKING:
    from evolve.evaluation.record import Entry

Cell = tuple[int, str]


class Leader(NamedTuple):
    """The best entry of a cell; leaders compare as their entries do, the older of equals first."""

    score: float
    position: int


@dataclass(frozen=True, slots=True)
class Summary:
    """What the first entries of a run come to.

    Attributes:
        n_entries: How many entries it sums up.
        statuses: How many of them have each status.
        leaders: The best entry of each cell: number of constants, and form of the law.
    """

    n_entries: int = 0
    statuses: Mapping[str, int] = field(default_factory=dict)
    leaders: Mapping[Cell, Leader] = field(default_factory=dict)

    def extended(self, entries: Iterable[Entry]) -> Summary:
        """The summary with the entries that follow."""
        n_entries, statuses, leaders = self.n_entries, Counter(self.statuses), dict(self.leaders)
        for entry in entries:
            n_entries += 1
            statuses[entry.evaluation.status] += 1
            score = entry.evaluation.score
            if score is not None:
                from evolve.search.archive import cell_of, elite_of  # not to read a summary

                cell, leader = cell_of(elite_of(entry, score)), Leader(score, entry.index)
                leaders[cell] = min(leader, leaders.get(cell, leader))
        return Summary(n_entries, dict(statuses), leaders)

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
        leaders = [[*cell, *leader] for cell, leader in self.leaders.items()]
        data = {"n_entries": self.n_entries, "statuses": dict(self.statuses), "leaders": leaders}
        return {**data, "checksum": _checksum(data)}


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
    checks.mapped("summary", data, ("n_entries", "statuses", "leaders"))
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
    return Summary(n_summed, data["statuses"], leaders)


def _checksum(data: Mapping[str, Any]) -> int:
    return zlib.crc32(compact_json(data).encode())
