"""Tables of entries: those that match, sorted; and the best laws of two runs side by side."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

from evolve.errors import Argument, EvolveError, nearest
from evolve.evaluation.record import Entry
from evolve.law.graph import law_from_data
from evolve.law.naming import words_seen
from evolve.law.printer import formula
from evolve.law.recipe import recipe_from_data
from evolve.runs.makers import FIRST, Makers, makers_among, makers_of
from evolve.runs.sketches import SORTS, Sketch, held_out, score_of, sketch_of, sketches_of
from evolve.runs.store import Store

if TYPE_CHECKING:
    import pandas as pd

    from evolve.search.islands import Layout

COLUMNS = (
    *("index", "constants", "held_out_r2", "score", "status", "operator", "parents"),
    *("seconds", "program_id", "formula", "recipe", "origin"),
    "heldout_r2",  # its name of earlier versions
)
PLACES = ("search", "island", "epoch")  # where there are several; all have the first candidates
OLD_SORT = "heldout"


class Conditions(TypedDict, total=False):
    """Which entries are wanted, in which order, and how many; what is left out does not count.

    Attributes:
        max_constants: At most so many constants for each group and target.
        contains: Text that the formula or the program holds; spaces and case do not matter.
        status: How the evaluation ended.
        operator: What made the program.
        origin: Where it came from, one of `ORIGINS`.
        sort: A name of `SORTS`: `held_out`, which is the default, and `score` put the best first,
            `size` the fewest constants, `index` the oldest. Entries that are equal in it stay in
            their order.
        limit: At most so many rows.
    """

    max_constants: int | None
    contains: str | None
    status: str | None
    operator: str | None
    origin: str | None
    sort: str
    limit: int | None


def query(
    entries: Sequence[Entry],
    feature_names: Sequence[str],
    *,
    layout: Layout | None = None,
    makers: Makers | None = None,
    **conditions: Unpack[Conditions],
) -> pd.DataFrame:
    """The entries that match every condition, one a row.

    Args:
        entries: Those of a run.
        feature_names: The task's features, for the formulas.
        layout: Which sub-search entries belong to, if there are several.
        makers: What made them; if None, as far as the entries say.
        conditions: As `Conditions` says.

    Returns:
        A frame with the columns `COLUMNS`, and with a layout `PLACES`. Recipes are the arguments
        that a program text states; None of a black box.

    Raises:
        EvolveError: No such order; or no entry has that status, operator or origin.
    """
    import pandas as pd

    known = makers_among(entries, feature_names) if makers is None else makers
    named = [known.named(entry) for entry in entries]
    sketches = [sketch_of(entry)._replace(number=i) for i, entry in enumerate(named)]
    conditions = _as_named(conditions, known)
    rows = _matching(
        sketches, lambda sketch: named[sketch.number], feature_names, layout, **conditions
    )
    return pd.DataFrame(rows, columns=[*COLUMNS, *(PLACES if layout else ())])


def query_store(
    store: Store,
    feature_names: Sequence[str],
    *,
    layout: Layout | None = None,
    **conditions: Unpack[Conditions],
) -> list[dict[str, Any]]:
    """The rows of `query` of all entries of a run, of which only those that are shown are read."""
    makers = makers_of(store, feature_names)
    return _matching(
        [s._replace(operator=makers.of(s.operator, s.origin)) for s in sketches_of(store)],
        lambda sketch: makers.named(store.entry(sketch.number)),
        feature_names,
        layout,
        **_as_named(conditions, makers),
    )


def _as_named(conditions: Conditions, makers: Makers) -> Conditions:
    """Conditions in which a form that is called by a place is called as its entries are."""
    operator = conditions.get("operator")
    if operator is None:
        return conditions
    return {**conditions, "operator": makers.of(operator, FIRST)}


def _matching(
    sketches: Sequence[Sketch],
    entry_of: Callable[[Sketch], Entry],
    feature_names: Sequence[str],
    layout: Layout | None,
    *,
    max_constants: int | None = None,
    contains: str | None = None,
    status: str | None = None,
    operator: str | None = None,
    origin: str | None = None,
    sort: str = "held_out",
    limit: int | None = None,
) -> list[dict[str, Any]]:
    """The entries of the sketches that match, one row each."""
    if sort == OLD_SORT:
        warnings.warn("sort: 'heldout' is now 'held_out'", DeprecationWarning, stacklevel=3)
        sort = "held_out"
    key = SORTS.get(sort)
    if key is None:
        raise EvolveError(
            Argument("sort"), f": no order {sort!r}{nearest(sort, SORTS)}; use {', '.join(SORTS)}"
        )
    _require("status", status, {sketch.status for sketch in sketches})
    _require("operator", operator, {sketch.operator for sketch in sketches})
    _require("origin", origin, {sketch.origin for sketch in sketches})
    wanted = [
        sketch
        for sketch in sketches
        if (status is None or sketch.status == status)
        and (operator is None or sketch.operator == operator)
        and (origin is None or sketch.origin == origin)
        and (max_constants is None or sketch.n_constants <= max_constants)
    ]
    rows: list[dict[str, Any]] = []
    for sketch in sorted(wanted, key=key):
        if limit is not None and len(rows) >= limit:
            break
        entry = entry_of(sketch)
        if contains is None or holds(entry, contains, feature_names):
            rows.append(_row(entry, feature_names) | _place(entry, layout))
    return rows


def compare(
    first: Iterable[Entry], second: Iterable[Entry], feature_names: Sequence[str]
) -> pd.DataFrame:
    """The best entry of each number of constants in two runs of one task, by score.

    Args:
        first: Entries of one run.
        second: Entries of the other.
        feature_names: The task's features, for the formulas.

    Returns:
        One row a number of constants, fewest first: `constants`, then for both runs
        `held_out_r2_1`, `held_out_r2_2`, `score_1`, `score_2`, then `gain` (how much lower the
        second score is), `formula_1` and `formula_2`; last the held-out R2 under the names of
        earlier versions, `heldout_r2_1` and `heldout_r2_2`. What a run lacks is nan or empty.
    """
    import pandas as pd

    fronts = [front(first), front(second)]
    rows = []
    for n_constants in sorted({*fronts[0], *fronts[1]}):
        pair = [one.get(n_constants) for one in fronts]
        score = [score_of(entry) for entry in pair]
        r2 = [math.nan if entry is None else held_out(entry) for entry in pair]
        text = ["" if entry is None else entry_formula(entry, feature_names) for entry in pair]
        gain = score[0] - score[1]
        rows.append((n_constants, *r2, *score, gain, *text, *r2))
    columns = ["constants"]
    columns += [f"{name}_{run}" for name in ("held_out_r2", "score") for run in (1, 2)]
    columns += ["gain", "formula_1", "formula_2", "heldout_r2_1", "heldout_r2_2"]
    return pd.DataFrame(rows, columns=columns)


def front(entries: Iterable[Entry]) -> dict[int, Entry]:
    """The entry of the lowest score for each number of constants; the oldest of equal ones."""
    best: dict[int, Entry] = {}
    for entry in entries:
        held = best.get(entry.evaluation.n_constants)
        if entry.evaluation.score is not None and (
            held is None or score_of(entry) < score_of(held)
        ):
            best[entry.evaluation.n_constants] = entry
    return best


def entry_formula(entry: Entry, feature_names: Sequence[str]) -> str:
    """The entry's law in one line; empty for a black box."""
    if entry.law is None:
        return ""
    law = law_from_data(entry.law)
    return formula(law, words_seen(feature_names, own_first=law.own_feature_first), powers=True)


