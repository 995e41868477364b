"""What models are asked stands in the run: it resumes without asking again, and replays."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from model_server import LAW, ModelServer, Said, good, serving
from small_tasks import power_task

from evolve.api.progress import NullProgress
from evolve.cli.prompt import print_prompt
from evolve.errors import EvolveError, StoreError
from evolve.evaluation.record import Entry
from evolve.runs.replies import StoredBook, exchange_of, remarks_of_models
from evolve.runs.run import allow_models, carry_on, create_run, settings_of
from evolve.runs.settings import RunConfig, config_from_data
from evolve.runs.store import Store
from evolve.runs.verify import replay_run
from evolve.sandbox.spawn import clean_environment
from evolve.search.problem import SearchProblem, make_search_problem
from evolve.search.proposers.llm.settings import Model, ModelConfig

pytest.importorskip("openai")
CANARY = "sk-canary-5f3a91c0de"
N = 32 * 4 - 10  # the last batch is cut
SEED = 5  # some laws of the model pass the screen


class Killed(BaseException):
    """Stands for the end of the process."""


class Watcher(NullProgress):
    """Kills the run after some batches: before or after the batch's requests are answered."""

    def __init__(self, n_batches: int = 1000) -> None:
        super().__init__()
        self.left = n_batches

    def batch(self, best: Entry | None, entries: Sequence[Entry]) -> bool:
        self.left -= 1
        if not self.left:
            raise Killed
        return super().batch(best, entries)


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("EVOLVE_LLM_KEY", CANARY)


def config(
    server: ModelServer, wait: float = 60.0, replies: str = "program", **fields: object
) -> ModelConfig:
    model = Model("tiny", "tiny", server.url, replies=replies, key_env="EVOLVE_LLM_KEY")
    return ModelConfig(models=(model,), wait=wait, **fields)  # type: ignore[arg-type]


def problem_for(models: ModelConfig) -> SearchProblem:
    whole = make_search_problem(power_task(), SEED, ("grammar", "llm"), models=models)
    return replace(whole, starts=whole.starts[:32])


def searched(folder: Path, models: ModelConfig, kills: Sequence[int] = ()) -> None:
    """Search to the end, killed after so many batches each time."""
    problem = problem_for(models)
    settings = RunConfig(SEED, N, proposers=("grammar", "llm"), models=models)
    create_run(folder, problem, settings).close()
    for n_batches in (*kills, 1000):
        with Store.open(folder, write=True) as store:
            try:
                carry_on(store, problem, settings, 0, Watcher(n_batches))
            except Killed:
                continue


@pytest.fixture(scope="module")
def peaceful(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ModelConfig, int]:
    """A run that went through without a break, its models, and how often they were asked."""
    folder = tmp_path_factory.mktemp("runs") / "peace"
    with pytest.MonkeyPatch.context() as patch, serving() as server:
        patch.setenv("NO_PROXY", "127.0.0.1")
        patch.setenv("EVOLVE_LLM_KEY", CANARY)
        models = config(server)
        searched(folder, models)
        assert server.keys == [f"Bearer {CANARY}"] * len(server.keys)
        return folder, models, len(server.requests)


def test_replies_become_entries_of_the_model(peaceful: tuple[Path, ModelConfig, int]) -> None:
    folder, models, n_asked = peaceful
    with Store.open(folder, write=False) as store:
        entries = [entry for entry in store.each() if entry.origin == "model"]
        exchanges = StoredBook(store).all()
        assert len(entries) >= 4
        assert {entry.operator.partition(" ")[0] for entry in entries} == {"tiny"}
        assert any(entry.evaluation.status == "ok" for entry in entries)
        assert [exchange.number for exchange in exchanges] == list(range(n_asked))
        assert {exchange.key for exchange in exchanges} - {""} == {entry.key for entry in entries}
        assert len(store) == N
        (line,) = remarks_of_models(store, models)
        assert line.startswith(f"model tiny: {n_asked} calls, ")


def test_a_run_killed_and_resumed_ends_as_one_left_in_peace(
    tmp_path: Path, peaceful: tuple[Path, ModelConfig, int]
) -> None:
    with serving() as server:
        searched(tmp_path / "killed", config(server), kills=(2, 1))
    digests = []
    for folder in (tmp_path / "killed", peaceful[0]):
        with Store.open(folder, write=False) as store:
            digests.append(store.digest())
    assert digests[0] == digests[1]


def test_what_is_stored_is_not_asked_again(tmp_path: Path) -> None:
    with serving() as server:
        models = config(server)
        searched(tmp_path / "r", models)
        n_before = len(server.requests)
        settings = RunConfig(SEED, N + 32, proposers=("grammar", "llm"), models=models)
        with Store.open(tmp_path / "r", write=True) as store:
            stored = Counter(
                json.dumps(e.prompt) for e in StoredBook(store).all() if e.reply and not e.used
            )
            carry_on(store, problem_for(models), settings, 0, Watcher())
            assert len(store) == N + 32
        again = [
            json.dumps([[m["role"], m["content"]] for m in request["messages"]])
            for request in server.requests[n_before:]
        ]
        assert not set(again) & set(stored)


