"""Convert entries to database rows and back; checksums and digests of them."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

from evolve.evaluation.record import ORIGINS, Entry, Evaluation, Origin, program_id
from evolve.jsontext import compact_json
from evolve.law.bounds import Bounds, check_law, check_recipe, shortened
from evolve.runs import checks, limits
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


def checked_entry(
    index: int, row: Sequence[Any], bounds: Bounds, *, with_law: bool = True
) -> Entry:
    """The entry of a program's text, a checksum and the values of `COLUMNS`.

    Args:
        index: The entry that it must be.
        row: Text, checksum and values.
        bounds: Of the entry's law.
        with_law: Whether law, recipe and facts are read, which takes most of the time; without,
            the entry has none.

    Raises:
        ValueError: It is another entry, or not what was written.
    """
    text, stored, values = row[0], row[1], row[2:]
    if values[0] != index:
        raise ValueError(f"entry {index} is missing")
    if checksum(values) != stored:
        raise ValueError(f"entry {index} does not match its checksum")
    if not isinstance(text, str) or program_id(text) != values[1]:
        raise ValueError(f"the text of entry {index} has changed")
    try:
        return row_to_entry(text, values if with_law else _without_law(values), bounds)
    except ValueError as error:
        raise ValueError(f"entry {index}: {error}") from None


def _without_law(values: Sequence[Any]) -> list[Any]:
    left_out = {"law": None, "recipe": None, "facts": "{}"}
    return [left_out.get(name, value) for name, value in zip(COLUMNS, values, strict=True)]


def row_to_entry(text: str, row: Sequence[Any], bounds: Bounds = limits.WIDEST) -> Entry:
    """The entry of a program's text and the values of `COLUMNS`, whoever wrote them.

    Args:
        text: The program.
        row: Values of `COLUMNS`.
        bounds: Of the entry's law.

    Raises:
        ValueError: A value is none that an entry can have.
    """
    cell = dict(zip(COLUMNS, row, strict=True))
    index = checks.whole("position", cell["position"], 0, limits.ENTRIES)
    law, recipe = (_parsed_or_none(name, cell[name]) for name in ("law", "recipe"))
    if law is not None:
        check_law(law, bounds)
        check_recipe(recipe)
    parents = checks.listed("parents", _parsed("parents", cell["parents"]), limits.PARENTS)
    for parent in parents:
        if type(parent) is not int or not 0 <= parent < index:
            raise ValueError(f"parents must be older entries, one is {shortened(parent)}")
    return Entry(
        index=index,
        text=checks.text("program", text, limits.PROGRAM_CHARS),
        law=law,
        recipe=recipe,
        key=checks.text("key", cell["key"], limits.KEY_CHARS),
        parents=tuple(parents),
        operator=checks.text("operator", cell["operator"]),
        evaluation=_evaluation(cell),
        origin=cast(Origin, checks.one_of("origin", cell["origin"], ORIGINS)),
    )


def _evaluation(cell: Mapping[str, Any]) -> Evaluation:
    score = None if cell["score"] is None else checks.finite("score", cell["score"])
    most = limits.COUNT if score is None else limits.CONSTANTS
    folds = checks.listed("folds", _parsed("folds", cell["folds"]), limits.FOLDS)
    if score is not None and not folds:
        raise ValueError("folds must hold those that the score is made of, they are empty")
    return Evaluation(
        status=checks.text("status", cell["status"]),
        message=checks.text("message", cell["message"], limits.MESSAGE_CHARS),
        score=score,
        stage=checks.whole("stage", cell["stage"], 0, limits.STAGES),
        folds=tuple(_fold_from_data(fold, scored=score is not None) for fold in folds),
        n_constants=checks.whole("n_constants", cell["n_constants"], 0, most),
        complexity=checks.finite("complexity", cell["complexity"]),
        seconds=checks.finite("seconds", cell["seconds"]),
        facts=_facts(_parsed("facts", cell["facts"])),
    )


def _fold_from_data(data: object, *, scored: bool) -> FoldScore:
    """A fold's score; its last value is missing where it is not known.

    Where a law has a score, every fold of it has errors that are numbers.
    """
    name, n_held, *values = checks.listed("folds", data, 6) or [None, None]
    checks.text("name of a fold", name)
    checks.whole("held-out rows of a fold", n_held, 0, limits.COUNT)
    if not 2 <= len(values) <= 4:
        raise ValueError(f"folds must have 4 to 6 values each, one has {len(values) + 2}")
    check = checks.finite if scored else checks.number
    return FoldScore(name, n_held, *(check("value of a fold", value) for value in values))


def _facts(data: object) -> dict[str, Any]:
    """Diagnostics: any of them, and numbers where a search or a report asks for numbers."""
    facts = checks.mapped("facts", data, may=None)
    if "look" in facts:
        checks.number("facts: look", facts["look"])
    for fit in checks.listed("facts: fits", facts.get("fits", []), limits.FOLDS):
        for name, value in checks.mapped("facts: fits", fit, may=None).items():
            checks.number(f"facts: {shortened(name)}", value)
    return facts


def _parsed(what: str, value: object) -> Any:
    return checks.parsed(what, value, limits.JSON_CHARS)


def _parsed_or_none(what: str, value: object) -> Any:
    return None if value is None else _parsed(what, value)
