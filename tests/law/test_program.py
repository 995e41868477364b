"""Programs keep their contract, and mutation changes the block alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evolve.errors import ProgramError
from evolve.law.program import END, MAX_BYTES, START, parse_program, read_program, replace_block

ROOT = Path(__file__).resolve().parents[2]
SEEDS = sorted((ROOT / "seeds").rglob("*.py"))

BLOCK = """\
def scaling_law_func(data_points, params):
    return data_points[:, 0] * params[0]


def fit_scaling_law(data_points, loss_values):
    return np.ones(1)
"""
PREFIX = f'"""A law."""\n\nimport numpy as np\n\n{START}\n'
SUFFIX = f"{END}\n\nAFTER = 1\n"
TEXT = PREFIX + BLOCK + SUFFIX
LAW = "def law(input_data, group):\n    return [{'loss': 1.0} for row in input_data]\n"

STATEMENTS = st.lists(
    st.one_of(
        st.builds("x_{} = {}".format, st.integers(0, 99), st.floats(0, 1e9)),
        st.builds("# {}".format, st.text("abc äß€-|", max_size=20)),
        st.just(""),
    ),
    max_size=8,
).map(lambda lines: "".join(line + "\n" for line in lines))


def fails(text: str, match: str) -> None:
    with pytest.raises(ProgramError, match=match):
        parse_program(text, "here.py")


def test_a_program_is_prefix_block_and_suffix() -> None:
    program = parse_program(TEXT)
    assert (program.prefix, program.block, program.suffix) == (PREFIX, BLOCK, SUFFIX)
    assert program.dialect == "fit"


def test_the_id_depends_on_the_text_alone() -> None:
    assert parse_program(TEXT).id == parse_program(TEXT, "elsewhere").id
    assert parse_program(TEXT).id != parse_program(TEXT + "# more\n").id
    assert len(parse_program(TEXT).id) == 16


@given(STATEMENTS, STATEMENTS, STATEMENTS)
def test_parsing_splits_a_text_into_its_parts(before: str, inside: str, after: str) -> None:
    prefix, block, suffix = f"{before}{START}\n", inside + BLOCK, f"{END}\n{after}"
    program = parse_program(prefix + block + suffix)
    assert (program.prefix, program.block, program.suffix) == (prefix, block, suffix)
    assert parse_program(program.text) == program


@given(STATEMENTS)
def test_replacing_the_block_leaves_the_rest_as_it_is(inside: str) -> None:
    program = parse_program(TEXT)
    new = replace_block(program, inside + BLOCK)
    assert new.text == PREFIX + inside + BLOCK + SUFFIX
    assert replace_block(new, program.block) == program


def test_a_new_block_may_lack_its_last_line_end() -> None:
    assert replace_block(parse_program(TEXT), BLOCK.rstrip("\n")).text == TEXT


def test_a_new_block_may_not_hold_markers() -> None:
    with pytest.raises(ProgramError, match="EVOLVE-BLOCK"):
        replace_block(parse_program(TEXT), f"{BLOCK}{END}\n{START}\n")


def test_windows_line_ends_are_read_as_plain_ones() -> None:
    assert parse_program(TEXT.replace("\n", "\r\n")) == parse_program(TEXT)


def test_the_law_dialect_is_known() -> None:
    assert parse_program(f"{START}\n{LAW}{END}\n").dialect == "law"


def test_a_law_without_markers_is_all_block() -> None:
    program = parse_program(LAW)
    assert (program.prefix, program.block, program.suffix) == ("", LAW, "")
    assert replace_block(program, LAW + "# more\n").text == LAW + "# more\n"


def test_a_missing_marker_is_named() -> None:
    fails(BLOCK, "here.py: must hold the line '# EVOLVE-BLOCK-START'")
    fails(f"{START}\n{BLOCK}", "must hold the line '# EVOLVE-BLOCK-END'")


def test_a_second_block_is_refused() -> None:
    fails(TEXT + f"{START}\n{END}\n", r"exactly one block, line 15 holds '# EVOLVE-BLOCK-START'")


def test_a_block_that_ends_before_it_starts_is_refused() -> None:
    fails(f"{END}\n{BLOCK}{START}\n", "must start before it ends, line 1")


def test_a_marker_inside_a_statement_is_refused() -> None:
    text = f'"""\n{START}\n"""\n{BLOCK}{END}\n'
    fails(text, "between statements, line 2 stands inside the one of line 1")


@pytest.mark.parametrize("name", ["scaling_law_func", "fit_scaling_law"])
def test_a_missing_function_is_named(name: str) -> None:
    fails(TEXT.replace(f"def {name}", "def other"), f"{name} is missing")


def test_a_function_outside_the_block_is_refused() -> None:
    fails(f"{START}\n{END}\n{BLOCK}", "line 3 defines 'scaling_law_func' outside it")


def test_a_function_defined_twice_is_refused() -> None:
    fails(f"{START}\n{BLOCK}{BLOCK}{END}\n", "defined once, line 8 defines 'scaling_law_func'")


@pytest.mark.parametrize("arguments", ["x", "x, p, q", "x, p, *, k", "*, x, p"])
def test_a_function_takes_two_arguments(arguments: str) -> None:
    text = TEXT.replace("func(data_points, params)", f"func({arguments})")
    fails(text, "scaling_law_func must take 2 arguments by position, line 6")


@pytest.mark.parametrize(
    "arguments", ["x, p, q=1", "*both", "x, p=None", "x, /, p", "x, p, *, k=1"]
)
def test_more_arguments_may_have_defaults(arguments: str) -> None:
    parse_program(TEXT.replace("func(data_points, params)", f"func({arguments})"))


@pytest.mark.parametrize(
    "statement",
    [
        "import numpy.linalg as la",
        "from scipy.optimize import minimize",
        "from math import log",
        "from evolve.fitting import fit_law",
        "from evolve import fitting",
        "import evolve.fitting",
        "from __future__ import annotations",
        "from collections import defaultdict",
        "import itertools, functools, warnings, typing",
    ],
)
def test_allowed_imports_pass(statement: str) -> None:
    parse_program(f"{statement}\n{TEXT}" if "future" not in statement else statement + "\n" + LAW)


@pytest.mark.parametrize(
    ("statement", "name"),
    [
        ("import os", "os"),
        ("import numpy, subprocess", "subprocess"),
        ("from os.path import join", "os.path"),
        ("from evolve.tasks.task import load_test", "evolve.tasks.task"),
        ("from evolve import tasks", "evolve.tasks"),
        ("import evolve", "evolve"),
        ("from . import task", "."),
        ("import numpyish", "numpyish"),
        ("import scipy.io", "scipy.io"),
        ("import numpy.ctypeslib", "numpy.ctypeslib"),
    ],
)
def test_other_imports_are_refused_with_their_line(statement: str, name: str) -> None:
    fails(TEXT + f"def f():\n    {statement}\n", f"line 16 imports '{name}'")


def test_text_that_is_not_python_is_refused_with_its_line() -> None:
    fails("x = 1\ny = (\n", r"must be Python \(.*\), line 2")


def test_text_nested_too_deep_is_refused() -> None:
    fails("x = " + "-" * 20000 + "1", "must be Python")


def test_a_text_that_is_too_large_is_refused() -> None:
    fails(TEXT + "#" * MAX_BYTES, f"at most {MAX_BYTES} bytes")


@pytest.mark.parametrize("bad", ["\x00", "\x0c", "\r", "\x1b"])
def test_control_characters_are_refused(bad: str) -> None:
    fails(f"x = 1\n# {bad}.\n", "no control characters, line 2")


def test_text_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    fails("# \ud800\n", "must be UTF-8")
    path = tmp_path / "p.py"
    path.write_bytes(b"\xff")
    with pytest.raises(ProgramError, match="must be UTF-8 text, byte 0"):
        read_program(path)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ProgramError, match=r"gone\.py: must be a readable file"):
        read_program(tmp_path / "gone.py")


@pytest.mark.parametrize("path", SEEDS, ids=[f"{p.parent.name}/{p.stem}" for p in SEEDS])
def test_every_seed_keeps_the_contract_and_names_its_source(path: Path) -> None:
    program = read_program(path)
    assert program.text.startswith('"""')
    assert replace_block(program, program.block) == program
