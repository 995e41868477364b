"""Every proposer of the registry keeps the protocol, and several share a batch."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
import pytest
from small_tasks import SPACES, entry_of, random_candidates

from evolve.errors import EvolveError
from evolve.evaluation.record import Entry
from evolve.search.archive import Archive
from evolve.search.proposers.protocol import Proposal
from evolve.search.proposers.registry import PROPOSERS, Shared, make_proposer, require_proposers

SPACE = SPACES["one log"]
every_proposer = pytest.mark.parametrize("name", sorted(PROPOSERS))


def archive_of(n: int) -> Archive:
    archive = Archive()
    candidates = random_candidates(SPACE, n)
    archive.tell(entry_of(i, c, -float(i), parents=()) for i, c in enumerate(candidates))
    return archive


def rngs(n: int) -> list[np.random.Generator]:
    return [np.random.default_rng([7, i]) for i in range(n)]


@every_proposer
def test_a_proposer_gives_one_unseen_proposal_a_generator(name: str) -> None:
    archive = archive_of(12)
    proposals = PROPOSERS[name](SPACE).ask(archive, rngs(9), {"taken"})
    keys = [proposal.key for proposal in proposals]
    assert len(keys) == len(set(keys)) == 9
    assert not set(keys) & (archive.seen | {"taken"})
    assert all(set(p.parents) <= set(range(12)) for p in proposals)


@every_proposer
def test_what_is_proposed_depends_on_archive_and_generators_alone(name: str) -> None:
    archive = archive_of(12)
    first, second = (PROPOSERS[name](SPACE).ask(archive, rngs(6), ()) for _ in range(2))
    assert list(first) == list(second)


@every_proposer
def test_a_proposer_asked_for_nothing_proposes_nothing(name: str) -> None:
    assert list(PROPOSERS[name](SPACE).ask(archive_of(3), [], ())) == []


@every_proposer
def test_a_proposer_without_an_elite_to_work_from_proposes_nothing(name: str) -> None:
    assert list(PROPOSERS[name](SPACE).ask(Archive(), rngs(3), ())) == []


class Pretended:
    """Proposes its own name, at most so often, and keeps what it is told."""

    def __init__(self, name: str, most: int) -> None:
        self.name, self.most, self.entries = name, most, list[Entry]()

    def ask(
        self, archive: Archive, rngs: Sequence[np.random.Generator], taken: Collection[str]
    ) -> list[Proposal]:
        numbers = range(min(len(rngs), self.most))
        return [Proposal(None, f"{self.name}{i}", self.name, (), "model") for i in numbers]

    def tell(self, entries: Sequence[Entry]) -> None:
        self.entries += entries


@pytest.mark.parametrize(
    ("most", "shares"),
    [
        ((9, 9, 9), (3, 3, 2)),
        ((0, 9, 9), (0, 4, 4)),
        ((1, 9, 9), (1, 4, 3)),
        ((9, 9, 0), (3, 3, 0)),
    ],
)
def test_proposers_share_a_batch_and_give_what_others_lack(
    most: tuple[int, ...], shares: tuple[int, ...]
) -> None:
    proposers = [Pretended(name, n) for name, n in zip("abc", most, strict=True)]
    proposals = Shared(proposers).ask(Archive(), rngs(8), ())
    assert tuple(sum(p.operator == name for p in proposals) for name in "abc") == shares


def test_every_proposer_is_told_of_every_entry() -> None:
    proposers = [Pretended(name, 1) for name in "ab"]
    entries = [entry_of(0, None, None)]
    Shared(proposers).tell(entries)
    assert [proposer.entries for proposer in proposers] == [entries, entries]


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ((), "proposers: must be some of grammar, random, llm, there is none"),
        (("gramar",), "proposers: 'gramar' is none of grammar, random, llm; did you mean"),
        (("random", "random"), "proposers: 'random' stands 2 times"),
    ],
)
def test_names_of_proposers_are_checked(names: tuple[str, ...], message: str) -> None:
    with pytest.raises(EvolveError, match=message.partition(";")[0]):
        require_proposers(names)
    with pytest.raises(EvolveError):
        make_proposer(names, SPACE)
