"""The summary of a run always says what its entries say, and is read without them."""

from __future__ import annotations

import random
import shutil
import sqlite3
import zlib
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest
from store_service import (
    BATCH,
    LAWS,
    entries,
    entry,
    most_held,
    new_store,
    start_writer,
)

from evolve.evaluation.record import MADE, ORIGINS, UNSEARCHED, Entry
from evolve.jsontext import compact_json
from evolve.law.graph import law_to_data
from evolve.runs.lock import WriterLock
from evolve.runs.store import SUMMARY, Store
from evolve.runs.summary import Summary, summary_from_data
from evolve.search.archive import Archive

OLD = Path(__file__).resolve().parents[1] / "data" / "run_schema_1_parallel.sqlite"


def random_entry(index: int, rng: random.Random) -> Entry:
    """An entry of any cell; scores are often equal, and many entries have none."""
    failed = rng.random() < 0.3
    return entry(
        index,
        law=None if rng.random() < 0.2 else law_to_data(rng.choice(LAWS)),
        status=rng.choice(["timeout", "screened"]) if failed else "ok",
        score=None if failed else float(rng.randrange(-4, 4)),
        n_constants=rng.randrange(3),
        origin=rng.choice(ORIGINS),
        operator=rng.choice(["add term", "drop term"]),
    )


def require_right(summary: Summary, told: Sequence[Entry]) -> None:
    """Hold that a summary says of entries what an archive of them says."""
    archive = Archive()
    archive.tell(told)
    elites = archive.elites()
    assert summary.n_entries == archive.size
    assert summary.statuses == Counter(e.evaluation.status for e in told)
    assert dict(summary.leaders) == {
        cell: (elite.score, elite.entry.index) for cell, elite in archive.cells.items()
    }
    assert summary.ranked() == [elite.entry.index for elite in elites]
    assert summary.best == (elites[0].entry.index if elites else None)
    assert list(summary.best_per_size().items()) == [
        (elite.n_constants, elite.entry.index) for elite in archive.best_per_size()
    ]
    assert summary.firsts == tuple(e.index for e in told if e.origin in UNSEARCHED)
    tried = Counter((e.origin, e.operator if e.origin in MADE else "") for e in told)
    assert {maker: tally.tried for maker, tally in summary.tallies.items()} == tried
    won = sum(tally.won for tally in summary.tallies.values())
    assert won == sum(tally.won for tally in archive.tallies.values())
    best = min((tally.best for tally in summary.tallies.values()), default=archive.best)
    assert best == archive.best


def stored(folder: Path) -> Summary:
    """What the database itself holds of a summary, with nothing made up for it."""
    with Store.open(folder, write=False) as store:
        return summary_from_data(store.note(SUMMARY), len(store))


def drop_summary(folder: Path) -> None:
    """Leave a run as a version without summaries would."""
    connection = sqlite3.connect(folder / "run.sqlite")
    with connection:
        connection.execute("DELETE FROM notes WHERE key = ?", (SUMMARY,))
    connection.close()


@pytest.mark.parametrize("seed", range(8))
def test_after_every_batch_it_says_what_the_entries_say(seed: int, tmp_path: Path) -> None:
    rng, told = random.Random(seed), list[Entry]()
    with new_store(tmp_path / "r") as store:
        require_right(store.summary(), told)
        for _ in range(6):
            batch = [random_entry(len(told) + i, rng) for i in range(rng.randrange(12))]
            store.append(batch)
            told += batch
            require_right(stored(store.folder), told)
            require_right(store.summary(), told)


def test_a_reader_of_a_summary_reads_no_entry(tmp_path: Path) -> None:
    new_store(tmp_path / "r", n=12).close()
    with most_held() as held, Store.open(tmp_path / "r", write=False) as store:
        require_right(store.summary(), entries(0, 12))
    assert held.most == 0


def test_it_is_right_after_a_writer_was_killed_and_when_another_goes_on(tmp_path: Path) -> None:
    new_store(tmp_path / "r").close()
    for _ in range(3):
        process = start_writer(tmp_path / "r")
        assert process.stdout is not None
        process.stdout.readline()
        process.kill()
        process.communicate()
        with Store.open(tmp_path / "r", write=False) as store:
            told = store.entries()
        assert len(told) % BATCH == 0
        require_right(stored(tmp_path / "r"), told)
    with Store.open(tmp_path / "r", write=True) as store:
        store.append(entries(len(told), 2))
    require_right(stored(tmp_path / "r"), [*told, *entries(len(told), 2)])


