"""A prompt speaks of the task and its elites, and never of a row."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from small_tasks import archive_of, entry_of, power_task, random_candidates

from evolve.errors import EvolveError
from evolve.evaluation.problem import failed
from evolve.evaluation.record import Entry
from evolve.law.candidate import Candidate
from evolve.law.graph import Law, call, const, feat, num
from evolve.law.recipe import Recipe
from evolve.search.problem import space_of
from evolve.search.proposers.llm.prompt import Prompts, failure_of

SPEC = {"title": "Loss of small models", "physics": {"decreasing_in": ["a"], "floor": 0.0}}
TASK = power_task(**SPEC)
SPACE = space_of(TASK)


def failing(status: str, message: str) -> Entry:
    fields = {"evaluation": failed(status, message), "text": "import os\nboom()\n"}
    entry = entry_of(4, None, None)
    return Entry(**{**vars(entry), **fields})


def whole(prompts: Prompts, mode: str = "rewrite") -> str:
    elites = archive_of(random_candidates(SPACE, 4)).elites()
    failure = failure_of(failing("rejected", "may not import this module, line 1 holds 'os'"))
    messages = prompts.messages(mode, elites[:2], elites[2:], [failure], failure)
    return "\n".join(text for _, text in messages)


def test_a_prompt_holds_task_contract_elites_failures_and_the_idea() -> None:
    text = whole(Prompts(TASK, SPACE, "repetition may bend the exponent"))
    for part in (
        *("Loss of small models", "X[:, 0] a", "the law falls in a", "never falls below 0"),
        *("EVOLVE-BLOCK-START", "at most 5 of them", "Program 1 (score -5.0", "held-out R2"),
        *("may not import this module", "repetition may bend the exponent"),
    ):
        assert part in text


def test_a_law_over_a_value_of_the_table_is_shown_over_the_declared_unit() -> None:
    task = power_task(features=[{"name": "a", "unit": 4.0}, {"name": "b"}])
    space = space_of(task)
    assert space.scales != (4.0, 1.0)
    law = Law(call("mul", const(0), call("log", call("div", feat(0), num(17.25)))), 1)
    entry = entry_of(0, Candidate(law, Recipe()), -1.0)
    text = Prompts(task, space).text_of(entry)
    assert "17.25" not in text
    assert "X[:, 0] / 4" in text


@pytest.mark.parametrize("mode", ["rewrite", "diff", "cross", "repair"])
def test_no_value_of_the_table_is_in_a_prompt(mode: str) -> None:
    text = whole(Prompts(TASK, SPACE), mode)
    assert not any(f"{value:.5f}" in text for value in TASK.train.Y.ravel())


def test_of_a_program_that_ran_only_kind_and_line_are_told() -> None:
    leak = failing("exception", "ValueError: rows 3.14159 2.71828, line 2")
    assert failure_of(leak).reason == "ValueError at line 2: boom()"
    assert failure_of(failing("exception", "Rows314159Error: x")).reason == "an exception"
    assert failure_of(failing("bad-answer", "got (31, 2)")).reason == "bad-answer got (##, #)"
    assert failure_of(failing("crash", "rows 3.14")).reason == "crash"


def test_a_template_of_the_user_takes_the_place_of_the_packages() -> None:
    own = Prompts(TASK, SPACE, own={"rewrite.j2": "Only {{ parents | length }} programs."})
    assert whole(own).endswith("Only 2 programs.\n")
    assert "Only" not in whole(own, "cross")


@pytest.mark.parametrize(
    "text",
    [
        *("{% if %}", "{{ nothing }}", "{{ task.rows[0] }}", "{{ 1 // 0 }}", "{{ 1 + 'a' }}"),
        "{{ cycler.__init__.__globals__.os.system('touch mark') }}",
        "{{ ''.__class__.__mro__[1].__subclasses__() }}",
        "{{ failures.append(1) }}",
        "{% for a in range(10**9) %}{% endfor %}",
    ],
)
def test_a_template_that_asks_for_what_there_is_not_is_named(text: str) -> None:
    with pytest.raises(EvolveError) as caught:
        whole(Prompts(TASK, SPACE, own={"rewrite.j2": text}))
    assert str(caught.value).startswith("prompts: ")
    assert not Path("mark").exists()


def test_a_formula_is_asked_for_after_those_of_elites_as_turns_of_the_model() -> None:
    elites = archive_of(random_candidates(SPACE, 4)).elites()[:3]
    prompts = Prompts(TASK, SPACE, "repetition may bend the exponent")
    messages = prompts.turns(elites)
    assert [role for role, _ in messages] == ["system", *["user", "assistant"] * 3, "user"]
    assert "repetition may bend the exponent" in messages[0][1]
    assert messages[1][1] == "Write formula 1 for y0.\n"
    assert all(text.startswith("y0 = ") for role, text in messages if role == "assistant")
    assert messages[-1][1] == "Write formula 4 for y0.\n"
    assert [role for role, _ in prompts.turns([])] == ["system", "user"]


def test_a_list_of_short_formulas_is_left_open_in_its_last_line() -> None:
    elites = archive_of(random_candidates(SPACE, 12)).elites()
    ((role, text),) = Prompts(TASK, SPACE, "repetition may bend").listing(elites)
    first, *lines, last = text.splitlines()
    assert (role, first, last) == ("text", "repetition may bend", "y0 =")
    assert 2 <= len(lines[1:]) <= 6
    assert all(line.startswith("y0 = ") and len(line) <= 64 for line in lines[1:])
    assert Prompts(TASK, SPACE).listing([]) == (("text", "y0 ="),)


def test_a_prompt_does_not_depend_on_the_rows() -> None:
    other = power_task(**SPEC)
    other.train.Y[:] += np.arange(len(other.train.Y))[:, None]
    assert whole(Prompts(other, SPACE)) == whole(Prompts(TASK, SPACE))
