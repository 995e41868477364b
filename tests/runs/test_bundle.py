"""A bundle brings a run and its task back; one that a stranger made is refused before it acts."""

from __future__ import annotations

import json
import os
import sqlite3
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from evolve.errors import EvolveError
from evolve.runs.bundle import pack, unpack
from evolve.runs.bundle_check import HEAD
from evolve.runs.provenance import task_of
from evolve.runs.store import Store

Parts = dict[str, bytes]


@pytest.fixture(scope="module")
def bundle(literature_runs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sent") / "dc.zip"
    with Store.open(literature_runs / "dc", write=False) as store:
        pack(store, task_of(store), path, "<p>page</p>")
    return path


def parts_of(bundle: Path) -> Parts:
    with zipfile.ZipFile(bundle) as packed:
        return {name: packed.read(name) for name in packed.namelist()}


def write_parts(path: Path, parts: Parts) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in parts.items():
            packed.writestr(name, data)
    return path


def test_a_run_comes_back_with_its_task_and_entries(
    bundle: Path, literature_runs: Path, tmp_path: Path
) -> None:
    folder = unpack(bundle, tmp_path / "runs")
    with (
        Store.open(folder, write=False) as store,
        Store.open(literature_runs / "dc", write=False) as sent,
    ):
        assert store.digest() == sent.digest()
        assert task_of(store).folder.resolve() == (folder / "data_constrained").resolve()
    assert not (folder / "report.html").exists()
    assert list((tmp_path / "runs").iterdir()) == [folder]


def test_a_name_that_is_taken_is_refused_and_another_can_be_given(
    bundle: Path, tmp_path: Path
) -> None:
    unpack(bundle, tmp_path)
    with pytest.raises(EvolveError, match="there is a run of this name"):
        unpack(bundle, tmp_path)
    assert unpack(bundle, tmp_path, "other").name == "other"
    with pytest.raises(EvolveError, match="a name must be letters"):
        unpack(bundle, tmp_path, "../other")


def with_name(name: str) -> Callable[[Parts], Parts]:
    return lambda parts: {**parts, name: b"x"}


def with_head(**change: object) -> Callable[[Parts], Parts]:
    def changed(parts: Parts) -> Parts:
        return {**parts, HEAD: json.dumps({**json.loads(parts[HEAD]), **change}).encode()}

    return changed


def without(name: str) -> Callable[[Parts], Parts]:
    return lambda parts: {key: data for key, data in parts.items() if key != name}


def with_bomb(parts: Parts) -> Parts:
    return {**parts, "report.html": bytes(2**27)}


def with_other_rows(parts: Parts) -> Parts:
    table = parts["task/train.csv"].splitlines(keepends=True)
    return {**parts, "task/train.csv": b"".join(table[:-1])}


def with_trigger(parts: Parts) -> Parts:
    path = Path(os.environ["SCRATCH"]) / "run.sqlite"
    path.write_bytes(parts["run.sqlite"])
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE VIEW spy AS SELECT 1")
    connection.close()
    return {**parts, "run.sqlite": path.read_bytes()}


HOSTILE = [
    (with_name("../evil.py"), "part '../evil.py' is none that a bundle has"),
    (with_name("/etc/evil"), "is none that a bundle has"),
    (with_name("task/sub/train.csv"), "is none that a bundle has"),
    (with_name("task/seeds/../../x.py"), "is none that a bundle has"),
    (with_name("run.sqlite-wal"), "is none that a bundle has"),
    (with_bomb, "grows from"),
    (without("run.sqlite"), "part 'run.sqlite' is missing"),
    (without("task/train.csv"), "train.csv is missing"),
    (with_head(run="../up"), "a name must be letters"),
    (with_head(task="../up"), "task must be the name of a folder"),
    (with_head(task="run.sqlite"), "may not be called"),
    (with_head(task="sft"), "is of task 'data_constrained'"),
    (with_head(format=2), "its format must be 1"),
    (with_head(more=1), "must hold format, run, task"),
    (with_other_rows, "made with other rows"),
    (with_trigger, "it holds the view 'spy'"),
]


@pytest.mark.parametrize(("change", "words"), HOSTILE, ids=[words for _, words in HOSTILE])
def test_a_bundle_that_is_not_as_pack_writes_it_leaves_nothing(
    change: Callable[[Parts], Parts],
    words: str,
    bundle: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SCRATCH", str(tmp_path))
    path = write_parts(tmp_path / "sent.zip", change(parts_of(bundle)))
    with pytest.raises(EvolveError) as refused:
        unpack(path, tmp_path / "runs")
    assert words in str(refused.value)
    assert not list((tmp_path / "runs").glob("*")) if (tmp_path / "runs").exists() else True


def test_a_link_among_the_parts_is_refused(bundle: Path, tmp_path: Path) -> None:
    path = tmp_path / "sent.zip"
    link = zipfile.ZipInfo("task/test.csv")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(path, "w") as packed:
        for name, data in parts_of(bundle).items():
            packed.writestr(link if name == link.filename else name, data)
    with pytest.raises(EvolveError, match="is a link or no regular file"):
        unpack(path, tmp_path / "runs")


def test_a_part_that_stands_in_it_twice_is_refused(bundle: Path, tmp_path: Path) -> None:
    path = write_parts(tmp_path / "sent.zip", parts_of(bundle))
    with zipfile.ZipFile(path, "a") as packed, pytest.warns(UserWarning, match="Duplicate name"):
        packed.writestr("task/train.csv", b"other rows")
    with pytest.raises(EvolveError, match="part 'task/train.csv' stands in it twice"):
        unpack(path, tmp_path / "runs")


def test_a_part_that_is_packed_in_another_way_or_encrypted_is_refused(
    bundle: Path, tmp_path: Path
) -> None:
    path = tmp_path / "sent.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_BZIP2) as packed:
        for name, data in parts_of(bundle).items():
            packed.writestr(name, data)
    with pytest.raises(EvolveError, match="is packed in a way that no bundle is"):
        unpack(path, tmp_path / "runs")
    whole = bytearray(bundle.read_bytes())
    whole[whole.index(b"PK\x01\x02") + 8] |= 0x1  # the flags of the first part in the directory
    path.write_bytes(whole)
    with pytest.raises(EvolveError, match="is encrypted"):
        unpack(path, tmp_path / "runs")


def test_what_is_no_plain_zip_file_is_refused(bundle: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.zip"
    cut.write_bytes(bundle.read_bytes()[:-5])
    with pytest.raises(EvolveError, match="is no bundle of a run"):
        unpack(cut, tmp_path)
    cut.write_bytes(bundle.read_bytes().replace(b"PK\x01\x02", b"PK\x01\x03"))
    with pytest.raises(EvolveError, match="is no bundle of a run"):
        unpack(cut, tmp_path)
    linked = tmp_path / "linked.zip"
    linked.symlink_to(bundle)
    with pytest.raises(EvolveError, match="symbolic link"):
        unpack(linked, tmp_path)


@pytest.mark.parametrize("folder", [".", "..", "/"])
def test_a_folder_in_place_of_the_file_is_refused(folder: str, literature_runs: Path) -> None:
    with (
        Store.open(literature_runs / "dc", write=False) as store,
        pytest.raises(EvolveError, match="cannot be written: it is a folder"),
    ):
        pack(store, task_of(store), Path(folder), None)
