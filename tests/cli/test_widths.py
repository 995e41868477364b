"""Every verb at every width: each number of its JSON stands in its text, to the printed digits."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

import evolve.cli
from evolve.cli.app import app, call
from evolve.cli.output import print_note
from evolve.runs.choices import FinalistRow
from evolve.runs.verify import Check
from tests.own_tables import GOOD

CLI = Path(evolve.cli.__file__).parent
WIDTHS = (60, 80, 120, 200)
SCREEN = 24  # lines of a terminal, the prompt among them
NUMBER = re.compile(r"(?<![\w.])[+-]?\d+(?:\.\d+)?(?:e[+-]?\d+)?(?![\w.])")
AT = ("--at", "params=7e9", "tokens=2e12", "unique_tokens=1e11")
PLAN = ("--budget-flops", "1e21", "--compute", "6*params*tokens", "--at", "unique_tokens=1e11")

DESIGN = (
    "--law",
    "hoffmann_2022",
    "--compute",
    "6*params*tokens",
    "--budget",
    "1e21",
    "--draws",
    "60",
)
DESIGN += ("--narrow", "params=7e9", "tokens=2e12", "--best-at", "1e23")

PARTS = ("from_noise", "from_constants", "from_form", "elites", "champion")
# That a verdict rounds, or tells where there is something to tell.
WORTH = {"gain", "baseline_r2", "expected_r2", "expected_error", "against_physics"}
FOLD = ("weight", "fitted")
DISTANCE = ("extrapolation_distance", "beyond")

# Each verb that prints numbers, and keys of its JSON that its text says in other words or not.
VERBS: dict[str, tuple[tuple[str, ...], set[str]]] = {
    "runs": ((), {"constants"}),
    "show": (
        ("dc",),
        {"facts", "law", "recipe", "seconds", "complexity", "weight", "freedom", "shared"},
    ),
    "query": (("dc",), {"complexity", "stage", "seconds"}),
    "compare": (
        ("dc", "dc", *AT, "--compute", "6*params*tokens"),
        {"entries", "index_1", "index_2", "interval", *DISTANCE, "width_over_rows"},
    ),
    "predict": (("dc", *AT), {*DISTANCE, "interval", *PARTS}),
    "plan": (("dc", *PLAN), {*DISTANCE, "interval"}),
    "score": (("par",), {"constants", "cpu_seconds"}),
    "verify": (("par", "--workers", "1"), {"difference"}),
    "fit": (
        ("data_constrained", "--law", "kaplan_2020", *AT),
        {"interval", *DISTANCE, *PARTS, *FOLD, *WORTH},
    ),
    "design": (DESIGN, {"interval", "noise", "draws", "runs", "spread", "n_outside"}),
    "tasks": (("data_constrained",), {"max_constants"}),
    "doctor": ((), set()),
    "new-task": (("widths_of_rows.csv", "--target", "loss"), {"blank", "n_test"}),
}
OTHERS = {
    "run": "ends with the table of `show`",
    "resume": "ends with the table of `show`",
    "report": "prints a formula and a line",
    "export": "prints a file",
    "batch": "ends with a table by the same function",
    "pack": "writes a file",
    "unpack": "prints a folder",
    "dashboard": "serves pages",
    "data": "downloads",
    "bench": "measures for minutes, and prints by the same function",
}
SLOW = (
    *("evolve.forecast.plan.plan_runs", "evolve.forecast.design.design_runs"),
    *("evolve.evaluation.foreign.score_program", "evolve.sandbox.probe"),
)
CHECKS = [Check(3, 5, -9.25, -9.125, 1.25e-12, ""), Check(14, 4, -8.5, None, None, "other")]


def test_every_verb_is_checked_or_says_why_not() -> None:
    command: Any = typer.main.get_command(app)
    assert set(command.commands) == VERBS.keys() | OTHERS.keys()


@pytest.fixture(autouse=True)
def quick(literature_runs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The shared runs, a table, and one answer for all widths from what takes long."""
    monkeypatch.setenv("EVOLVE_RUNS_DIR", str(literature_runs))
    monkeypatch.chdir(tmp_path)
    Path("widths_of_rows.csv").write_text(GOOD)
    for name in SLOW:
        module, _, function = name.rpartition(".")
        __import__(module)
        original = getattr(sys.modules[module], function)
        monkeypatch.setattr(f"{module}.{function}", remembered(original))
    monkeypatch.setattr("evolve.runs.verify.verify", lambda *args, **kwargs: CHECKS)


