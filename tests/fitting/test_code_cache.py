"""Compiled code is kept where nobody else can put anything, or nowhere."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from evolve.cli.app import call
from evolve.fitting import code_cache, compiled
from evolve.fitting.code_cache import cache_folder, why_not_private

pytestmark = pytest.mark.skipif(os.name != "posix", reason="modes and owners of POSIX")


@pytest.fixture
def private(tmp_path: Path) -> Path:
    """A folder of this user whose way others cannot change."""
    if reason := why_not_private(tmp_path / "probe"):
        pytest.skip(f"the temporary folder {reason}")
    return tmp_path


def test_a_folder_that_is_missing_is_made_for_this_user_alone(private: Path) -> None:
    assert why_not_private(private / "a" / "kernel") == ""
    facts = os.lstat(private / "a" / "kernel")
    assert (facts.st_uid, facts.st_mode & 0o777) == (os.geteuid(), 0o700)


def test_a_folder_that_another_process_makes_at_the_same_moment_is_used(
    private: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (private / "kernel").mkdir(mode=0o700)
    monkeypatch.setattr(os.path, "lexists", lambda path: False)  # as it was a moment ago
    assert why_not_private(private / "kernel") == ""
    (private / "open").mkdir()
    (private / "open").chmod(0o755)
    assert "not 0700" in why_not_private(private / "open")


@pytest.mark.parametrize("mode", [0o755, 0o777, 0o750, 0o701])
def test_a_folder_that_others_may_enter_is_not_used(private: Path, mode: int) -> None:
    (private / "kernel").mkdir()
    (private / "kernel").chmod(mode)
    assert f"its mode is {mode:04o}, not 0700" in why_not_private(private / "kernel")


def test_a_folder_whose_way_others_may_write_to_is_not_used(private: Path) -> None:
    (private / "open" / "deep").mkdir(parents=True)
    (private / "open").chmod(0o777)
    assert "others may write to" in why_not_private(private / "open" / "deep" / "kernel")
    assert not (private / "open" / "deep" / "kernel").exists()


def test_a_link_is_not_followed(private: Path) -> None:
    (private / "elsewhere").mkdir(mode=0o700)
    (private / "kernel").symlink_to(private / "elsewhere")
    assert "is a link or a file" in why_not_private(private / "kernel")
    (private / "dangling").symlink_to(private / "nowhere")
    assert "is a link or a file" in why_not_private(private / "dangling")
    assert not (private / "nowhere").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives folders away")
def test_a_folder_of_somebody_else_is_not_used(private: Path) -> None:
    (private / "kernel").mkdir(mode=0o700)
    os.chown(private / "kernel", 65534, 65534)
    assert "belongs to user 65534" in why_not_private(private / "kernel")
    (private / "theirs" / "mine").mkdir(parents=True)
    os.chown(private / "theirs", 65534, 65534)
    assert "belongs to user 65534" in why_not_private(private / "theirs" / "mine" / "kernel")


def test_without_a_private_folder_there_is_none_and_never_the_shared_one(
    private: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (private / "file").write_text("")
    monkeypatch.setattr(code_cache, "__file__", str(private / "file" / "code_cache.py"))
    monkeypatch.setattr(code_cache, "_home", lambda: private / "file")
    before = set(os.listdir(tempfile.gettempdir()))
    folder, reason = cache_folder([], str(private / "file"))
    assert folder is None
    assert "cannot be used" in reason
    assert not {n for n in os.listdir(tempfile.gettempdir()) if "kernel" in n} - before


def test_code_of_another_version_of_what_makes_it_is_kept_elsewhere(
    private: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders = [cache_folder([], str(private))]
    for name in code_cache.MAKERS:
        real = code_cache.version
        monkeypatch.setattr(code_cache, "version", lambda n, m=name, r=real: r(n) + "0" * (n == m))
        folders += [cache_folder([], str(private)), cache_folder([], str(private))]
    monkeypatch.setattr(sys, "version", "3.99.0")
    folders.append(cache_folder([], str(private)))
    assert len(set(folders)) == 1 + len(code_cache.MAKERS) + 1
    assert sorted(private.glob("kernel-*")) == sorted({folder for folder, _ in folders if folder})


def test_code_that_nobody_has_used_for_a_month_is_removed_once_other_code_is_kept(
    private: Path,
) -> None:
    names = ["kernel-0123456789ab", "kernel-0123456789cd.gone", "kernel-ba9876543210", "kernel-x"]
    for name in names:
        (private / name / "deep").mkdir(parents=True)
        (private / name / "deep" / "code.nbc").write_text("")
    (private / "kernel-aaaaaaaaaaaa").symlink_to(private / "kernel-x")
    for name in ("kernel-0123456789ab", "kernel-0123456789cd.gone", "kernel-x"):
        os.utime(private / name, (0.0, 0.0))
    os.utime(private / "kernel-aaaaaaaaaaaa", (0.0, 0.0), follow_symlinks=False)
    folder, _ = cache_folder([], str(private))
    assert folder is not None
    left = ["kernel-aaaaaaaaaaaa", "kernel-ba9876543210", "kernel-x", folder.name]
    assert sorted(p.name for p in private.glob("kernel-*")) == sorted(left)
    assert (private / "kernel-x" / "deep" / "code.nbc").exists()


def test_a_folder_in_use_is_not_old(private: Path) -> None:
    folder, _ = cache_folder([], str(private))
    assert folder is not None
    os.utime(folder, (0.0, 0.0))
    assert cache_folder([], str(private)) == (folder, "")
    assert os.lstat(folder).st_mtime > code_cache.UNUSED_S


WITHOUT = """
from pathlib import Path
import evolve.fitting.code_cache as cache
cache.why_not_private = lambda folder: "is refused by a test"
from evolve.fitting import compiled
print(compiled.code_folder()[0], compiled.entry(lambda x: x + 1.0)(2.0))
"""


def test_code_is_compiled_each_time_where_there_is_no_folder() -> None:
    out = subprocess.run(
        [sys.executable, "-c", WITHOUT], check=True, capture_output=True, text=True
    ).stdout
    assert out == "None 3.0\n"


@pytest.mark.skipif(not compiled.COMPILED, reason="nothing is compiled")
def test_doctor_says_where_compiled_code_is_kept(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compiled, "code_folder", lambda: (Path("/private/kernel"), ""))
    assert call(["doctor"]) == 0
    assert "code cache: /private/kernel" in capsys.readouterr().out
    monkeypatch.setattr(compiled, "code_folder", lambda: (None, "a reason"))
    assert call(["doctor"]) == 0
    assert "none, code is compiled in each process (a reason)" in capsys.readouterr().out
