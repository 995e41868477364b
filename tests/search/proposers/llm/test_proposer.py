"""What models are asked for next follows from what came of their replies."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import cast

from small_tasks import archive_of, entry_of, power_task, random_candidates

from evolve.evaluation.problem import failed
from evolve.evaluation.programs import ProgramRunner
from evolve.evaluation.record import Entry
from evolve.law.program import RowNames
from evolve.search.problem import space_of
from evolve.search.proposers.llm.calls import Ahead, Caller
from evolve.search.proposers.llm.exchange import REPAIR, Exchange, MemoryBook, Reply
from evolve.search.proposers.llm.prompt import Prompts
from evolve.search.proposers.llm.proposer import LanguageModels
from evolve.search.proposers.llm.settings import Model, ModelConfig
from evolve.search.proposers.llm.translate import Translator
from evolve.search.proposers.protocol import BATCH

TASK = power_task()
SPACE = space_of(TASK)


class Silent:
    """A caller whom nobody answers."""

    under_way: frozenset[int] = frozenset()

    def listen(self, ahead: Ahead) -> None:
        """Nothing to hear."""

    def send(self, exchanges: Iterable[Exchange]) -> None:
        self.under_way |= {exchange.number for exchange in exchanges}

    def wait(self, numbers: Iterable[int], seconds: float) -> dict[int, Reply]:
        return {}


def asked_after(*failures: Entry) -> list[Exchange]:
    """The requests to a model after some of its replies have failed."""
    names = RowNames(TASK.feature_names, TASK.target_names, TASK.sldbench_labels)
    units = [1.0] * len(TASK.feature_names)
    models = LanguageModels(
        ModelConfig((Model("tiny", "tiny"),)),
        Prompts(TASK, SPACE),
        Translator(SPACE, cast(ProgramRunner, None), names, units),
        book := MemoryBook(),
        cast(Caller, Silent()),
        seed=3,
    )
    models.tell(failures)
    models.propose(archive_of(random_candidates(SPACE, 4)), BATCH, set(), alone=True)
    return book.all()


def failure(index: int, operator: str) -> Entry:
    """A reply of a model that was rejected."""
    verdict = failed("rejected", "imports must be of numpy or scipy, line 1")
    text = f"import os  # {index}\n"
    entry = entry_of(index, None, None)
    return replace(entry, evaluation=verdict, text=text, operator=operator, origin="model")


def test_what_failed_is_asked_for_once_more_with_its_text_and_the_reason() -> None:
    requests = asked_after(failure(4, "tiny rewrite"), failure(5, "tiny cross"))
    assert len(requests) == BATCH
    repairs = sorted((r.parents, r) for r in requests if r.mode == REPAIR)
    assert [parents for parents, _ in repairs] == [(4,), (5,)]
    for (index,), request in repairs:
        prompt = request.prompt[-1][1]
        assert f"import os  # {index}\n" in prompt
        assert "imports must be of numpy or scipy, line 1" in prompt


def test_a_repair_that_failed_is_not_repaired() -> None:
    assert REPAIR not in {request.mode for request in asked_after(failure(4, "tiny repair"))}
