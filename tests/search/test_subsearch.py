"""A batch is proposed from all batches but the last, whether or not that one is known yet."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

import numpy as np
import pytest
from small_tasks import SPACES
from store_service import entry

from evolve.evaluation.record import Entry
from evolve.search.archive import Archive
from evolve.search.proposers.grammar import Grammar
from evolve.search.proposers.initial import generic_laws, starting_proposals
from evolve.search.proposers.protocol import BATCH, Proposal
from evolve.search.subsearch import SubSearch

SPACE = SPACES["one log"]
STARTS = starting_proposals(SPACE, generic_laws(SPACE), 1, 0)[:BATCH]


class Listening(Grammar):
    """Remembers what it is asked with and told."""

    def __init__(self) -> None:
        super().__init__(SPACE)
        self.heard: list[str] = []
        self.taken: set[str] = set()

    def ask(
        self, archive: Archive, rngs: Sequence[np.random.Generator], taken: Collection[str]
    ) -> Sequence[Proposal]:
        self.heard.append(f"asked after {archive.size}")
        self.taken = set(taken)
        return [replace(STARTS[0], key=f"{archive.size} {i}") for i in range(len(rngs))]

    def tell(self, entries: Sequence[Entry]) -> None:
        self.heard.append(f"told {entries[0].index}")


def batch(number: int) -> list[Entry]:
    return [entry(i, law=None, recipe=None) for i in range(BATCH * number, BATCH * (number + 1))]


def searched(*, ahead: bool, is_late: bool = True) -> SubSearch:
    """Four batches; each is asked for before the one before is told of, or after."""
    part = SubSearch(Listening(), is_late=is_late)
    for number in range(4):
        if ahead:
            part.propose(BATCH * (number + 1), [], 0)
            part.tell(batch(number))
        else:
            part.tell(batch(number))
            part.propose(BATCH * (number + 1), [], 0)
    return part


@pytest.mark.parametrize("ahead", [True, False], ids=["ahead", "in turn"])
def test_a_batch_is_proposed_without_the_last_whether_that_is_known_or_not(ahead: bool) -> None:
    part = searched(ahead=ahead)
    heard = part.proposer.heard  # type: ignore[attr-defined]
    asked = [said for said in heard if said.startswith("asked")]
    assert asked == [f"asked after {BATCH * n}" for n in range(4)]
    assert heard.index("told 0") < heard.index(f"asked after {BATCH}")
    assert part.archive.size == 3 * BATCH
    part.settle()
    assert part.archive.size == 4 * BATCH
    assert heard[-1] == f"told {3 * BATCH}"


def test_what_is_under_way_is_not_proposed_again() -> None:
    part = SubSearch(Listening(), is_late=True)
    keys = {p.key for p in part.propose(0, [], 0)}
    part.propose(BATCH, STARTS, 0)
    assert part.proposer.taken == keys | {p.key for p in STARTS}  # type: ignore[attr-defined]


def test_what_was_stored_last_is_not_proposed_again_after_a_kill() -> None:
    part = SubSearch(Listening(), is_late=True)
    part.tell(batch(0))
    part.propose(BATCH, [], 0)
    assert part.proposer.taken == {e.key for e in batch(0)}  # type: ignore[attr-defined]


def test_a_search_that_is_not_late_proposes_with_all_that_is_known() -> None:
    part = searched(ahead=False, is_late=False)
    heard = part.proposer.heard  # type: ignore[attr-defined]
    assert [said for said in heard if said.startswith("asked")] == [
        f"asked after {BATCH * n}" for n in range(1, 5)
    ]
    assert part.late == ()


def test_a_copy_learns_for_itself() -> None:
    part = searched(ahead=True)
    copy = part.copy()
    assert copy.late == part.late
    copy.settle()
    assert (copy.archive.size, part.archive.size) == (4 * BATCH, 3 * BATCH)
