"""One evaluated program of a run, where it came from and what came of it."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from evolve.law.candidate import Candidate
from evolve.scoring.fold import FoldScore

# Where a program came from: a law of the literature under its own recipe, another law that every
# search begins with, a change of one entry or of two, an elite of an earlier run, a file of the
# user, or a language model.
Origin = Literal["literature", "initial", "mutation", "crossover", "inherited", "user", "model"]
ORIGINS: tuple[Origin, ...] = get_args(Origin)
SEEDS = frozenset({"literature", "user"})  # programs that somebody wrote down for the task
MADE = frozenset({"mutation", "crossover", "model"})  # by an operator, whose success is counted
UNSEARCHED = SEEDS | {"initial"}  # forms that were not picked from the many that a search tries


NOT_OF_A_RUN = -1  # number of an entry that no run holds, for none to be shown


def entry_number(index: int) -> int | None:
    """The number of an entry as it is shown; None for a law that no run holds."""
    return None if index == NOT_OF_A_RUN else index


def program_id(text: str) -> str:
    """First 16 hex digits of the SHA-256 of a program's text."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Evaluation:
    """What came of evaluating one program.

    Attributes:
        status: `"ok"`, or the kind of failure.
        message: One line about a failure; empty if there is nothing to say.
        score: Lower is better; `None` unless every held-out row was predicted.
        stage: Last stage of the cascade that was reached, from 0.
        folds: Scores of the folds that were judged.
        n_constants: Constants per group and target.
        complexity: Size of the law.
        seconds: Wall time; no decision depends on it.
        facts: Diagnostics as JSON values, such as the number of starts that agree.
    """

    status: str
    message: str
    score: float | None
    stage: int
    folds: tuple[FoldScore, ...]
    n_constants: int
    complexity: float
    seconds: float
    facts: dict[str, Any]

    def __post_init__(self) -> None:
        """Refuse numbers that stand for a failure: a failed candidate has a status, no score."""
        for name in ("score", "complexity", "seconds"):
            value = getattr(self, name)
            if value is not None and not math.isfinite(value):
                raise ValueError(f"Expected {name} to be finite but it was {value}")


@dataclass(frozen=True)
class Entry:
    """One evaluated program of a run.

    Attributes:
        index: Position in the run, from 0; with the run's seed it fixes all randomness.
        text: The whole program.
        law: The traced law as JSON values; `None` if the program is a black box.
        recipe: How the law is fitted, as JSON values; `None` if the program fits by itself.
        key: Canonical form and recipe; entries with the same key are the same candidate.
        parents: Indices of the entries it was made from.
        operator: Name of the mutation, or where else the program came from.
        evaluation: What came of it.
        origin: Where it came from.
        candidate: What `law` and `recipe` stand for, where it is at hand; else it is read.
    """

    index: int
    text: str
    law: dict[str, Any] | None
    recipe: dict[str, Any] | None
    key: str
    parents: tuple[int, ...]
    operator: str
    evaluation: Evaluation
    origin: Origin
    candidate: Candidate | None = field(default=None, compare=False, repr=False)

    @property
    def program_id(self) -> str:
        """First 16 hex digits of the SHA-256 of the text."""
        return program_id(self.text)
