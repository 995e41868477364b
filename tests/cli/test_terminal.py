"""No text of a name, a message or a file moves a reader's cursor, and no folder lends modules."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import warnings
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evolve.api.progress import Panel, Plain, Progress
from evolve.cli.app import call
from evolve.cli.output import print_json, print_table
from evolve.cli.terminal import guarded_output
from evolve.printable import PrintableStream, find_unsafe, printable, unfiltered

RED = "\x1b[31mred"
ROOT = Path(__file__).resolve().parents[2]


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@given(st.text())
def test_printable_text_holds_no_control_character_and_keeps_all_letters(text: str) -> None:
    safe = printable(text)
    assert all(sign.isprintable() or sign in "\n\t" or ord(sign) > 0x9F for sign in safe)
    assert printable(safe) == safe
    assert find_unsafe(safe.replace("\n", "").replace("\t", "")) == ""
    if text.isprintable():
        assert safe == text


def test_marks_that_reverse_a_line_are_written_out() -> None:
    assert printable("a\u202eb\x9bc\x7f\rd\ud800") == "a\\u202eb\\x9bc\\x7f\\rd\\ud800"


def test_a_stream_writes_out_what_its_encoding_lacks() -> None:
    raw = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    print("ü …", file=PrintableStream(raw), flush=True)
    assert raw.buffer.getvalue() == b"\\xfc \\u2026\n"  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "words",
    [[f"show{RED}"], ["show", RED], ["--task", RED], ["--task", "sft", f"--{RED}"], [RED]],
)
def test_an_error_shows_no_escape_sequence(
    words: list[str],
    capfd: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    code = call(words)
    out, err = capfd.readouterr()
    assert code == 2
    assert err.count("\n") == 1
    assert "\x1b" not in out + err


def test_tables_and_titles_show_no_escape_sequence(capsys: pytest.CaptureFixture[str]) -> None:
    with guarded_output():
        print_table((RED, "b"), [(RED, 1.0)], title=RED)
    assert "\x1b" not in capsys.readouterr().out


def test_a_table_on_a_terminal_holds_no_sequence_of_a_cell(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    with guarded_output():
        print_table(("a",), [("\x1b]0;title\x07",)], title=RED)
    assert "\x1b]0" not in terminal.getvalue()
    assert "\\x1b]0;title\\x07" in terminal.getvalue()


def test_json_reads_back_as_it_was_without_control_characters(
    capsys: pytest.CaptureFixture[str],
) -> None:
    value = {"a": "\x1b\x7f\x9b\u202eü\n"}
    with guarded_output():
        print_json(value)
    out = capsys.readouterr().out
    assert json.loads(out) == value
    assert printable(out) == out
    assert "ü" in out


def test_progress_shows_no_escape_sequence() -> None:
    plain, terminal = io.StringIO(), Terminal()
    shown = Plain(stream=plain)
    shown.progress = Progress(best_formula=RED)
    shown.say(RED)
    shown.show()
    panel = Panel(stream=terminal)
    panel.progress = Progress(best_formula=RED)
    with panel:
        panel.say("\x1b]0;title\x07")
    assert "\x1b" not in plain.getvalue()
    assert "\x1b[31m" not in terminal.getvalue()
    assert "\x1b]0" not in terminal.getvalue()


def test_a_terminal_gets_no_warning_of_arithmetic_and_a_log_gets_a_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for stream, expected in ((Terminal(), ""), (io.StringIO(), "evolve: warning: overflow (")):
        monkeypatch.setattr(sys, "stderr", stream)
        with guarded_output():
            warnings.simplefilter("always")
            warnings.warn("overflow", RuntimeWarning, stacklevel=1)
        assert stream.getvalue().startswith(expected)
        assert stream.getvalue().count("\n") == bool(expected)


def test_the_streams_are_what_they_were_after_a_call(capsys: pytest.CaptureFixture[str]) -> None:
    before = sys.stdout, sys.stderr
    call(["--version"])
    assert (sys.stdout, sys.stderr) == before
    assert unfiltered(PrintableStream(sys.stdout)) is sys.stdout


SHADOW = "from pathlib import Path\nPath({mark!r}).write_text('ran')\nraise SystemExit(9)\n"


def module_run(folder: Path, *words: str, path: str = "") -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    return subprocess.run(
        [sys.executable, "-m", "evolve", *words],
        cwd=folder,
        env=environment | ({"PYTHONPATH": path} if path else {}),
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("is_source_tree", [False, True])
def test_no_module_of_the_current_folder_runs_in_the_engine_or_its_children(
    is_source_tree: bool, tmp_path: Path
) -> None:
    folder, mark = tmp_path / "data", tmp_path / "mark"
    folder.mkdir()
    if is_source_tree:
        (folder / "evolve").symlink_to(ROOT / "evolve")
    for name in ("numpy", "json", "typer", "sympy", "rich"):
        (folder / f"{name}.py").write_text(SHADOW.format(mark=str(mark)))
    done = module_run(folder, "doctor", path="" if is_source_tree else str(ROOT))
    assert not mark.exists()
    assert done.returncode == 0, done.stderr
    assert "sandbox level" in done.stdout


def test_the_command_works_from_a_folder_that_was_removed(tmp_path: Path) -> None:
    (tmp_path / "gone").mkdir()
    code = f"cd {tmp_path}/gone && rmdir ../gone && PYTHONPATH={ROOT} {sys.executable} -m evolve "
    done = subprocess.run([*["sh", "-c"], f"{code}--version"], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
