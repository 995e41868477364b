"""The transcript from a raw table to an answer, replayed with a small budget."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import pytest

import evolve.cli.options
from tests.own_tables import said

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs" / "first-answer.md").read_text()
BLOCK = re.compile(r"^```console\n\$ (?P<command>[^\n]+)\n(?P<output>.*?)^```$", re.M | re.DOTALL)
STEPS = {m["command"]: m["output"] for m in BLOCK.finditer(PAGE)}
ENGINE = [command for command in STEPS if command.startswith("python -m evolve ")]
MOST_COMMANDS, MOST_SECONDS = 6, 300
EVALUATIONS = "12"
TRUTH = 1.72 + 420 * 7e9**-0.345 + 980 * 140e9**-0.29  # of the law that the page states
INTERVAL = re.compile(r"90 % interval +([\d.]+) to ([\d.]+)")
LABEL = re.compile(r"^([a-z][a-z ]*?)(?:  |:)", re.MULTILINE)


def interval(text: str) -> tuple[float, float]:
    """The first interval of an output."""
    found = INTERVAL.search(text)
    assert found is not None
    return float(found[1]), float(found[2])


def test_the_transcript_has_few_commands_and_little_time() -> None:
    assert len(STEPS) <= MOST_COMMANDS
    seconds = [
        int(s) for s in re.findall(r"^\| `[^|]+` \|[^|]*\| (\d+) s \|$", PAGE, re.MULTILINE)
    ]
    assert len(seconds) == len(STEPS)
    assert sum(seconds) <= MOST_SECONDS


def test_the_transcript_forecasts_what_its_law_would_say() -> None:
    low, high = interval(STEPS[next(c for c in ENGINE if " predict " in c)])
    assert low < TRUTH < high


@pytest.mark.slow
def test_the_transcript_is_what_its_commands_print(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(ROOT / "docs" / "examples", tmp_path / "docs" / "examples")
    monkeypatch.chdir(tmp_path)
    for name, value in (("COLUMNS", "80"), ("EVOLVE_EVALUATIONS", EVALUATIONS)):
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(evolve.cli.options, "n_cores", lambda: 1)
    for command in ENGINE:
        words = shlex.split(command)[3:]
        code, out, err = said(capfd, *words)
        assert code == 0, err
        recorded = STEPS[command]
        if words[0] == "new-task":
            assert out == recorded
        assert set(LABEL.findall(recorded)) - set(LABEL.findall(out)) <= {"size"}, out
        if words[0] == "predict":
            (low, high), (least, most) = interval(out), interval(recorded)
            assert max(low, least) < min(high, most)
