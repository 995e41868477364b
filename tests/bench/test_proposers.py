"""Proposers are compared at equal cost; published programs serve as a model's replies."""

from __future__ import annotations

import pytest
from small_tasks import power_task

from evolve.bench.proposers import VARIANTS, Recorded, recorded, variants
from evolve.cli.app import call
from evolve.search.memory import MemoryJournal, search_in_memory
from evolve.search.problem import make_search_problem
from evolve.search.proposers.llm.reply import program_of


def test_the_recorded_replies_of_a_task_are_programs_published_and_of_the_literature() -> None:
    programs = [program_of(reply) for reply in recorded("data_constrained")]
    assert len(programs) >= 6
    assert any("SLDAgent" in program.text for program in programs)
    assert recorded("no_such_task") == []
    for reply in recorded("data_constrained"):  # also where it is to change another's block
        compile(program_of(reply, programs[0].text).text, "reply", "exec")


def test_a_recorded_model_says_one_reply_after_the_other_then_nothing_of_use() -> None:
    model = Recorded(["a", "b"])
    assert [model.ask(()).text for _ in range(3)] == ["a", "b", "I have no further idea."]


def test_only_the_variants_with_a_model_take_up_its_replies() -> None:
    changes, origins = variants("data_constrained"), {}
    assert set(changes) == set(VARIANTS)
    for name in ("grammar", "grammar and model"):
        problem, journal = changes[name](make_search_problem(power_task(), 0)), MemoryJournal()
        search_in_memory(problem, len(problem.starts) + 32, 0, journal)
        origins[name] = {entry.origin for entry in journal.entries}
    assert "model" not in origins["grammar"]
    assert "model" in origins["grammar and model"]


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["--task", "sft", "--model", "m"], "--model: is asked only with --proposers grammar,llm"),
        (["--task", "sft", "--proposers", "grammar,llm"], "--model: name a model"),
        (
            [
                "--task",
                "sft",
                "--proposers",
                "llm",
                "--model",
                "m",
                "--base-url",
                "http://a:b@c/v1",
            ],
            "--model: 'm': base_url may hold no user",
        ),
        (
            ["--task", "sft", "--proposers", "llm", "--model", "m", "--llm-budget", "2"],
            "--llm-budget: needs price_in and price_out",
        ),
    ],
)
def test_a_wrong_call_about_models_is_one_line(
    words: list[str], problem: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert call(words) == 2
    assert problem in capfd.readouterr().err
