"""Every script of `findings/` says what was seen, when and where, and needs nothing of ours."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parent.parent / "findings"
SCRIPTS = sorted(FOLDER.iterdir())
every_script = pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)


def head_of(text: str) -> str:
    """The comment below the first line."""
    lines = text.splitlines()[1:]
    end = next(i for i, line in enumerate(lines) if not line.startswith("#"))
    return "\n".join(lines[:end])


@every_script
def test_a_finding_is_a_script_that_stops_at_the_first_error(path: Path) -> None:
    text = path.read_text()
    assert path.suffix == ".sh"
    assert os.access(path, os.X_OK)
    assert text.startswith("#!/usr/bin/env bash\n")
    assert "\nset -euo pipefail\n" in text


@every_script
def test_a_finding_names_version_behaviour_and_date(path: Path) -> None:
    head = head_of(path.read_text())
    assert re.match(r"# [\w-]+ \d[\w.]*: \S", head)
    assert re.search(r"^# Seen \d{4}-\d\d-\d\d", head, re.MULTILINE)


@every_script
def test_a_finding_installs_what_it_names_in_a_folder_that_it_removes(path: Path) -> None:
    text = path.read_text()
    package, version = re.match(r"# ([\w-]+) (\d[\w.]*):", head_of(text)).groups()  # type: ignore[union-attr]
    assert f"{package}=={version}" in text
    assert re.search(r'^work="\$\(mktemp -d\)"\ntrap \'rm -rf "\$work"\' EXIT$', text, re.M)
    assert re.search(r"^ *exit 1$", text, re.MULTILINE)


@every_script
def test_a_finding_runs_without_this_project(path: Path) -> None:
    assert "evolve" not in path.read_text()
