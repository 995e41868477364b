"""Options that take several values take them repeated, and parted by spaces or commas."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest
import typer

import evolve.cli  # noqa: F401  registers every verb
from evolve.bench.ablate import VARIANTS
from evolve.cli.app import app, call
from evolve.cli.lists import names_in, numbers_in, parted
from evolve.errors import EvolveError
from evolve.tasks.folders import is_task

# A value that each list option takes, one that it refuses, and what it says of that.
LISTS = {
    "--tasks": ("data_constrained", "sftt", "did you mean 'sft'?"),
    "--tables": ("growth", "prces", "did you mean 'prices'?"),
    "--families": ("hoffmann", "kaplam", "did you mean 'kaplan'?"),
    "--variants": ("full", "ful", "did you mean 'full'?"),
    "--seeds": ("0", "one", "must be whole numbers from 0"),
    "--noises": ("0.01", "loud", "must be numbers from 0"),
    "--budgets": ("32", "few", "must be whole numbers from 1"),
}
UNCHECKED = {"--tasks-dir", "--model"}  # folders, and models that only an endpoint knows
ONE_TEXT = {"--time", "--base-url"}


def verbs(group: Any = None, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every verb with its command, below a group."""
    for name, command in (group or typer.main.get_command(app)).commands.items():
        if hasattr(command, "commands"):
            yield from verbs(command, (*path, name))
        else:
            yield (*path, name), command


MEASURES = {path: command for path, command in verbs() if path[0] == "bench"}


def options_of(command: Any) -> dict[str, Any]:
    return {option.opts[0]: option for option in command.params if option.opts[0].startswith("-")}


CASES = [
    (path, option)
    for path, command in MEASURES.items()
    for option in options_of(command)
    if option in LISTS
]


