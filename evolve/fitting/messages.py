"""Requests and answers of the fitting service, as values and as JSON and arrays.

Both ends of a worker's wire use this file, so that the order of the arrays is stated in one place.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from evolve.law.candidate import Candidate
from evolve.law.graph import Law, Node, from_data
from evolve.law.recipe import Recipe, recipe_from_data
from evolve.law.text import text_of
from evolve.scoring.constraints import Constraints
from evolve.scoring.fold import Fold
from evolve.scoring.frame import TargetFrame
from evolve.scoring.row_weights import RowWeights
from evolve.typing import Array, Ints

Message = tuple[dict[str, Any], list[Array]]
KEPT_LAWS = 64  # and recipes, that a service remembers as they were sent

# Arrays of a `FoldAnswer`, in the order in which they are sent.
ARRAYS = (
    "constants",
    "errors",
    "covariances",
    "priors",
    "common",
    "given",
    "fitted",
    "predictions",
)


@dataclass(frozen=True, slots=True)
class FitProblem:
    """The rows that a service fits, and the folds that requests name by number.

    Attributes:
        x: `(n, f)` raw features.
        y: `(n, t)` targets, nan where no fold fits them.
        group: `(n,)` group numbers.
        axes: Features along which a recipe may weigh rows.
        folds: Which rows to fit and which to predict.
        constraints: What is declared of a law.
        frames: In which each target is fitted.
        weights: What each row counts; all count alike if None.
    """

    x: Array
    y: Array
    group: Ints
    axes: tuple[int, ...]
    folds: tuple[Fold, ...]
    constraints: Constraints
    frames: tuple[TargetFrame, ...] = ()
    weights: RowWeights | None = None

    def pack(self) -> Message:
        """The message that starts a service."""
        meta = {
            "axes": list(self.axes),
            "folds": [fold.name for fold in self.folds],
            "constraints": asdict(self.constraints),
            "frames": [[frame.origin, frame.unit] for frame in self.frames],
            "weighted": self.weights is not None,
            "noise": None if self.weights is None else self.weights.noise,
        }
        rows = [part.astype(float) for fold in self.folds for part in (fold.fit, fold.held)]
        counted = [] if self.weights is None else [self.weights.values]
        return meta, [self.x, self.y, self.group.astype(float), *counted, *rows]


def unpack_problem(meta: dict[str, Any], arrays: Sequence[Array]) -> FitProblem:
    """The problem that `FitProblem.pack` made a message of."""
    x, y, group, *rows = arrays
    weights = RowWeights(rows.pop(0), meta["noise"]) if meta["weighted"] else None
    pairs = zip(rows[::2], rows[1::2], strict=True)
    folds = tuple(
        Fold(name, fit.astype(np.int64), held.astype(np.int64))
        for name, (fit, held) in zip(meta["folds"], pairs, strict=True)
    )
    declared: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in meta["constraints"].items()
    }
    axes = tuple(meta["axes"])
    frames = tuple(TargetFrame(*pair) for pair in meta["frames"])
    constraints = Constraints(**declared)
    return FitProblem(x, y, group.astype(np.int64), axes, folds, constraints, frames, weights)


@dataclass(frozen=True, slots=True)
class FitRequest:
    """One candidate to be fitted on some folds.

    Attributes:
        candidate: Law and recipe.
        folds: Numbers of folds of the problem.
        errors: Whether standard errors and covariances are wanted.
    """

    candidate: Candidate
    folds: tuple[int, ...]
    errors: bool = False

    def pack(self) -> dict[str, Any]:
        """The message of a request; it has no arrays."""
        law, recipe = self.candidate.law, self.candidate.recipe.to_data()
        return {
            "root": text_of(law.root),
            "law": [law.n_constants, law.own_feature_first, law.names, law.as_written],
            "recipe": recipe,
            "folds": self.folds,
            "errors": self.errors,
        }


def unpack_request(meta: dict[str, Any]) -> FitRequest:
    """The request that `FitRequest.pack` made a message of."""
    n_constants, own_first, names, as_written = meta["law"]
    about = int(n_constants), bool(own_first), tuple(names), bool(as_written)
    law = Law(_root_of(meta["root"]), *about)
    candidate = Candidate(law, _recipe_of(tuple(meta["recipe"].items())))
    return FitRequest(candidate, tuple(meta["folds"]), bool(meta["errors"]))


# A law is asked about at least twice in a row: for the screen, then for all folds.
@lru_cache(maxsize=KEPT_LAWS)
def _root_of(text: str) -> Node:
    return from_data(json.loads(text))


@lru_cache(maxsize=KEPT_LAWS)  # a search has few recipes
def _recipe_of(fields: tuple[tuple[str, Any], ...]) -> Recipe:
    return recipe_from_data(dict(fields))


@dataclass(frozen=True, slots=True)
class FoldAnswer:
    """One candidate fitted on one fold.

    Attributes:
        groups: Numbers of the groups that were fitted, ascending.
        constants: `(n_groups * t, p)` constants, targets running fastest.
        errors: `(n_groups * t, p)` standard errors, nan where they were not asked for.
        covariances: `(n_groups * t, p, p)` covariances of the constants, directions that no row
            fixes bounded; none where they were not asked for.
        priors: `(n_groups * t, 2, p)` centres and precisions, nan for none.
        common: `(p,)` 1 for each constant that all groups have in common, else 0.
        given: `(n_groups * t,)` 1 where errors go by the deviations that the user gave, else 0.
        fitted: `(n_fit, t)` predictions of the rows fitted, in the fold's order.
        predictions: `(n_held, t)` predictions of the rows held out, in the fold's order.
        facts: Diagnostics of the fits.
    """

    groups: tuple[int, ...]
    constants: Array
    errors: Array
    covariances: Array
    priors: Array
    common: Array
    given: Array
    fitted: Array
    predictions: Array
    facts: dict[str, float]

    @property
    def n_free(self) -> float:
        """Constants that the rows decide, for each target; all where nothing else is said."""
        n_free = self.facts.get("n_free", float(self.constants.size))
        return n_free / float(self.predictions.shape[1])


def pack_answers(answers: Sequence[FoldAnswer]) -> Message:
    """The message of a request's answers, one a fold."""
    meta = {
        "facts": [answer.facts for answer in answers],
        "groups": [list(answer.groups) for answer in answers],
    }
    return meta, [getattr(answer, name) for answer in answers for name in ARRAYS]


def unpack_answers(meta: dict[str, Any], arrays: Sequence[Array]) -> list[FoldAnswer]:
    """The answers that `pack_answers` made a message of."""
    n = len(ARRAYS)
    return [
        FoldAnswer(
            groups=tuple(groups),
            facts=facts,
            **dict(zip(ARRAYS, arrays[n * i : n * (i + 1)], strict=True)),
        )
        for i, (groups, facts) in enumerate(zip(meta["groups"], meta["facts"], strict=True))
    ]
