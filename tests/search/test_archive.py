"""The archive is a fold over entries: cells never move, and replaying gives it again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_laws import laws
from small_tasks import SPACES, entry_of, random_candidates

from evolve.evaluation.record import Entry
from evolve.law.candidate import Candidate
from evolve.law.canonical import simplify
from evolve.law.graph import Law, call, const, feat, replace_leaves
from evolve.law.recipe import Recipe
from evolve.search.archive import (
    Archive,
    Elite,
    Newcomers,
    cell_of,
    cell_of_entry,
    elite_of,
)
from evolve.search.newcomers import CHILDREN

GENOMES = random_candidates(SPACES["three logs"], 12)
SCORES = st.one_of(st.none(), st.sampled_from([-3.0, -2.0, -1.0, 0.0]), st.floats(-9.0, 3.0))
LINE = Candidate(Law(call("mul", const(0), feat(0)), 1), Recipe())
POWER = Candidate(Law(call("mul", const(0), call("pow", feat(0), const(1))), 2), Recipe())


@st.composite
def histories(draw: st.DrawFn) -> list[Entry]:
    """Entries of a run: laws that come back under other recipes, failures, black boxes."""
    told = draw(
        st.lists(
            st.tuples(
                st.one_of(st.none(), st.sampled_from(GENOMES)),
                SCORES,
                st.sampled_from(["add_term", "drop_term", "a seed"]),
            ),
            max_size=30,
        )
    )
    return [entry_of(i, c, score, operator=name) for i, (c, score, name) in enumerate(told)]


def told(entries: Sequence[Entry]) -> Archive:
    archive = Archive()
    archive.tell(entries)
    return archive


def elite(candidate: Candidate | None, score: float = 0.0, index: int = 0) -> Elite:
    return Elite(entry_of(index, candidate, score), candidate, score)


# replaying


@settings(max_examples=25)
@given(histories(), st.integers(1, 7))
def test_replaying_in_pieces_is_replaying_at_once(entries: list[Entry], piece: int) -> None:
    archive = Archive()
    for start in range(0, len(entries), piece):
        archive.tell(entries[start : start + piece])
    assert archive == told(entries)


# what is kept


@settings(max_examples=25)
@given(histories())
def test_each_cell_holds_the_best_entry_that_fell_into_it(entries: list[Entry]) -> None:
    archive = told(entries)
    lone = [told([e]).elites()[0] for e in entries if e.evaluation.score is not None]
    for cell, kept in archive.cells.items():
        rivals = [e for e in lone if cell_of(e) == cell]
        assert kept == min(rivals, key=lambda e: (e.score, e.entry.index))
    assert {cell_of(e) for e in lone} == set(archive.cells)


@settings(max_examples=25)
@given(histories())
def test_the_best_score_is_the_lowest_of_all_entries(entries: list[Entry]) -> None:
    archive = told(entries)
    scores = [e.evaluation.score for e in entries if e.evaluation.score is not None]
    assert archive.best == min(scores, default=float("inf"))
    if scores:
        assert entries[archive.last_best].evaluation.score == archive.best
        assert archive.elites()[0].score == archive.best


@settings(max_examples=25)
@given(histories())
def test_elites_come_best_first_and_the_front_by_number_of_constants(
    entries: list[Entry],
) -> None:
    archive = told(entries)
    scores = [e.score for e in archive.elites()]
    assert scores == sorted(scores)
    front = archive.best_per_size()
    assert [e.n_constants for e in front] == sorted({e.n_constants for e in archive.elites()})
    for best in front:
        rivals = [e.score for e in archive.elites() if e.n_constants == best.n_constants]
        assert best.score == min(rivals)


@settings(max_examples=25)
@given(histories())
def test_no_elite_beats_an_unbeaten_one_of_its_complexity_or_more(entries: list[Entry]) -> None:
    archive = told(entries)
    found = archive.pareto_front()
    for elite in archive.elites():
        size = elite.entry.evaluation.complexity
        rivals = [e.score for e in found if e.entry.evaluation.complexity <= size]
        assert min(rivals) <= elite.score
    sizes = [e.entry.evaluation.complexity for e in found]
    assert sizes == sorted(set(sizes))


@settings(max_examples=25)
@given(histories())
def test_every_entry_is_counted_and_its_key_remembered(entries: list[Entry]) -> None:
    archive = told(entries)
    assert archive.size == len(entries)
    assert archive.seen == {entry.key for entry in entries}
    assert sum(tally.tried for tally in archive.tallies.values()) == len(entries)
    for name, tally in archive.tallies.items():
        assert tally.tried == sum(entry.operator == name for entry in entries)
        assert 0 <= tally.won <= tally.tried


@settings(max_examples=25)
@given(histories())
def test_starters_are_the_entries_with_a_score_that_nothing_was_mutated_into(
    entries: list[Entry],
) -> None:
    bred = [replace(e, parents=(0,)) if e.index % 3 == 2 else e for e in entries]
    expected = [e for e in bred if e.evaluation.score is not None and not e.parents]
    assert [elite.entry for elite in told(bred).starters] == expected


def test_an_entry_without_a_score_is_no_elite() -> None:
    archive = told([entry_of(0, LINE, None)])
    assert archive.elites() == archive.best_per_size() == []
    assert archive.best == float("inf")


def test_the_first_of_two_equal_entries_stays() -> None:
    (kept,) = told([entry_of(0, LINE, -1.0), entry_of(1, LINE, -1.0)]).elites()
    assert kept.entry.index == 0


def test_an_operator_wins_when_its_child_beats_all_laws_of_its_size_or_smaller() -> None:
    entries = [
        entry_of(0, LINE, -2.0, operator="a seed"),
        entry_of(1, POWER, -1.0, operator="add_term"),  # larger and worse than the line
        entry_of(2, POWER, -3.0, operator="add_factor"),
    ]
    tallies = told(entries).tallies
    assert {name: tally.won for name, tally in tallies.items()} == {
        "a seed": 1,
        "add_term": 0,
        "add_factor": 1,
    }


# cells


@settings(max_examples=20)
@given(laws())
def test_a_cell_is_the_same_for_every_spelling_of_a_law(law: Law) -> None:
    flipped = {const(k): const(law.n_constants - 1 - k) for k in range(law.n_constants)}
    spelt_anew = Law(replace_leaves(law.root, flipped), law.n_constants)
    simple = simplify(law)
    cells = [cell_of(elite(Candidate(each, Recipe())))[1] for each in (law, spelt_anew, simple)]
    assert len(set(cells)) == 1


def test_a_cell_does_not_depend_on_recipe_score_or_index() -> None:
    one = elite(LINE)
    other = elite(Candidate(LINE.law, Recipe("log", "cauchy", 0.03)), -4.0, 17)
    assert cell_of(one) == cell_of(other)
    assert cell_of(one) != cell_of(elite(POWER))


def test_a_black_box_has_a_cell_of_its_own_and_no_genome() -> None:
    black_box = elite(None)
    assert cell_of(black_box) == (0, "black box")
    with pytest.raises(ValueError, match="entry 0 is a black box"):
        _ = black_box.genome
    assert elite(LINE).genome == LINE


# laws of models


def test_a_law_of_a_model_stays_a_newcomer_until_it_has_had_its_children() -> None:
    best = entry_of(0, LINE, -9.0)
    brought = replace(entry_of(1, LINE, -1.0, operator="tiny rewrite"), origin="model")
    archive = told([best, brought, entry_of(2, None, -8.0, operator="tiny diff")])
    assert list(archive.newcomers.elites) == [1]
    child = replace(entry_of(3, POWER, None, operator="add_term"), parents=(1, 0))
    archive.tell([child] * (CHILDREN - 1))
    assert list(archive.newcomers.elites) == [1]
    archive.tell([replace(child, parents=(0, 1)), child])
    assert archive.newcomers == Newcomers()


@settings(max_examples=20)
@given(laws())
def test_a_cell_is_the_same_whether_the_law_is_at_hand_or_read(law: Law) -> None:
    candidate = Candidate(law, Recipe())
    read = entry_of(0, candidate, -1.0)
    assert read.candidate is None
    at_hand = replace(read, candidate=candidate)
    assert at_hand == read
    assert cell_of_entry(at_hand) == cell_of_entry(read) == cell_of(elite_of(at_hand, -1.0))
    assert elite_of(at_hand, -1.0).candidate is candidate
    assert elite_of(read, -1.0).candidate == candidate
