"""Convert entries to database rows and back; checksums and digests of them."""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Iterable, Sequence
from typing import Any

from evolve.evaluation.record import Entry, Evaluation
from evolve.jsontext import compact_json
from evolve.scoring.fold import FoldScore

# Columns of the table of entries; an entry's text is kept apart, once per program.
COLUMNS = (
    *("position", "program_id", "law", "recipe", "key", "parents", "operator", "status"),
    *("message", "score", "stage", "folds", "n_constants", "complexity", "seconds", "facts"),
    "origin",
)


def entry_to_row(entry: Entry) -> tuple[Any, ...]:
    """The values of `COLUMNS`; floats keep every bit, surrogates in messages are escaped."""
    evaluation = entry.evaluation
    folds = [_fold_to_data(fold) for fold in evaluation.folds]
    return (
        int(entry.index),
        entry.program_id,
        None if entry.law is None else compact_json(entry.law),
        None if entry.recipe is None else compact_json(entry.recipe),
        entry.key,
        compact_json(entry.parents),
        entry.operator,
        evaluation.status,
        evaluation.message.encode(errors="backslashreplace").decode(),
        None if evaluation.score is None else float(evaluation.score) + 0.0,  # SQLite has no -0.0
        int(evaluation.stage),
        compact_json(folds),
        int(evaluation.n_constants),
        float(evaluation.complexity) + 0.0,
        float(evaluation.seconds) + 0.0,
        compact_json(evaluation.facts),
        entry.origin,
    )


def _fold_to_data(fold: FoldScore) -> tuple[Any, ...]:
    data = (fold.name, int(fold.n_held), float(fold.nmse), float(fold.r2), float(fold.weight))
    return data if fold.fitted is None else (*data, float(fold.fitted))


def checksum(row: Sequence[Any]) -> int:
    """CRC-32 of the values of `COLUMNS`: SQLite's own checks do not see a changed number."""
    return zlib.crc32(ascii(tuple(row)).encode())


def digest_of(entries: Iterable[Entry]) -> str:
    """Hash of all that must repeat in entries: programs, parents, operators, statuses and scores.

    Timings, messages, facts and notes are left out.
    """
    total = hashlib.sha256()
    for entry in entries:
        evaluation = entry.evaluation
        score = None if evaluation.score is None else float(evaluation.score).hex()
        folds = [
            (f.name, f.n_held, float(f.nmse).hex(), float(f.r2).hex()) for f in evaluation.folds
        ]
        parts = (
            *(entry.index, entry.text, entry.key, entry.parents, entry.operator),
            *(evaluation.status, score, evaluation.stage, folds, evaluation.n_constants),
        )
        total.update(compact_json(parts).encode() + b"\n")
    return total.hexdigest()


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
        origin=cell["origin"],
    )
