"""A program is cut out of whatever a model wrote, and put between its markers."""

from __future__ import annotations

import pytest

from evolve.errors import ProgramError
from evolve.law.program import END, START, parse_program
from evolve.law.trace import trace_law
from evolve.search.proposers.llm.reply import program_of, same_text, with_markers

LAW = """def scaling_law_func(data_points, params):
    return params[0] + np.exp(params[1] * data_points[:, 0])


def fit_scaling_law(data_points, loss_values):
    return fit_law(scaling_law_func, data_points, loss_values, n_constants=2)
"""
WHOLE = with_markers(LAW)


@pytest.mark.parametrize(
    "reply",
    [
        f"Here it is:\n```python\n{LAW}```\nEnjoy.",
        f"```\n{LAW}",  # a fence that is never closed
        LAW,
        f"Sure!\n\n{LAW}",
        f"<think>```python\nx = 1\n```</think>\n~~~py\n{LAW}~~~",
        f"```python\nprint(1)\n```\nand\n```python\n{LAW}```",
        WHOLE,
        f"```python\n{START}\n{LAW}```",  # one marker lost
        f"```python\n{END}\n{START}\n{LAW}{START}\n```",
        f"```python\nimport numpy as np\nfrom evolve.fitting import fit_law\n{LAW}```",
        LAW.replace("\n", "\r\n"),
    ],
)
def test_a_program_in_prose_fences_or_raw_is_found_and_made_whole(reply: str) -> None:
    program = program_of(reply)
    assert program.dialect == "fit"
    assert trace_law(program.text, 1, 1).n_constants == 2


def test_a_reply_without_a_fit_is_given_one_that_leaves_it_to_the_engine() -> None:
    program = program_of(LAW.partition("\n\n\ndef")[0])
    assert trace_law(program.text, 1, 1).n_constants == 2


POWER = "params[0] * data_points[:, 0] ** params[1]"
OWN = f"""{chr(34) * 3}A program of a user.{chr(34) * 3}
import numpy as np
from evolve.fitting import fit_law

KNEE = 4.0


def soft(x):
    return np.log1p(x / KNEE)


{START}
{LAW}

{END}
AFTER = KNEE
"""
CHANGE = (
    "<<<<<<< SEARCH\n    return params[0] + np.exp(params[1] * data_points[:, 0])\n"
    f"=======\n    return {POWER}\n>>>>>>> REPLACE\n"
)


def test_a_diff_changes_the_block_of_the_program_that_it_names() -> None:
    program = program_of(CHANGE, OWN)
    assert program.text == OWN.replace("params[0] + np.exp(params[1] * data_points[:, 0])", POWER)
    marked = CHANGE.replace("SEARCH\n", f"SEARCH\n{START}\n", 1)
    assert program_of(marked, OWN) == program


@pytest.mark.parametrize(
    ("reply", "n_times"),
    [
        (CHANGE.replace("params[0] +", "params[0] -"), 0),
        (
            CHANGE.replace("    return params[0] + np.exp(params[1] * data_points[:, 0])", "    "),
            0,
        ),
        (
            CHANGE.replace("    return params[0] + np.exp(params[1] * data_points[:, 0])", "KNEE"),
            0,
        ),
    ],
)
def test_what_a_diff_searches_for_must_stand_in_the_block_once(reply: str, n_times: int) -> None:
    with pytest.raises(ProgramError) as caught:
        program_of(reply, OWN)
    assert "must stand once between the markers" in str(caught.value)
    assert f"stands {n_times} times" in str(caught.value)


@pytest.mark.parametrize(
    "reply",
    [
        LAW.replace("np.exp", "soft"),
        f"```python\nimport numpy as np\n{START}\n{LAW.replace('np.exp', 'soft')}{END}\n```",
        OWN.replace("params[0] + np.exp", "params[0] + soft"),
        f"from __future__ import annotations\n\n{LAW.replace('np.exp', 'soft')}",
    ],
)
def test_a_rewrite_changes_the_block_and_leaves_what_stands_outside(reply: str) -> None:
    program = program_of(reply, OWN)
    outer = parse_program(OWN)
    assert (program.prefix, program.suffix) == (outer.prefix, outer.suffix)
    assert program.block.strip("\n") == LAW.replace("np.exp", "soft").strip("\n")


def test_a_rewrite_brings_the_imports_and_helpers_that_it_needs() -> None:
    reply = f"import scipy.special\n\ndef twice(x):\n    return 2 * x\n\n{LAW}"
    block = program_of(reply, OWN).block
    assert "import scipy.special" in block
    assert "def twice" in block
    assert program_of(LAW, f"{START}\n{LAW}\n{END}\n").block.startswith("import numpy as np\n")
    with pytest.raises(ProgramError) as caught:
        program_of(f"import os\n{LAW}", OWN)
    assert "imports must be of" in str(caught.value)


@pytest.mark.parametrize(
    ("reply", "problem"),
    [
        ("I am sorry, I cannot do that.", "holds no program"),
        ("", "holds no program"),
        ("<<<<<<< SEARCH\n" * 60_000, "holds no program"),
        ("def scaling_law_func(", "must be Python"),
        ("```python\ndef scaling_law_func(x, p):\n    return p[0\n```", "must be Python"),
        (LAW.replace("np.exp", "np.load"), "may not use this attribute"),
        (f"import os\n{LAW}", "imports must be of"),
        (LAW.replace("(data_points, params)", "(data_points)"), "must take 2 arguments"),
        (f"{LAW}# {'x' * 70_000}", "at most 65536 bytes"),
        ("def scaling_law_func(x, p):\n    return " + "(" * 5000, "must be Python"),
        (LAW.replace("params[0] +", f"{'-' * 900}params[0] +"), "must nest at most 200 levels"),
    ],
)
def test_what_is_no_program_says_the_rule(reply: str, problem: str) -> None:
    for parent in ("", OWN):
        with pytest.raises(ProgramError) as caught:
            program_of(reply, parent)
        assert problem in str(caught.value)


def test_a_program_with_other_comments_and_spacing_is_the_same_text() -> None:
    other = program_of(f'"""Mine."""\n# why\n{LAW}'.replace("params[0] +", "params[0]  +  "))
    assert same_text(other) == same_text(program_of(LAW))
    assert same_text(program_of(LAW.replace("exp", "log"))) != same_text(program_of(LAW))
