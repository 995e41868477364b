"""Search problems with one ingredient taken out or another layout, to see what it is worth."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from evolve.bench.nested import FULL
from evolve.law.canonical import key
from evolve.scoring.fold import Fold
from evolve.search.islands import Route, along_ring
from evolve.search.operators import SearchSpace
from evolve.search.problem import SearchProblem
from evolve.search.proposers.grammar import finish
from evolve.search.proposers.literature import published_forms
from evolve.search.proposers.protocol import Proposal
from evolve.search.view import inward, outward

Change = Callable[[SearchProblem], SearchProblem]

SALT = 2**32 - 65  # tells the random numbers of migration from those of entries


def least_squares_only(problem: SearchProblem) -> SearchProblem:
    """Without robust losses."""
    return _in_space(problem, replace(problem.space, robust=False))


def without_priors(problem: SearchProblem) -> SearchProblem:
    """Without priors learnt across groups."""
    return _in_space(problem, replace(problem.space, pooled=False))


def without_weights(problem: SearchProblem) -> SearchProblem:
    """Without row weights that favour the far end of the axes."""
    return _in_space(problem, replace(problem.space, axes=()))


def in_sample(problem: SearchProblem) -> SearchProblem:
    """Selected by how well the fitted rows are fitted, not by held-out folds."""
    every = np.arange(problem.task.train.n_rows)
    return replace(problem, folds=(Fold("all rows, fitted", every, every),))


def held_out_only(problem: SearchProblem) -> SearchProblem:
    """Selected in the search by held-out rows alone, not also by the rows fitted."""
    return replace(problem, folds=tuple(replace(fold, fit_counts=False) for fold in problem.folds))


def without_published_forms(problem: SearchProblem) -> SearchProblem:
    """Without the forms of the literature that every search begins with."""
    names = published_forms(problem.space)
    return replace(problem, starts=tuple(p for p in problem.starts if p.operator not in names))


def random_search(problem: SearchProblem) -> SearchProblem:
    """Mutations of starting candidates only: nothing is learnt from what was found."""
    return replace(problem, proposers=("random",))


def stay(n_islands: int, seed: int, epoch: int) -> Sequence[int]:
    """No island's laws ever go on to another one."""
    del seed, epoch
    return range(n_islands)


@dataclass(frozen=True, slots=True)
class ToAnyOther:
    """From each island to another one at random, after every epoch.

    Attributes:
        seed: Seed of the run.
    """

    seed: int

    def __call__(self, n_islands: int, seed: int, epoch: int) -> Sequence[int]:
        """Where the best of each island go on to; they depend on nothing that was found."""
        rng = np.random.default_rng([self.seed, seed, epoch, SALT])
        steps = rng.integers(1, n_islands, n_islands)
        return [int(to) for to in (np.arange(n_islands) + steps) % n_islands]


def islands(n: int, route_of: Callable[[int], Route] = lambda seed: along_ring) -> Change:
    """Divided among islands.

    Args:
        n: How many.
        route_of: Where the best of each go on to, by the seed of the run.
    """
    return lambda problem: replace(problem, n_islands=n, route=route_of(problem.seed))


def _in_space(problem: SearchProblem, space: SearchSpace) -> SearchProblem:
    """The problem with another space, its starting candidates brought into it."""
    starts: dict[str, Proposal] = {}
    for proposal in problem.starts:
        candidate = finish(inward(proposal.genome, space), space)
        if candidate is not None:
            name = key(candidate.law, candidate.recipe)
            law_of_task = outward(candidate, space)
            starts.setdefault(name, replace(proposal, candidate=law_of_task, key=name))
    return replace(problem, space=space, starts=tuple(starts.values()))


VARIANTS: dict[str, Change | None] = {
    FULL: None,
    "least squares only": least_squares_only,
    "no learnt priors": without_priors,
    "no row weights": without_weights,
    "no published forms": without_published_forms,
    "held-out rows only": held_out_only,
    "in-sample selection": in_sample,
    "random search": random_search,
    "2 islands": islands(2),
    "4 islands": islands(4),
    "4 islands, random migration": islands(4, ToAnyOther),
    "4 islands, no migration": islands(4, lambda seed: stay),
}
