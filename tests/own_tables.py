"""A good table of a user, in a working folder of its own, and what the command line says of it."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from evolve.cli.app import call
from evolve.tasks.readers import RawTable, read_table

HEADER = "corpus,params,tokens,loss"
SIZES = [(1e7 * 3**i, 1e9 * 4**j) for i in range(6) for j in range(5)]
ROWS = [
    f"{'web' if k % 2 else 'code'},{n:g},{d:g},{1.7 + 400 * n**-0.34 + 410 * d**-0.28:.5f}"
    for k, (n, d) in enumerate(SIZES)
]
GOOD = "\n".join([HEADER, *ROWS]) + "\n"


def start_in(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in an empty folder that holds the good table, `my_runs.csv`."""
    monkeypatch.chdir(folder)
    for name in ("EVOLVE_EVALUATIONS", "EVOLVE_DATA_DIR", "EVOLVE_RUNS_DIR"):
        monkeypatch.delenv(name, raising=False)
    (folder / "my_runs.csv").write_text(GOOD)


def said(capfd: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    """Exit code, output and errors of a command line."""
    code = call(words)
    out, err = capfd.readouterr()
    return code, out, err


def made(capfd: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    """What `new-task … --json` tells."""
    code, out, err = said(capfd, "new-task", "my_runs.csv", *words, "--json")
    assert (code, err) == (0, "")
    told: dict[str, Any] = json.loads(out)
    return told


def table_of(text: str) -> RawTable:
    """The cells of a text, as of a file, which is left nowhere."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "table.csv"
        path.write_text(text)
        return read_table(path)


def refused(capfd: pytest.CaptureFixture[str], part: str, *words: str) -> None:
    """Hold that a command line fails with one line that holds `part`, and exit code 2."""
    code, out, err = said(capfd, *words)
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert part in err
    assert "Traceback" not in err