def test_a_resumed_run_may_ask_more_and_still_replays(tmp_path: Path) -> None:
    def formulas(number: int, request: dict[str, Any]) -> Said:
        assert request["messages"][2]["role"] == "assistant"
        return Said(f"y0 = E + A*a^-s + {'B*' * (number + 1)}b^-{number + 2}")

    with serving(formulas) as server:
        searched(tmp_path / "r", config(server, calls=3, replies="formula"))
        assert len(server.requests) == 3
        with Store.open(tmp_path / "r", write=True) as store:
            allow_models(store, 9, None)
            settings = replace(settings_of(store), evaluations=N + 64)
            assert settings.models == config(server, calls=9, replies="formula")
            carry_on(store, problem_for(settings.models), settings, 0, Watcher())
        assert 3 < len(server.requests) <= 9
    with Store.open(tmp_path / "r", write=False) as store:
        assert any(e.origin == "model" and e.law is not None for e in store.each())
        assert settings_of(store).models.calls == 9
        assert replay_run(store, problem_for(settings.models), 0).holds


def test_limits_that_cannot_be_meant_leave_a_run_as_it_was(tmp_path: Path) -> None:
    models = ModelConfig((Model("tiny", "tiny", "http://127.0.0.1:9/v1"),), calls=3)
    settings = RunConfig(SEED, N, proposers=("grammar", "llm"), models=models)
    with create_run(tmp_path / "r", problem_for(models), settings) as store:
        for limits, rule in ((-1, None), "llm_calls: must be"), ((None, 2.0), "needs price_in"):
            with pytest.raises(EvolveError) as caught:
                allow_models(store, *limits)
            assert rule in str(caught.value)
        assert settings_of(store).models == models
    alone = RunConfig(SEED, N)
    with create_run(tmp_path / "alone", make_search_problem(power_task(), SEED), alone) as store:
        with pytest.raises(EvolveError) as caught:
            allow_models(store, None, 2.0)
        assert str(caught.value) == "llm_budget: run 'alone' asks no model"


def test_a_budget_that_buys_no_call_is_told(tmp_path: Path) -> None:
    model = Model("tiny", "tiny", "http://127.0.0.1:9/v1", price_in=100.0, price_out=300.0)
    models = ModelConfig((model,), budget=0.5)
    settings = RunConfig(SEED, N, proposers=("grammar", "llm"), models=models)
    with create_run(tmp_path / "r", problem_for(models), settings) as store:
        (line,) = remarks_of_models(store, models)
        assert line.startswith("models: none was asked, for a call may cost 0.819, the budget is ")
        assert remarks_of_models(store, replace(models, budget=1.0)) == []


def test_a_run_replays_without_a_network(
    peaceful: tuple[Path, ModelConfig, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("EVOLVE_LLM_KEY")  # nor is a key needed
    folder, models, _ = peaceful
    with Store.open(folder, write=False) as store:
        problem = problem_for(models)
        assert replay_run(store, problem, 0).holds
        other = replace(problem, seed=4)
        check = replay_run(store, other, 0)
        assert check.problem.startswith("replay: entry ")


def test_a_run_that_never_waits_replays_too(tmp_path: Path) -> None:
    with serving(lambda n, r: replace(good(n, r), delay=0.05 * (n % 4))) as server:
        models = config(server, wait=0.0)
        searched(tmp_path / "r", models, kills=(2,))
    with Store.open(tmp_path / "r", write=False) as store:
        assert any(entry.origin == "model" for entry in store.each())
        problem = problem_for(models)
        assert replay_run(store, problem, 0).holds


def test_the_prompt_of_an_entry_can_be_shown(
    peaceful: tuple[Path, ModelConfig, int], capsys: pytest.CaptureFixture[str]
) -> None:
    with Store.open(peaceful[0], write=False) as store:
        entry = next(entry for entry in store.each() if entry.origin == "model")
        print_prompt(store, entry.index, json=False)
        shown = capsys.readouterr().out
        assert f"entry {entry.index}: {entry.operator}, prompt " in shown
        assert "EVOLVE-BLOCK-START" in shown
        assert LAW.partition("\n")[0] in shown
        with pytest.raises(StoreError) as caught:
            exchange_of(store, store.entry(0))
        assert "no language model made entry 0" in str(caught.value)


def test_no_key_and_no_row_is_in_the_run_or_in_a_prompt(tmp_path: Path) -> None:
    def echoing(number: int, request: dict[str, object]) -> Said:
        return Said(f"{good(number, request).text}\n# {CANARY}\n") if number % 2 else Said(CANARY)

    with serving(echoing) as server:
        searched(tmp_path / "r", config(server))
        prompts = json.dumps(server.requests)
    for path in (tmp_path / "r").iterdir():
        assert CANARY.encode() not in path.read_bytes(), path.name
    assert CANARY not in prompts
    for value in power_task().train.Y.ravel():
        assert f"{value:.5f}" not in prompts
    assert "/ 16.0" not in prompts  # nor the scale of a feature, which is one of its values


def test_a_model_that_never_answers_is_told_in_one_line_and_costs_nothing_else(
    tmp_path: Path,
) -> None:
    with serving(lambda number, request: Said("never", delay=600.0)) as server:
        models = config(server, wait=0.0)
        searched(tmp_path / "r", models)
        with Store.open(tmp_path / "r", write=False) as store:
            assert len(store) == N
            (line,) = remarks_of_models(store, models)
    assert ", 0 replies, 0 entries; " in line
    assert line.endswith("still without an answer")


def test_a_key_is_not_in_the_environment_of_a_child() -> None:
    assert os.environ["EVOLVE_LLM_KEY"] == CANARY
    assert CANARY not in str(clean_environment())


def test_the_configuration_of_models_is_read_back_as_it_was(
    peaceful: tuple[Path, ModelConfig, int],
) -> None:
    with Store.open(peaceful[0], write=False) as store:
        assert config_from_data(store.settings).models == peaceful[1]
        assert os.environ["EVOLVE_LLM_KEY"] not in json.dumps(store.settings)
