"""A program is cut out of whatever a model wrote, and put between its markers."""

from __future__ import annotations

import pytest

from evolve.errors import ProgramError
from evolve.law.program import END, START
from evolve.law.trace import trace_law
from evolve.search.proposers.llm.reply import cut_out, program_of, same_text, with_markers

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


def test_a_diff_changes_the_program_that_it_names() -> None:
    reply = (
        "<<<<<<< SEARCH\n    return params[0] + np.exp(params[1] * data_points[:, 0])\n"
        "=======\n    return params[0] * data_points[:, 0] ** params[1]\n>>>>>>> REPLACE\n"
    )
    assert "** params[1]" in program_of(reply, WHOLE).text
    with pytest.raises(ProgramError) as caught:
        cut_out(reply, WHOLE.replace("params[0] +", "params[0] -"))
    assert "must stand in the program once" in str(caught.value)
    assert "stands 0 times" in str(caught.value)


@pytest.mark.parametrize(
    ("reply", "problem"),
    [
        ("I am sorry, I cannot do that.", "holds no program"),
        ("", "holds no program"),
        ("def scaling_law_func(", "must be Python"),
        ("```python\ndef scaling_law_func(x, p):\n    return p[0\n```", "must be Python"),
        (LAW.replace("np.exp", "np.load"), "may not use this attribute"),
        (f"import os\n{LAW}", "may not import this module"),
        (LAW.replace("(data_points, params)", "(data_points)"), "must take 2 arguments"),
        (f"{LAW}# {'x' * 70_000}", "at most 65536 bytes"),
        ("def scaling_law_func(x, p):\n    return " + "(" * 5000, "must be Python"),
    ],
)
def test_what_is_no_program_says_the_rule(reply: str, problem: str) -> None:
    with pytest.raises(ProgramError) as caught:
        program_of(reply)
    assert problem in str(caught.value)


def test_a_program_with_other_comments_and_spacing_is_the_same_text() -> None:
    other = program_of(f'"""Mine."""\n# why\n{LAW}'.replace("params[0] +", "params[0]  +  "))
    assert same_text(other) == same_text(program_of(LAW))
    assert same_text(program_of(LAW.replace("exp", "log"))) != same_text(program_of(LAW))
