"""The command line says clearly what it did, and what was wrong with a call."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from report_runs import small_run

from evolve.cli.app import app, call
from evolve.cli.ending import _headline, print_ending
from evolve.cli.next_commands import next_commands
from evolve.cli.options import parse_time
from evolve.cli.output import shown
from evolve.errors import EvolveError
from evolve.runs.machine import describe_machine
from evolve.runs.session import SessionResult, remarks, write_program
from evolve.runs.settings import RunConfig
from evolve.runs.tabulate import row_of
from evolve.sandbox.probe import read_report
from evolve.search.problem import make_search_problem
from evolve.tasks.task import load_task
from tests.run_of_literature import store_of

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("EVOLVE_EVALUATIONS", "EVOLVE_DATA_DIR", "EVOLVE_RUNS_DIR"):
        monkeypatch.delenv(name, raising=False)


def said(capfd: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = call(words)
    out, err = capfd.readouterr()
    return code, out, err


WRONG = [
    (["--task", "data_constrainde"], "did you mean 'data_constrained'?"),
    (["--tsk", "x"], "did you mean '--task'?"),
    (["shw"], "did you mean 'show'?"),
    (["my_runs.csv"], "python -m evolve new-task my_runs.csv --target COLUMN"),
    (["show"], "Missing argument"),
    (["show", "nothing"], "no run 'nothing'"),
    (["resume", "nothing"], "no run 'nothing'"),
    (["--task", "parallel", "--evaluations", "none"], "--evaluations"),
    (["--task", "parallel", "--evaluations", "0"], "--evaluations"),
    (["--task", "parallel", "--time", "soon"], "--time: must be like"),
    (["--task", "parallel", "--run", "a/../b c"], "a name must be"),
    (["--task", "parallel", "--require-sandbox", "very"], "--require-sandbox"),
    (["tasks", "sfd"], "did you mean 'sft'?"),
    (["score", "absent.py", "--task", "sft"], "absent.py"),
    (["score", "absent.py"], "needs --task"),
    (["data", "pull", "mo"], "did you mean 'moe'?"),
]


@pytest.mark.parametrize(("words", "part"), WRONG, ids=lambda value: " ".join(value)[:40])
def test_a_wrong_call_gets_one_line_and_exit_code_2(
    words: list[str], part: str, capfd: pytest.CaptureFixture[str]
) -> None:
    code, out, err = said(capfd, *words)
    assert code == 2
    assert out == ""
    assert err.count("\n") == 1
    assert part in err
    assert "Traceback" not in err


def test_help_lists_every_verb_and_loads_nothing_slow() -> None:
    script = (
        "import sys; from evolve.cli.app import call; import evolve.cli; call(['--help']); "
        "print(sorted({'numpy', 'rich', 'pydantic', 'numba', 'scipy'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], env=ENVIRONMENT, capture_output=True, text=True, check=True
    )
    assert done.stdout.endswith("[]\n")
    for command in app.registered_commands:
        assert command.callback is not None
        assert f"  {command.name or command.callback.__name__} " in done.stdout
    assert "..." not in done.stdout.partition("Commands:")[2]  # no sentence is cut off


def test_version_is_printed(capfd: pytest.CaptureFixture[str]) -> None:
    assert said(capfd, "--version")[1].startswith("evolve 0.")


def test_tasks_are_listed_and_one_is_shown(capfd: pytest.CaptureFixture[str]) -> None:
    code, out, _ = said(capfd, "tasks", "--json")
    listed = {task["name"]: task for task in json.loads(out)}
    assert code == 0
    assert listed["sft"]["n_groups"] == 42
    assert listed["moe"]["problem"] == "no table here"
    assert "data_constrained" in said(capfd, "tasks")[1]
    shown_task = json.loads(said(capfd, "tasks", "parallel", "--json")[1])
    assert shown_task["n_rows"] == 36
    assert [c["name"] for c in shown_task["columns"]] == ["num_params", "parallel_size", "loss"]
    assert "Chen et al. 2025" in said(capfd, "tasks", "parallel")[1]


def test_no_runs_is_no_error(capfd: pytest.CaptureFixture[str]) -> None:
    assert said(capfd, "runs")[:2] == (
        0,
        "no runs in runs; start one: python -m evolve --task data_constrained\n",
    )
    assert json.loads(said(capfd, "runs", "--json")[1]) == []


def test_a_run_whose_making_was_cut_short_is_listed_as_that(
    capfd: pytest.CaptureFixture[str],
) -> None:
    Path("runs/parallel-0-1").mkdir(parents=True)
    (row,) = json.loads(said(capfd, "runs", "--json")[1])
    assert (row["run"], row["state"]) == ("parallel-0-1", "not made")
    for verb in ("show", "resume"):
        code, _, err = said(capfd, verb, "parallel-0-1")
        assert code == 2
        assert "no run 'parallel-0-1': runs/parallel-0-1 is of a run" in err
        assert "whose making was cut short" in " ".join(err.split())


def test_doctor_names_every_wall_and_the_level(capfd: pytest.CaptureFixture[str]) -> None:
    code, out, _ = said(capfd, "doctor", "--json")
    report = json.loads(out)
    assert code == 0
    assert report["level"] in ("weak", "partial", "strong")
    assert "seccomp" in report["mechanisms"]
    assert "sandbox level:" in said(capfd, "doctor")[1]


def test_doctor_names_what_a_run_keeps_of_its_machine(capfd: pytest.CaptureFixture[str]) -> None:
    machine = describe_machine()
    assert json.loads(said(capfd, "doctor", "--json")[1])["machine"] == machine
    lines = said(capfd, "doctor")[1].splitlines()
    assert [line for line in lines if line.startswith("instructions: ")] == [
        f"instructions: {machine['instructions']}"
    ]
    for name in ("architecture", "system", "C library", "llvmlite", "processor", "kernel"):
        assert f"{name}: {machine[name]}" in lines


@pytest.mark.slow
def test_published_programs_of_both_dialects_are_scored(
    capfd: pytest.CaptureFixture[str],
) -> None:
    fitted = ROOT / "seeds" / "published" / "data_constrained_sldagent_o4_mini.py"
    words = ["score", str(fitted), "--task", "data_constrained", "--json"]
    told = json.loads(said(capfd, *words)[1])
    assert told["overall"]["r2"] == pytest.approx(0.929252, abs=5e-7)
    assert len(told["constants"]["all"]) == 7
    given = ROOT / "seeds" / "published" / "domain_mixture_codex_o4_mini.py"
    code, out, _ = said(capfd, "score", str(given), "--task", "domain_mixture", "--split", "test")
    assert code == 0
    assert "0.9748" in out
    assert "group 410M" in out
    assert "target loss_domain_5" in out


ALL_WALLS = (
    *("one thread", "limits", "seccomp", "landlock", "namespaces", "identity"),
    *("no new privileges", "not dumpable", "parent-death signal"),
)
FAILING = """
import numpy as np
# EVOLVE-BLOCK-START
def scaling_law_func(X, params):
    return X[:, 0] * {value}
