"""What the entries of a run are chosen and sorted by, read without their laws and programs."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

from evolve.evaluation.record import Entry
from evolve.runs import checks, limits
from evolve.runs.database import refused_values
from evolve.runs.results import held_out_r2
from evolve.runs.store import Store


class Sketch(NamedTuple):
    """What an entry is chosen and sorted by.

    Attributes:
        number: Of the entry; or its place among others, where they are no whole run.
        n_constants: For each group and target.
        score: nan without one.
        held_out: Mean R2 over the folds; nan unless all folds were judged.
        status: How its evaluation ended.
        operator: What made it.
        origin: Where it came from.
    """

    number: int
    n_constants: int
    score: float
    held_out: float
    status: str
    operator: str
    origin: str


def sketches_of(store: Store) -> list[Sketch]:
    """The sketch of every entry of a run, in order; no entry is read whole.

    Raises:
        StoreError: A value is none that an entry can have.
    """
    rows = store.rows(
        "SELECT position, n_constants, score, folds, status, operator, origin FROM entries "
        "ORDER BY position"
    )
    with refused_values(store.path):
        return [_sketch_of_row(*row) for row in rows]


def _sketch_of_row(
    index: Any, n_constants: Any, score: Any, folds: Any, status: Any, operator: Any, origin: Any
) -> Sketch:
    """The sketch of values of the table of entries, whoever wrote them."""
    mean = math.nan
    if score is not None:
        checks.finite("score", score)
        data = checks.parsed("folds", folds, limits.JSON_CHARS)
        r2 = [_r2_of(fold) for fold in checks.listed("folds", data, limits.FOLDS)]
        mean = sum(r2) / len(r2) if r2 else math.nan
    return Sketch(
        checks.whole("position", index, 0, limits.ENTRIES),
        checks.whole("n_constants", n_constants, 0, limits.COUNT),
        math.nan if score is None else score,
        mean,
        *(str(word) for word in (status, operator, origin)),
    )


def _r2_of(fold: Any) -> float:
    """The R2 among the values of a fold."""
    values = checks.listed("folds", fold, 6)
    if len(values) < 4:
        raise ValueError(f"folds must have 4 to 6 values each, one has {len(values)}")
    return checks.number("R2", values[3])


def sketch_of(entry: Entry) -> Sketch:
    """The sketch of an entry."""
    evaluation = entry.evaluation
    return Sketch(
        entry.index,
        evaluation.n_constants,
        score_of(entry),
        held_out(entry),
        *(evaluation.status, entry.operator, str(entry.origin)),
    )


def held_out(entry: Entry) -> float:
    """Mean R2 over the folds; nan unless all folds were judged."""
    r2 = held_out_r2(entry.evaluation)
    return math.nan if r2 is None else r2


def score_of(entry: Entry | None) -> float:
    """The score; nan without one."""
    score = None if entry is None else entry.evaluation.score
    return math.nan if score is None else score


def _by_held_out(sketch: Sketch) -> tuple[bool, float]:
    return math.isnan(sketch.held_out), 0.0 if math.isnan(sketch.held_out) else -sketch.held_out


def _by_score(sketch: Sketch) -> tuple[bool, float]:
    return math.isnan(sketch.score), 0.0 if math.isnan(sketch.score) else sketch.score


def _by_size(sketch: Sketch) -> tuple[int, bool, float]:
    return sketch.n_constants, *_by_score(sketch)


def _by_index(sketch: Sketch) -> int:
    return sketch.number


SORTS: dict[str, Callable[[Sketch], Any]] = {
    "held_out": _by_held_out,
    "score": _by_score,
    "size": _by_size,
    "index": _by_index,
}


def scores_of(store: Store) -> list[tuple[int, float]]:
    """Index and score of every entry that has a score, in order, without reading the entries."""
    rows = store.rows(
        "SELECT position, score FROM entries WHERE score IS NOT NULL ORDER BY position"
    )
    with refused_values(store.path):
        return [
            (checks.whole("position", i, 0, limits.ENTRIES), checks.finite("score", score))
            for i, score in rows
        ]
