"""The archive: the best entry of each cell, by number of constants and form (MAP-Elites).

The archive is a fold over the store's entries: replaying them gives the same archive.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import Any

from evolve.evaluation.record import Entry
from evolve.evaluation.requests import Form, form_of
from evolve.law.candidate import Candidate, candidate_from_data
from evolve.law.canonical import form
from evolve.law.graph import Law, law_from_data
from evolve.search.newcomers import CHILDREN

BLACK_BOX = "black box"
MOST_KINDS = 4096  # about 20 MiB; each is asked for by some archives in a row
MOST_GAINED = 1.0  # of one entry; a score is a log error


@dataclass(frozen=True, slots=True)
class Elite:
    """The best entry of a cell, with its genome at hand (None for a black box)."""

    entry: Entry
    candidate: Candidate | None
    score: float

    @property
    def n_constants(self) -> int:
        """Constants for each group and target."""
        return self.entry.evaluation.n_constants

    @property
    def form(self) -> Form:
        """What is evaluated: the candidate, or the program of a black box."""
        return self.candidate or form_of(self.entry)

    @property
    def genome(self) -> Candidate:
        """The candidate.

        Raises:
            ValueError: the elite is a black box.
        """
        if self.candidate is None:
            raise ValueError(f"entry {self.entry.index} is a black box: it has no law to mutate")
        return self.candidate


@dataclass(slots=True)
class Tally:
    """How often an operator was tried, and how often its child joined the front.

    Attributes:
        tried: Entries that it made.
        won: Those better than all of their size or smaller.
        gained: By how much they were, in all; at most `MOST_GAINED` each.
    """

    tried: int = 0
    won: int = 0
    gained: float = 0.0


@dataclass(slots=True)
class Newcomers:
    """The newcomers of an archive (see `search.newcomers`), a function of its entries.

    Attributes:
        elites: Each with its score, by the index of its entry, in order.
        left: Children that each still has to get.
    """

    elites: dict[int, Elite] = field(default_factory=dict)
    left: dict[int, int] = field(default_factory=dict)

    def take_in(self, elite: Elite) -> None:
        """Take in a law with a score, if a model brought it."""
        if elite.entry.origin == "model" and elite.candidate is not None:
            self.elites[elite.entry.index] = elite
            self.left[elite.entry.index] = CHILDREN

    def count(self, entry: Entry) -> None:
        """Count a child; who has had all of them is no newcomer any more."""
        parent = next(iter(entry.parents), -1)
        if parent not in self.left or entry.origin == "model":
            return
        self.left[parent] -= 1
        if not self.left[parent]:
            del self.left[parent], self.elites[parent]


@dataclass(slots=True)
class Archive:
    """The elites so far and what is needed to choose the next candidates.

    Attributes:
        cells: The elite of each cell (number of constants, form).
        seen: Keys of all candidates, so that none is fitted twice.
        tallies: Success of each operator.
        size: Entries taken in.
        last_best: Position among these of the entry that last improved the best score.
        best: Lowest score so far.
        starters: Candidates with a score that have no parents, in order.
        newcomers: Laws of models that have not had their children yet.
    """

    cells: dict[tuple[int, str], Elite] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)
    tallies: dict[str, Tally] = field(default_factory=dict)
    size: int = 0
    last_best: int = 0
    best: float = float("inf")
    starters: list[Elite] = field(default_factory=list)
    newcomers: Newcomers = field(default_factory=Newcomers)

    def tell(self, entries: Iterable[Entry]) -> None:
        """Take in evaluated entries, in order."""
        for entry in entries:
            self._tell(entry)

    def _tell(self, entry: Entry) -> None:
        self.size += 1
        self.seen.add(entry.key)
        tally = self.tallies.setdefault(entry.operator, Tally())
        tally.tried += 1
        self.newcomers.count(entry)
        score = entry.evaluation.score
        if score is None:
            return
        cell = cell_of_entry(entry)
        held = self.cells.get(cell)
        wins = held is None or score < held.score
        if not wins and entry.parents and entry.origin != "model":
            return  # it is nobody's parent, and most are not: its law need not be read
        elite = elite_of(entry, score)
        if not entry.parents:
            self.starters.append(elite)
        self.newcomers.take_in(elite)
        if wins:
            rivals = [elite.score for (n, _), elite in self.cells.items() if n <= cell[0]]
            gain = min(rivals, default=float("inf")) - score
            tally.won += gain > 0.0
            tally.gained += min(max(gain, 0.0), MOST_GAINED)
            self.cells[cell] = elite
        if score < self.best:
            self.best, self.last_best = score, self.size - 1

    def copy(self) -> Archive:
        """An archive of the same, to tell something else."""
        tallies = {name: replace(tally) for name, tally in self.tallies.items()}
        return replace(
            self,
            cells=dict(self.cells),
            seen=set(self.seen),
            tallies=tallies,
            starters=list(self.starters),
            newcomers=deepcopy(self.newcomers),
        )

    def welcome(self, elites: Iterable[Elite]) -> None:
        """Take in elites of another archive: into their cells where they are better, no more."""
        for elite in elites:
            self.seen.add(elite.entry.key)
            cell = cell_of(elite)
            if cell not in self.cells or elite.score < self.cells[cell].score:
                self.cells[cell] = elite
            if elite.score < self.best:
                self.best, self.last_best = elite.score, self.size - 1

    def elites(self) -> list[Elite]:
        """The elites of all cells, best score first."""
        return sorted(self.cells.values(), key=lambda e: (e.score, e.entry.index))

    def best_per_size(self) -> list[Elite]:
        """The best elite of each number of constants, fewest constants first."""
        best: dict[int, Elite] = {}
        for elite in self.elites():
            best.setdefault(elite.n_constants, elite)
        return [best[k] for k in sorted(best)]

    def pareto_front(self) -> list[Elite]:
        """The elites that none of a smaller or the same complexity beats, simplest first."""
        best = float("inf")
        front = []
        for elite in sorted(self.elites(), key=lambda e: e.entry.evaluation.complexity):
            if elite.score < best:
                best = elite.score
                front.append(elite)
        return front


def joined(archives: Sequence[Archive]) -> Archive:
    """The elites of several archives together, and what they began with."""
    whole = Archive()
    for archive in archives:
        whole.welcome(archive.elites())
        whole.starters += archive.starters
    return whole


def elite_of(entry: Entry, score: float) -> Elite:
    """The elite that an entry with a score would be."""
    if entry.law is None or entry.recipe is None:
        return Elite(entry, None, score)
    return Elite(entry, entry.candidate or candidate_from_data(entry.law, entry.recipe), score)


def cell_of_entry(entry: Entry) -> tuple[int, str]:
    """The cell of the elite that an entry would be."""
    return entry.evaluation.n_constants, kind_of(entry)


def kind_of(entry: Entry) -> str:
    """The form of an entry's law, which is remembered; of a black box that it is one."""
    if entry.law is None or entry.recipe is None:
        return BLACK_BOX
    law = _law_of(entry, entry.law)
    if law not in _KINDS:
        remember_kinds({law: form(law.root)})
    return _KINDS[law]


def _law_of(entry: Entry, data: dict[str, Any]) -> Law:
    return entry.candidate.law if entry.candidate else law_from_data(data)


def kinds_of(entries: Iterable[Entry]) -> dict[Law, str]:
    """The forms of entries with a score, for `remember_kinds` of another process."""
    return {
        _law_of(entry, entry.law): kind_of(entry)
        for entry in entries
        if entry.law is not None and entry.evaluation.score is not None
    }


def remember_kinds(kinds: Mapping[Law, str]) -> None:
    """Remember the forms of laws; to find one takes far longer."""
    if len(_KINDS) > MOST_KINDS:
        _KINDS.clear()
    _KINDS.update(kinds)


_KINDS: dict[Law, str] = {}


def cell_of(elite: Elite) -> tuple[int, str]:
    """The cell of an elite: a pure function of its law."""
    law = elite.candidate.law if elite.candidate else None
    return elite.n_constants, BLACK_BOX if law is None else form(law.root)