def test_an_old_run_that_a_writer_goes_on_with_unread_is_summed_up_whole(tmp_path: Path) -> None:
    new_store(tmp_path / "r", n=4).close()
    drop_summary(tmp_path / "r")
    later = [entry(4 + i, n_constants=0) for i in range(8)]
    with Store.open(tmp_path / "r", write=True) as store:
        store.append(later)
        require_right(store.summary(), [*entries(0, 4), *later])


def test_a_batch_that_is_refused_changes_nothing(tmp_path: Path) -> None:
    with new_store(tmp_path / "r", n=4) as store:
        with pytest.raises(ValueError, match="go on from 4"):
            store.append([entry(9)])
        require_right(store.summary(), entries(0, 4))
        require_right(stored(store.folder), entries(0, 4))


def test_a_run_without_one_is_read_whole_once(tmp_path: Path) -> None:
    new_store(tmp_path / "r", n=6).close()
    drop_summary(tmp_path / "r")
    with most_held() as held, Store.open(tmp_path / "r", write=False) as store:
        require_right(store.summary(), entries(0, 6))
        assert held.most > 0
    require_right(stored(tmp_path / "r"), entries(0, 6))


def test_a_writer_goes_on_from_what_another_version_left(tmp_path: Path) -> None:
    new_store(tmp_path / "r", n=6).close()
    drop_summary(tmp_path / "r")
    with Store.open(tmp_path / "r", write=True) as store:
        store.append(entries(6, 2))
        require_right(store.summary(), entries(0, 8))
        store.append(entries(8, 2))
    require_right(stored(tmp_path / "r"), entries(0, 10))


def test_what_is_wrong_with_it_is_seen_and_it_is_made_again(tmp_path: Path) -> None:
    with new_store(tmp_path / "r", n=6) as store:
        data = store.note(SUMMARY)
        for wrong in (data | {"n_entries": 5}, data | {"checksum": 0}, ["no", "summary"], None):
            store.set_note(SUMMARY, wrong)
            with Store.open(tmp_path / "r", write=False) as reader:
                require_right(reader.summary(), entries(0, 6))


def test_nothing_is_written_beside_another_writer(tmp_path: Path) -> None:
    new_store(tmp_path / "r", n=6).close()
    drop_summary(tmp_path / "r")
    lock = WriterLock(tmp_path / "r")
    with Store.open(tmp_path / "r", write=False) as store:
        require_right(store.summary(), entries(0, 6))
    lock.release()
    assert stored(tmp_path / "r") == Summary()


def test_an_old_schema_gains_a_summary_and_stays_what_it_is(tmp_path: Path) -> None:
    shutil.copy(OLD, tmp_path / "run.sqlite")
    connection = sqlite3.connect(tmp_path / "run.sqlite")
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    with Store.open(tmp_path, write=False) as store:
        told = store.entries()
        require_right(store.summary(), told)
    assert connection.execute("PRAGMA user_version").fetchone() == (version,)
    connection.close()
    require_right(stored(tmp_path), told)


def test_one_of_an_earlier_format_is_made_again_once(tmp_path: Path) -> None:
    with new_store(tmp_path / "r", n=6) as store:
        data = store.note(SUMMARY)
        older = {key: data[key] for key in ("n_entries", "statuses", "leaders")}
        store.set_note(SUMMARY, {**older, "checksum": zlib.crc32(compact_json(older).encode())})
    with most_held() as held, Store.open(tmp_path / "r", write=False) as store:
        require_right(store.summary(), entries(0, 6))
        assert held.most > 0
    with most_held() as held, Store.open(tmp_path / "r", write=False) as store:
        require_right(store.summary(), entries(0, 6))
    assert held.most == 0


def test_a_tally_that_counts_more_than_there_is_is_not_relied_on() -> None:
    data = Summary().extended(entries(0, 3)).to_data()
    del data["checksum"]
    data["tallies"][0][2] = 4
    data["checksum"] = zlib.crc32(compact_json(data).encode())
    assert summary_from_data(data, 3) == Summary()