@pytest.mark.parametrize(("path", "option"), CASES, ids=lambda part: "".join(part[-1:] or part))
def test_a_list_of_a_measure_is_taken_whole_however_it_is_typed(
    path: tuple[str, ...], option: str, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    for name in ("growth", "prices"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "train.csv").touch()
    good, bad, rule = LISTS[option]
    words = [*path, str(tmp_path)] if path[-1] == "unseen" else [*path]
    for one, other in ((good, bad), (bad, good)):
        spellings = [
            [option, one, option, other],
            [option, one, other],
            [option, f"{one} {other}"],
            [option, f"{one},{other}"],
        ]
        for spelling in spellings:
            assert call([*words, *spelling]) == 2
            out, err = capfd.readouterr()
            assert out == ""
            assert rule in err
            assert bad in err


def test_every_option_of_a_measure_that_may_hold_a_list_is_known_here() -> None:
    assert len(MEASURES) >= 10
    for path, command in MEASURES.items():
        kinds = get_type_hints(inspect.unwrap(command.callback))
        for name, option in options_of(command).items():
            if option.multiple:
                assert name in {*LISTS, *UNCHECKED}, (path, name)
            elif str in (kinds[option.name], *get_args(kinds[option.name])):
                assert name in ONE_TEXT, (path, name)


@pytest.mark.parametrize("path", [path for path, _ in verbs()], ids=" ".join)
def test_an_option_of_one_value_is_not_given_twice(
    path: tuple[str, ...], capfd: pytest.CaptureFixture[str]
) -> None:
    command = dict(verbs())[path]
    for name, option in options_of(command).items():
        if not (option.multiple or option.is_flag):
            assert call([*path, name, "1", f"{name}=2"]) == 2
            assert f"{name}: is given twice" in capfd.readouterr().err


def test_a_name_may_hold_a_space_or_a_comma() -> None:
    known = ["my runs", "old, new", "sft"]
    assert parted(["my runs", "old, new"], known.__contains__) == ["my runs", "old, new"]
    assert parted(["my runs, sft"], known.__contains__) == ["my runs", "sft"]
    assert names_in("--tasks", ["sft,my runs"], known, "task") == ["sft", "my runs"]


@pytest.mark.parametrize(
    ("words", "rule"),
    [
        (["sparse power"], "'sparse power' is searched for with --further"),
        (["kaplan, sparse power"], "'sparse power' is searched for with --further"),
        (["kaplan", "--further"], "'kaplan' is searched for without --further"),
    ],
)
def test_a_law_of_the_other_set_is_told_with_the_option_that_has_it(
    words: list[str], rule: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert call(["bench", "recover", "--families", *words]) == 2
    assert capfd.readouterr().err == f"evolve: --families: {rule}\n"


def test_names_with_commas_stand_in_a_list_with_commas() -> None:
    known = list(VARIANTS)
    assert names_in("--variants", [",".join(known)], known, "variant") == known
    assert names_in("--variants", [", ".join(known[::-1])], known, "variant") == known[::-1]
    with pytest.raises(EvolveError, match="no variant 'random'"):
        names_in("--variants", ["full, random migration"], known, "variant")


def test_all_and_none_stand_for_names_unless_they_are_some() -> None:
    assert names_in("--families", None, ["a", "b"], "law") == ["a", "b"]
    assert names_in("--families", ["all"], ["a", "b"], "law") == ["a", "b"]
    assert names_in("--families", ["none"], ["a", "b"], "law", none=True) == []
    assert names_in("--families", ["none"], ["none", "b"], "law", none=True) == ["none"]
    with pytest.raises(EvolveError, match="--families: no law 'none'; it may be a, b"):
        names_in("--families", ["none"], ["a", "b"], "law")


@pytest.mark.parametrize("texts", [["a", "a"], ["a,a"], [""], [","]])
def test_a_list_that_names_nothing_or_one_twice_is_refused(texts: list[str]) -> None:
    with pytest.raises(EvolveError, match="--tasks: ('a' is given twice|must name one)"):
        names_in("--tasks", texts, ["a", "b"], "task")


@pytest.mark.parametrize("texts", [["1", "1.0"], ["-1"], ["inf"], ["nan"], [""]])
def test_numbers_of_a_list_differ_and_are_finite(texts: list[str]) -> None:
    with pytest.raises(EvolveError, match="--noises: (must be numbers from 0|1.0 is given twice)"):
        numbers_in("--noises", texts, float, 0, "0.1")


@pytest.mark.parametrize("text", ["grammar,nonsens", "grammar, nonsens", "grammar nonsens"])
def test_proposers_of_a_run_are_parted_by_spaces_or_commas(
    text: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert call(["--task", "sft", "--proposers", text]) == 2
    assert "proposers: 'nonsens' is none of" in capfd.readouterr().err


def test_a_folder_of_a_task_is_one_as_its_name_is() -> None:
    assert is_task("sft")
    assert not is_task("sft parallel")


def test_tables_of_a_folder_and_tasks_are_not_measured_at_once(
    capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert call(["bench", "budget", "--unseen", str(tmp_path), "--tasks", "sft"]) == 2
    assert "--tasks: names no tables of --unseen" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("words", "argument", "option"),
    [
        (["bench", "unseen", "--tables", "growth", "prices", "tables"], "FOLDER", "--tables"),
        (["new-task", "--target", "loss", "--features", "n", "d", "a.csv"], "TABLE", "--features"),
    ],
)
def test_an_argument_that_a_list_has_taken_is_said_to_stand_before_it(
    words: list[str], argument: str, option: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert call(words) == 2
    err = " ".join(capfd.readouterr().err.split())
    rule = f"{option} takes all words behind it, so {argument} stands before it"
    assert err == f"evolve: {argument}: is missing; {rule}"
    assert call(["bench", "unseen", "--tables", "growth"]) == 2
    assert "Missing argument 'FOLDER'" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("4 island", "no variant '4 island' (did you mean '4 islands'?)"),
        ("full,4 island", "no variant '4 island' (did you mean '4 islands'?)"),
        ("4 island, no migration", "'4 islands, no migration'?"),
        ("7", "no variant '7'; it may be 'full', "),
        ("ful 4", "no variant 'ful' (did you mean 'full'?)"),
    ],
)
def test_a_name_of_several_words_is_answered_as_one(text: str, said: str) -> None:
    with pytest.raises(EvolveError) as error:
        names_in("--variants", [text], list(VARIANTS), "variant")
    assert said in str(error.value)