def remembered(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, which answers again what it has answered to the same plain arguments."""
    answers: dict[Any, Any] = {}

    def answer(*args: Any, **kwargs: Any) -> Any:
        plain = [v for v in args if isinstance(v, int | float)]
        named = [(k, str(v)) for k, v in kwargs.items() if isinstance(v, int | float | str | dict)]
        key = (*plain, *named)
        if key not in answers:
            answers[key] = function(*args, **kwargs)
        return answers[key]

    return answer


def numbers_in(value: Any, unsaid: set[str]) -> Iterator[float]:
    """Numbers of a JSON value, those under some keys left out, and ends of what is open."""
    if isinstance(value, bool) or value is None:
        return
    if isinstance(value, int | float):
        yield value
    elif isinstance(value, str):
        if NUMBER.fullmatch(value):
            yield float(value)
    elif isinstance(value, list):
        for part in value:
            yield from numbers_in(part, unsaid)
    else:
        open_ends = {"low", "high", "width"} if value.get("is_open") else set()
        for key, part in value.items():
            if key not in unsaid | open_ends:
                yield from numbers_in(part, unsaid)


def stands_in(value: float, printed: set[str]) -> bool:
    """Whether a number is among printed ones, to the digits of one of two or more digits."""
    for text in printed:
        mantissa, _, exponent = text.partition("e")
        decimals = len(mantissa.partition(".")[2])
        half = 0.5001 * 10.0 ** (int(exponent or 0) - decimals)
        n_digits = len(re.sub(r"\D", "", mantissa).lstrip("0"))
        whole = float(text) == value
        if whole or (n_digits >= 2 and abs(float(text) - value) <= half):
            return True
    return False


# Of which the registry has two runs.
COMPARED = (
    ("dc", "dc", "dc", *AT, "--compute", "6*params*tokens"),
    ("par", "--at", "num_params=1e9", "parallel_size=4"),
)


@pytest.mark.parametrize(
    ("verb", "words", "unsaid"),
    [
        *((verb, *asked) for verb, asked in VERBS.items()),
        *(("compare", words, VERBS["compare"][1]) for words in COMPARED),
    ],
)
def test_each_number_of_the_json_stands_in_the_text_at_every_width(
    verb: str,
    words: tuple[str, ...],
    unsaid: set[str],
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    call([verb, *words, "--json", *(["--tasks-dir", "json"] if verb == "new-task" else [])])
    value = json.loads(capfd.readouterr().out)
    for width in WIDTHS:
        monkeypatch.setenv("COLUMNS", str(width))
        call([verb, *words, *(["--tasks-dir", str(width)] if verb == "new-task" else [])])
        text = capfd.readouterr().out
        printed = set(NUMBER.findall(text))
        missing = [x for x in numbers_in(value, unsaid) if not stands_in(x, printed)]
        assert not missing, f"{verb} at {width}:\n{text}"


# Ways to ask for more or for something else, whose text tells less than their JSON at any width.
NARROW = ("--compute", "6*params*tokens", "--narrow", *AT[1:], "--next-budget", "1e21")
OPTIONS = (
    ("show", "dc", "--law", "kaplan_2020"),
    ("show", "dc", "--law", "product of powers"),
    ("show", "dc", "--entry", "0"),
    ("show", "dc", "--choice"),
    ("plan", "dc", *NARROW),
    ("plan", "dc", *NARROW, "--law", "kaplan_2020"),
    ("plan", "dc", *PLAN, "--max", "params=1e9"),
    ("design", *DESIGN, "--rows", "planned.csv", "--spread", "alpha=2%"),
    ("predict", "dc", *AT, "--law", "kaplan_2020", "--interval", "0.5"),
    ("predict", "dc", "--rows", "planned.csv"),
    ("compare", "dc", "dc"),
    *(("compare", *words) for words in COMPARED),
    ("query", "dc", "--sort", "score"),
    ("score", "par", "--size", "4"),
    ("tasks",),
)
FINALISTS = [
    FinalistRow(7, True, 5, -3.1, 0.06, -4.5, 0.37, 0.0, 0.25, 1.5, -2.8, 0.62, 0.12, {}),
    FinalistRow(16, False, 4, -3.2, 0.12, -4.0, 0.25, 0.5, 0.75, 2.5, -2.7, 0.37, 0.87, {}),
]


@pytest.mark.parametrize("words", OPTIONS, ids=" ".join)
def test_what_is_told_at_200_columns_is_told_at_60(
    words: tuple[str, ...], capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("evolve.runs.choices.load_finalists", lambda store: FINALISTS)
    Path("planned.csv").write_text("params,tokens,unique_tokens\n7e9,2e12,1e11\n1e9,2e10,1e10\n")
    told: dict[int, set[str]] = {}
    for width in WIDTHS:
        monkeypatch.setenv("COLUMNS", str(width))
        assert call(words) == 0
        text = capfd.readouterr().out
        told[width] = set(NUMBER.findall(text))
        assert max(map(len, text.splitlines())) <= width, text
    assert len(told[200]) > 1
    assert told[60] == told[80] == told[120] == told[200]


@pytest.mark.parametrize("width", [60, 80])
def test_the_verdict_of_a_run_keeps_within_the_line(
    width: int, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    words = "verdict: handle with care: " + "R2 0.9 on held-out rows, " * 6
    verdict = type("Saying", (), {"line": lambda self: words.removeprefix("verdict: ")})()
    monkeypatch.setattr("evolve.runs.choices.load_verdict", lambda store: verdict)
    monkeypatch.setenv("COLUMNS", str(width))
    call(["show", "dc"])
    lines = capfd.readouterr().out.splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("verdict: "))
    law = next(i for i, line in enumerate(lines) if line.startswith("loss = "))
    assert len(lines) - law < SCREEN, "law, constants and verdict stand on one screen"
    paragraph = lines[start:]
    assert len(paragraph) > 1
    assert max(map(len, paragraph)) <= width
    assert " ".join(" ".join(paragraph).split()) == words.strip()


LONG = "rows that are left out, of runs that were never finished, " * 3
RESUMED = "python -m evolve resume 'a run' --runs-dir '/some/where/far/away/on this disk' --accept"


@pytest.mark.parametrize("width", WIDTHS)
def test_notes_are_wrapped_between_words_and_commands_stay_whole(
    width: int, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    print_note(f"evolve: {LONG}to go on: {RESUMED}")
    out, err = capfd.readouterr()
    *words, command = err.splitlines()
    assert out == ""
    assert max(map(len, words)) <= width
    assert " ".join(" ".join(words).split()) == f"evolve: {LONG}to go on:"
    assert command == f"  {RESUMED}"
    assert call(["show", "no run of this name " * 9]) == 2
    lines = capfd.readouterr().err.splitlines()
    assert max(map(len, lines)) <= width
    assert len(lines) > 1


def test_a_log_gets_notes_in_one_line(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    print_note(LONG + RESUMED)
    assert capfd.readouterr().err == f"{LONG}{RESUMED}\n"


def test_whatever_is_said_on_stderr_is_wrapped() -> None:
    places = {path.name for path in CLI.glob("*.py") if "file=sys.stderr" in path.read_text()}
    # Warnings of arithmetic go to logs alone.
    assert places == {"output.py", "terminal.py"}
