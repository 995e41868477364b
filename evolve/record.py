"""Programs and their evaluations to entries, and entries to database rows and back."""

from __future__ import annotations

import hashlib
import json
import math
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

EARLIER_ELITE = "elite of "  # what the operator of an earlier run's elite begins with


def program_id(text: str) -> str:
    """First 16 hex digits of the SHA-256 of a program's text."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@dataclass(frozen=True)
class FoldScore:
    """How well one fold's held-out rows were predicted.

    Attributes:
        name: The fold's name.
        n_held: Number of held-out rows.
        nmse: Mean squared error over variance, mean over targets; may be infinite.
        r2: `1 - nmse` as SLDBench computes it.
        weight: What the error counts beside those of other folds.
        fitted: Error of the fitted rows, as `selection.fitted_error` says; None if unknown.
    """

    name: str
    n_held: int
    nmse: float
    r2: float
    weight: float = 1.0
    fitted: float | None = None


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
    """

    index: int
    text: str
    law: dict[str, Any] | None
    recipe: dict[str, Any] | None
    key: str
    parents: tuple[int, ...]
    operator: str
    evaluation: Evaluation

    @property
    def program_id(self) -> str:
        """First 16 hex digits of the SHA-256 of the text."""
        return program_id(self.text)


# Columns of the table of entries; an entry's text is kept apart, once per program.
COLUMNS = (
    *("position", "program_id", "law", "recipe", "key", "parents", "operator", "status"),
    *("message", "score", "stage", "folds", "n_constants", "complexity", "seconds", "facts"),
)


def to_json(value: Any) -> str:
    """JSON text of a value; numpy's scalars and arrays become plain numbers and lists."""
    return json.dumps(value, default=_plain, separators=(",", ":"))


def entry_to_row(entry: Entry) -> tuple[Any, ...]:
    """The values of `COLUMNS`; floats keep every bit, surrogates in messages are escaped."""
    told = entry.evaluation
    folds = [_fold_to_data(fold) for fold in told.folds]
    return (
        int(entry.index),
        entry.program_id,
        None if entry.law is None else to_json(entry.law),
        None if entry.recipe is None else to_json(entry.recipe),
        entry.key,
        to_json(entry.parents),
        entry.operator,
        told.status,
        told.message.encode(errors="backslashreplace").decode(),
        None if told.score is None else float(told.score) + 0.0,  # SQLite has no -0.0
        int(told.stage),
        to_json(folds),
        int(told.n_constants),
        float(told.complexity) + 0.0,
        float(told.seconds) + 0.0,
        to_json(told.facts),
    )


def _fold_to_data(fold: FoldScore) -> tuple[Any, ...]:
    known = (fold.name, int(fold.n_held), float(fold.nmse), float(fold.r2), float(fold.weight))
    return known if fold.fitted is None else (*known, float(fold.fitted))


def checksum(row: Sequence[Any]) -> int:
    """CRC-32 of the values of `COLUMNS`: SQLite's own checks do not see a changed number."""
    return zlib.crc32(ascii(tuple(row)).encode())


def row_to_entry(text: str, row: Sequence[Any]) -> Entry:
    """The entry of a program's text and the values of `COLUMNS`."""
    cell = dict(zip(COLUMNS, row, strict=True))
    evaluation = Evaluation(
        status=cell["status"],
        message=cell["message"],
        score=cell["score"],
        stage=cell["stage"],
        folds=tuple(FoldScore(*fold) for fold in json.loads(cell["folds"])),
        n_constants=cell["n_constants"],
        complexity=cell["complexity"],
        seconds=cell["seconds"],
        facts=json.loads(cell["facts"]),
    )
    return Entry(
        index=cell["position"],
        text=text,
        law=None if cell["law"] is None else json.loads(cell["law"]),
        recipe=None if cell["recipe"] is None else json.loads(cell["recipe"]),
        key=cell["key"],
        parents=tuple(json.loads(cell["parents"])),
        operator=cell["operator"],
        evaluation=evaluation,
    )


def _plain(value: Any) -> Any:
    """What a numpy scalar or array holds."""
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(f"Expected JSON values but one was a {type(value).__name__}: {value!r}")
