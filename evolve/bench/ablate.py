"""Search problems with one ingredient of the engine taken out, to see what it is worth."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from evolve.law.canonical import key
from evolve.scoring.fold import Fold
from evolve.search.operators import SearchSpace
from evolve.search.problem import SearchProblem
from evolve.search.proposers.grammar import finish
from evolve.search.proposers.literature import published_forms
from evolve.search.proposers.protocol import Proposal
from evolve.search.view import inward, outward

Change = Callable[[SearchProblem], SearchProblem]


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
    "full": None,
    "least squares only": least_squares_only,
    "no learnt priors": without_priors,
    "no row weights": without_weights,
    "no published forms": without_published_forms,
    "held-out rows only": held_out_only,
    "in-sample selection": in_sample,
    "random search": random_search,
}
