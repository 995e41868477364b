"""Which sub-search of a run made an entry, where it had several."""

from __future__ import annotations

from evolve.runs.notes import LAYOUT
from evolve.runs.store import Store
from evolve.search.islands import Layout


def layout_of(store: Store) -> Layout | None:
    """Which entries of a run belong where; None where it was one search of one island."""
    note, settings = store.note(LAYOUT), store.settings
    n_seeds, n_islands = (int(settings.get(name, 1)) for name in ("n_seeds", "n_islands"))
    if note is None or n_seeds * n_islands == 1:
        return None
    return Layout(int(note["n_starts"]), n_seeds, n_islands)
