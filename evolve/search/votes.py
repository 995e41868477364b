"""What each of several independent searches would choose from, and how many say the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from evolve.law.canonical import key
from evolve.search.archive import Archive, Elite
from evolve.search.finalists import Finalist, finalists_of


def finalists_by_seed(archives: Sequence[Archive]) -> list[dict[int, Elite]]:
    """The finalists that each independent search would have by itself, by entry."""
    return [{e.entry.index: e for e in finalists_of(archive)} for archive in archives]


def with_votes(
    finalists: Sequence[Finalist], by_seed: Sequence[Mapping[int, Elite]]
) -> list[Finalist]:
    """The finalists with the searches that they are finalists of, and that found their form.

    Args:
        finalists: Of all searches together.
        by_seed: From `finalists_by_seed`.
    """
    forms = [{_form(elite) for elite in elites.values()} for elites in by_seed]
    return [
        replace(
            finalist,
            seeds=tuple(s for s, own in enumerate(by_seed) if finalist.entry.index in own),
            votes=sum(_form_of(finalist) in own for own in forms),
        )
        for finalist in finalists
    ]


def _form(elite: Elite) -> str:
    """Canonical form of a law under any recipe; of a black box its key."""
    return elite.entry.key if elite.candidate is None else key(elite.candidate.law)


def _form_of(finalist: Finalist) -> str:
    candidate = finalist.fitted.candidate
    return finalist.entry.key if candidate is None else key(candidate.law)
