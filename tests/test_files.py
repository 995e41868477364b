"""What is written is a regular file under its own name, whole or not at all."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest

import evolve.files
from evolve.errors import EvolveError, ProgramError, TaskError
from evolve.files import open_regular, read_regular, read_toml, write_file
from evolve.law.program import read_program
from evolve.tasks.spec import read_spec


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """A file that nobody asked to change."""
    path = tmp_path / "elsewhere" / "precious.txt"
    path.parent.mkdir()
    path.write_text("precious")
    return path


def test_a_text_is_written_and_takes_the_place_of_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "x.py"
    write_file(path, "one\n")
    path.chmod(0o640)
    write_file(path, "é\n\ud800")
    assert path.read_bytes() == "é\n\\ud800".encode()
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert os.listdir(tmp_path) == ["x.py"]


def test_nothing_is_written_through_a_link(tmp_path: Path, elsewhere: Path) -> None:
    (tmp_path / "report.html").symlink_to(elsewhere)
    (tmp_path / "new").symlink_to(tmp_path / "elsewhere" / "new.txt")
    for name in ("report.html", "new"):
        with pytest.raises(EvolveError, match=f"{name}: cannot be written: it is a symbolic link"):
            write_file(tmp_path / name, "overwritten")
    assert elsewhere.read_text() == "precious"
    assert os.listdir(elsewhere.parent) == ["precious.txt"]


def test_a_second_name_of_a_file_is_replaced_and_not_written_to(
    tmp_path: Path, elsewhere: Path
) -> None:
    os.link(elsewhere, tmp_path / "report.html")
    write_file(tmp_path / "report.html", "a report")
    assert elsewhere.read_text() == "precious"


@pytest.mark.parametrize("kind", ["folder", "pipe", "device"])
def test_what_is_no_regular_file_is_named_and_left_alone(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "x"
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    else:
        path = Path(os.devnull)
    before = os.lstat(path).st_ino
    with pytest.raises(EvolveError, match=f"it is a {kind}"):
        write_file(path, "text")
    assert os.lstat(path).st_ino == before


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_full_disk_leaves_what_was_there(
    step: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    path = tmp_path / "report.html"
    write_file(path, "a good report")
    monkeypatch.setattr(evolve.files.os, step, full)
    with pytest.raises(EvolveError, match=r"report.html: cannot be written: No space left"):
        write_file(path, "a better report")
    assert path.read_text() == "a good report"
    assert os.listdir(tmp_path) == ["report.html"]


def test_only_a_regular_file_of_one_name_is_opened(tmp_path: Path, elsewhere: Path) -> None:
    (tmp_path / "link").symlink_to(elsewhere)
    os.link(elsewhere, tmp_path / "name")
    os.mkfifo(tmp_path / "pipe")
    for name, words in (("link", "symbolic link"), ("name", "second name"), ("pipe", "a pipe")):
        with pytest.raises(OSError, match=words):
            open_regular(tmp_path / name, os.O_RDWR | os.O_CREAT)
    os.close(open_regular(tmp_path / "made", os.O_RDWR | os.O_CREAT))
    assert (tmp_path / "made").stat().st_size == 0


def test_a_file_is_read_up_to_its_limit_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "text").write_bytes(b"four")
    (tmp_path / "link").symlink_to("text")
    assert read_regular(tmp_path / "link", 4) == b"four"
    with pytest.raises(OSError, match="more than 3 bytes"):
        read_regular(tmp_path / "link", 3)


@pytest.mark.parametrize("kind", ["pipe", "device", "folder"])
def test_nobody_waits_for_what_is_no_regular_file(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "task.toml"
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "device":
        path.symlink_to("/dev/zero")
    else:
        path.mkdir()
    with pytest.raises(OSError, match=f"it is a {kind}"):
        read_regular(path, 10)
    with pytest.raises(TaskError, match=f"must be a readable file, it is a {kind}"):
        read_spec(path)
    with pytest.raises(ProgramError, match=f"must be a readable file, it is a {kind}"):
        read_program(path)


def test_a_file_that_is_no_toml_is_named(tmp_path: Path) -> None:
    path = tmp_path / "evolve.toml"
    path.write_text("[batch]\nseeds = [1, 2]\n")
    assert read_toml(path) == {"batch": {"seeds": [1, 2]}}
    with pytest.raises(EvolveError, match="more than 3 bytes"):
        read_toml(path, 3)
    path.write_text("seeds = ")
    with pytest.raises(EvolveError, match="must be TOML"):
        read_toml(path)
    path.write_text("[a.b]\n[a.b]\n")
    with pytest.raises(EvolveError, match=r"TOML, Cannot declare \[a\.b\] twice \(at line 2"):
        read_toml(path)
    path.write_text("[a]\n[a]\n")
    with pytest.raises(EvolveError, match=r"\[a\] twice"):
        read_toml(path)
