"""A command names a run so that a shell, and the verb that reads it, take it for that run."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from evolve.runs.folders import find_run
from evolve.runs.store import STORE_NAME
from evolve.runs.usual import is_folder_name, run_words


@pytest.mark.parametrize("name", ["sft-0-1", "my run", "-x", "it's", "$HOME; ls", "--runs-dir"])
def test_a_run_of_any_folder_is_found_by_the_words_that_name_it(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    folder = Path("some where") / name
    folder.mkdir(parents=True)
    (folder / STORE_NAME).touch()
    word, option, place = shlex.split(run_words(folder))
    assert option == "--runs-dir"
    assert not word.startswith("-")
    assert find_run(word, Path(place)).resolve() == folder.resolve()
    assert is_folder_name(name)


@pytest.mark.parametrize("name", ["", "a/b", "a\nb", "a\tb", "a\x1bb", "x" * 256])
def test_a_name_that_no_line_can_hold_is_none(name: str) -> None:
    assert not is_folder_name(name)
