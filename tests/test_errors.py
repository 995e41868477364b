"""Errors share one root and guess what was meant."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from evolve.errors import (
    Argument,
    EvolveError,
    ProgramError,
    SandboxError,
    StoreError,
    TaskError,
    nearest,
)


@pytest.mark.parametrize("kind", [TaskError, ProgramError, StoreError, SandboxError])
def test_every_error_is_an_evolve_error(kind: type[EvolveError]) -> None:
    assert issubclass(kind, EvolveError)


def test_the_nearest_name_is_offered() -> None:
    assert nearest("unitt", ["name", "unit", "scale"]) == " (did you mean 'unit'?)"


def test_the_last_part_of_one_name_means_it() -> None:
    names = ["losses", "metrics.loss", "eval/lr", "train/lr"]
    assert nearest("loss", names) == " (did you mean 'metrics.loss'?)"
    assert nearest("lr", names) == ""  # it may be either
    assert nearest("", names) == ""


def test_case_does_not_hide_the_nearest_name() -> None:
    assert nearest("LOSS", ["loss", "params"]) == " (did you mean 'loss'?)"


def test_nothing_is_offered_when_nothing_is_near() -> None:
    assert nearest("zebra", ["loss", "params"]) == ""
    assert nearest("loss", []) == ""


def test_a_line_names_arguments_and_can_be_spelled_in_other_words() -> None:
    error = TaskError(Argument("features"), ": 'a' is named by ", Argument("groups"), " too")
    assert str(error) == "features: 'a' is named by groups too"
    assert error.argument == "features"
    assert error.spelled("<{}>".format) == "<features>: 'a' is named by <groups> too"
    assert EvolveError("t.csv: no rows").argument is None


def test_words_that_are_no_argument_are_left_alone() -> None:
    inner = EvolveError(Argument("test"), " 'features>1': must name a column")
    outer = EvolveError(Argument("name"), ": ", *inner.args)
    assert outer.spelled(str.upper) == "NAME: TEST 'features>1': must name a column"


PACKAGE = Path(__file__).resolve().parent.parent / "evolve"
LIBRARY = [p for p in PACKAGE.rglob("*.py") if p.parent.name != "cli"]


def test_only_the_command_line_speaks_of_options() -> None:
    raised = [
        (path.name, ast.unparse(node))
        for path in LIBRARY
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Raise)
    ]
    command = re.compile(r"(python -m evolve|evolve score|new-task) ")  # whole commands may
    options = [t for t in raised if re.search(r"--[a-z]", t[1]) and not command.search(t[1])]
    assert len(raised) > 100
    assert options == []


def test_the_beginning_of_one_name_means_it_whatever_else_is_near() -> None:
    assert nearest("--budget", ["--next-budget", "--budget-flops"]).endswith("'--budget-flops'?)")
    assert nearest("zeb", ["zebra crossing", "zebra finch"]) == ""  # it may be either