def holds(entry: Entry, part: str, feature_names: Sequence[str]) -> bool:
    """Whether an entry's program or formula contains a text, spaces and case aside."""
    part = _squeezed(part)
    return part in _squeezed(entry.text) or part in _squeezed(entry_formula(entry, feature_names))


def _squeezed(text: str) -> str:
    return "".join(text.split()).casefold()


def _require(name: str, value: str | None, valid: set[str]) -> None:
    """Refuse a value that no entry has: an empty table would hide a misspelling."""
    if value is not None and valid and value not in valid:
        raise EvolveError(
            Argument(name),
            f": no entry has {value!r}{nearest(value, valid)}; there are "
            f"{', '.join(repr(name) if ' ' in name else name for name in sorted(valid))}",
        )


def _row(entry: Entry, feature_names: Sequence[str]) -> dict[str, Any]:
    evaluation = entry.evaluation
    return {
        "index": entry.index,
        "constants": evaluation.n_constants,
        "held_out_r2": held_out(entry),
        "score": score_of(entry),
        "status": evaluation.status,
        "operator": entry.operator,
        "parents": entry.parents,
        "seconds": evaluation.seconds,
        "program_id": entry.program_id,
        "formula": entry_formula(entry, feature_names),
        "recipe": None if entry.recipe is None else recipe_from_data(entry.recipe).arguments(),
        "origin": entry.origin,
        "heldout_r2": held_out(entry),
    }


def _place(entry: Entry, layout: Layout | None) -> dict[str, Any]:
    """The sub-search that an entry belongs to; None for one that belongs to all."""
    if layout is None:
        return {}
    of = (layout.seed_of, layout.island_of, layout.epoch_of)
    return {name: ask(entry.index) for name, ask in zip(PLACES, of, strict=True)}