def fit_scaling_law(X, y):
    return np.array([1.0])
# EVOLVE-BLOCK-END
"""


@pytest.mark.parametrize(("n", "warning"), [(7, ""), (8, ", more than the 7 of a search")])
def test_score_says_how_many_constants_a_program_has(
    n: int, warning: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "wide.py"
    path.write_text(FAILING.format(value="1e-12").replace("[1.0]", f"np.ones({n})"))
    code, out, _ = said(capfd, "score", str(path), "--task", "data_constrained")
    assert code == 0
    assert f"\n{n} constants for each group and target{warning}\n" in out


@pytest.mark.slow
def test_a_weak_sandbox_runs_a_program_of_others_only_if_told_to(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("evolve.sandbox.foreign.read_report", lambda *_: read_report({}))
    (tmp_path / "law.py").write_text(FAILING.format(value="1.0"), encoding="utf-8")
    words = ["score", "law.py", "--task", "parallel"]
    code, out, err = said(capfd, *words)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert "level weak here" in err
    assert "only with --allow-weak-sandbox" in err
    assert said(capfd, *words, "--allow-weak-sandbox")[0] == 0


@pytest.mark.slow
@pytest.mark.parametrize("verb", ["score", "verify"])
def test_a_weak_sandbox_runs_the_texts_of_a_run_only_if_told_to(
    verb: str, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    small_run(load_task("parallel", [ROOT / "tasks"]), tmp_path / "r", 3).close()
    monkeypatch.setattr("evolve.sandbox.foreign.read_report", lambda *_: read_report({}))
    words = [verb, "r", "--runs-dir", str(tmp_path)]
    code, _, err = said(capfd, *words)
    assert code == 2
    assert "only with --allow-weak-sandbox" in err
    allowed, _, err = said(capfd, *words, "--allow-weak-sandbox")
    assert allowed != 2, err  # the run is made up, so its scores may differ


def test_what_a_machine_lacks_is_said_even_where_the_level_is_strong() -> None:
    full = dict.fromkeys(ALL_WALLS, "yes")
    assert remarks(read_report(full), RunConfig()) == []
    (remark,) = remarks(read_report({**full, "namespaces": "no: not permitted"}), RunConfig())
    assert remark.startswith(
        "sandbox level strong on this machine: namespaces: there is no second"
    )


def test_what_a_failing_program_printed_is_shown(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    text = FAILING.format(value="absent").replace(
        "    return np.array", "    print('hm')\n    return np.array"
    )
    (tmp_path / "bad.py").write_text(text, encoding="utf-8")
    code, _, err = said(capfd, "score", "bad.py", "--task", "parallel")
    assert code == 1
    assert err.endswith("it printed:\nhm\nhm\n")  # once a group


@pytest.mark.parametrize(
    ("value", "part"), [("np.nan", "finite"), ("absent", "NameError"), ("np.ones(1)[3]", "Index")]
)
def test_a_program_that_fails_is_exit_code_1(
    value: str, part: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "bad.py").write_text(FAILING.format(value=value), encoding="utf-8")
    code, out, err = said(capfd, "score", "bad.py", "--task", "parallel")
    assert (code, out) == (1, "")
    assert part in err
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("text", "seconds"), [("90", 90), ("90s", 90), ("10m", 600), ("1h30m", 5400), ("0.5h", 1800)]
)
def test_times_are_read(text: str, seconds: float) -> None:
    assert parse_time(text) == seconds


@pytest.mark.parametrize("text", ["", "0", "m", "-5s", "10x", "5m5h"])
def test_other_times_are_refused(text: str) -> None:
    with pytest.raises(EvolveError, match="--time"):
        parse_time(text)


def test_a_program_that_cannot_be_written_beside_its_run_is_told(tmp_path: Path) -> None:
    (tmp_path / "champion.py").mkdir()
    with pytest.raises(EvolveError, match=r"champion.py: cannot be written: .*; the run itself"):
        write_program(tmp_path / "champion.py", "text")


@pytest.mark.parametrize(
    ("evaluations", "seconds", "stopped", "told"),
    [(100, None, False, True), (60, None, False, False), (100, None, True, False)]
    + [(None, 5.0, False, False)],
)
def test_a_run_that_ended_with_budget_left_says_that_nothing_new_was_found(
    evaluations: int | None, seconds: float | None, stopped: bool, told: bool
) -> None:
    store: Any = SimpleNamespace(task={"name": "parallel"})
    line = _headline(store, RunConfig(0, evaluations, seconds), 60, stopped)
    assert line.startswith("parallel: ")
    assert ("every law" in line) == told


def test_the_program_of_a_run_is_written_though_nobody_reads_how_it_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise BrokenPipeError

    task = load_task("parallel")
    monkeypatch.setattr("evolve.cli.ending._headline", broken)
    with store_of(task, tmp_path / "r") as store:
        result = SessionResult(
            [row_of(task, store.entry(0), "champion")], None, None, stopped=False
        )
        with pytest.raises(BrokenPipeError):
            print_ending(store, make_search_problem(task, 0), RunConfig(), result, json=False)
    assert (tmp_path / "r" / "champion.py").read_text() == result.rows[0].text


def test_a_run_without_a_law_proposes_nothing_but_to_go_on() -> None:
    settings = RunConfig(evaluations=9)
    assert list(next_commands(Path("x-0-1"), settings, 0, has_law=False)) == ["resume"]
    assert len(next_commands(Path("x-0-1"), settings, 9)) > 1


def test_cells_are_short() -> None:
    assert [shown(v) for v in (None, 0.123456, 3, "x", 1e9)] == ["-", "0.1235", "3", "x", "1e+09"]
    assert shown(float("nan")) == "-"


def descendants(pid: int) -> set[int]:
    """Processes below one, by /proc; empty where there is none."""
    parents: dict[int, int] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parents[int(stat.parent.name)] = int(fields[1])
    found, todo = set(), [pid]
    while todo:
        parent = todo.pop()
        children = {p for p, of in parents.items() if of == parent}
        todo += children - found
        found |= children
    return found


def started(*words: str) -> tuple[subprocess.Popen[str], list[str]]:
    """A command that searches without end, after its first line of progress."""
    process = subprocess.Popen(
        [sys.executable, "-m", "evolve", *words],
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line)
        if re.match(r"\d+:\d\d", line):
            break
    return process, lines


def all_gone(pids: set[int]) -> bool:
    """Whether processes end within a minute, as on a busy machine."""
    for _ in range(600):
        if not any(Path(f"/proc/{pid}").exists() for pid in pids):
            return True
        time.sleep(0.1)
    return False


@pytest.mark.slow
def test_a_run_is_interrupted_resumed_shown_and_scored(
    capfd: pytest.CaptureFixture[str],
) -> None:
    process, lines = started("--task", "parallel", "--evaluations", "100000", "--workers", "2")
    below = descendants(process.pid)
    check_readers_and_a_second_writer(capfd, process.pid)
    process.send_signal(signal.SIGINT)
    rest, _ = process.communicate(timeout=120)
    assert process.returncode == 130, "".join(lines) + rest
    assert all_gone(below)
    assert "best so far" in rest
    assert "python -m evolve resume parallel-0-1" in rest

    (row,) = json.loads(said(capfd, "runs", "--json")[1])
    done = row["evaluations"]
    assert row["state"] == "stopped"
    assert done > 0
    assert done % 32 == 0
    code, out, err = said(
        capfd, "resume", "parallel-0-1", "--evaluations", str(done + 8), "--json"
    )
    ending = json.loads(out)
    assert (code, err) == (0, "")
    assert ending["evaluations"] == done + 8
    assert ending["chosen"]
    assert not ending["stopped"]
    check_show_and_score(capfd, ending["champion"])


def check_readers_and_a_second_writer(capfd: pytest.CaptureFixture[str], pid: int) -> None:
    code, out, err = said(capfd, "query", "parallel-0-1", "--json")
    assert (code, err) == (0, "")
    assert json.loads(out)
    (row,) = json.loads(said(capfd, "runs", "--json")[1])
    assert (row["state"], row["problem"]) == ("running", None)
    code, out, err = said(capfd, "resume", "parallel-0-1")
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert f"is being written by process {pid} on" in err


def check_show_and_score(capfd: pytest.CaptureFixture[str], champion: dict[str, Any]) -> None:
    told = json.loads(said(capfd, "show", "parallel-0-1", "--json")[1])
    assert told["text"] == champion["text"]
    assert told["recipe"]["f_scale"] == told["recipe"]["width"]  # both names for one release
    assert told["test_openings"] == []
    assert "# EVOLVE-BLOCK-START" not in said(capfd, "show", "parallel-0-1")[1]
    assert said(capfd, "show", "parallel-0-1", "--program")[1] == champion["text"]

    command = ["score", "parallel-0-1", "--json"]
    train = json.loads(said(capfd, *command)[1])
    assert train["overall"]["r2"] == pytest.approx(champion["train_r2"], rel=1e-9)
    by_file = ["score", "runs/parallel-0-1/champion.py", "--task", "parallel", "--json"]
    assert json.loads(said(capfd, *by_file)[1])["overall"] == train["overall"]
    test = json.loads(said(capfd, *command, "--split", "test")[1])
    assert test["overall"]["n_rows"] == 12
    assert "forecast" not in train
    words = " ".join(said(capfd, *command[:2], "--split", "test")[1].split())
    inside = f"{test['forecast']['inside']} of {test['forecast']['n_values']} test values lie in"
    assert f"{inside} its intervals of 90 %" in words
    opened = json.loads(said(capfd, "show", "parallel-0-1", "--json")[1])["test_openings"]
    assert [o["what"] for o in opened] == ["score", "score"]

    code, out, err = said(capfd, "--task", "parallel", "--run", "parallel-0-1")
    assert (code, out) == (2, "")
    assert "resume it with: python -m evolve resume parallel-0-1" in err


@pytest.mark.slow
@pytest.mark.parametrize(("name", "code"), [("SIGTERM", 143), ("SIGHUP", 129)])
def test_other_signals_end_a_run_cleanly(name: str, code: int) -> None:
    process, _ = started("--task", "parallel", "--evaluations", "100000", "--workers", "1")
    below = descendants(process.pid)
    process.send_signal(getattr(signal, name))
    rest, _ = process.communicate(timeout=120)
    assert process.returncode == code
    assert f"{name}: ending after this batch" in rest
    assert "resume" in rest
    assert all_gone(below)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="needs a terminal to close")
def test_a_closed_terminal_ends_a_run_cleanly(tmp_path: Path) -> None:
    import pty

    master, terminal = pty.openpty()
    words = ["--task", "parallel", "--evaluations", "100000", "--workers", "1"]
    with (tmp_path / "errors").open("wb") as errors:
        process = subprocess.Popen(
            [sys.executable, "-c", LEADER, *words],
            env=ENVIRONMENT,
            stdin=terminal,
            stdout=terminal,
            stderr=errors,
            start_new_session=True,
        )
    os.close(terminal)
    shown_text = b""
    while b"searching" not in shown_text:
        shown_text += os.read(master, 4096)
    below = descendants(process.pid)
    os.close(master)
    assert process.wait(timeout=120) == 129
    assert (tmp_path / "errors").read_text() == ""
    assert all_gone(below)
    assert (tmp_path / "runs" / "parallel-0-1" / "champion.py").exists()


# Takes the terminal as its own, as a shell's first program has it, and then runs the command line.
LEADER = """
import fcntl, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
from evolve.cli import main
main()
"""


@pytest.mark.slow
def test_a_second_interrupt_stops_at_once() -> None:
    process, _ = started("--task", "parallel", "--evaluations", "100000", "--workers", "1")
    below = descendants(process.pid)
    process.send_signal(signal.SIGINT)
    assert process.stdout is not None
    assert any("SIGINT: ending after this batch" in line for line in process.stdout)
    process.send_signal(signal.SIGINT)
    rest, _ = process.communicate(timeout=120)
    assert process.returncode == 130
    assert all_gone(below)
    assert "Traceback" not in rest
