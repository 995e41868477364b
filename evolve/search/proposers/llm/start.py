"""Joins models, prompts and sandbox to the proposer of a search; nothing is sent yet."""

from __future__ import annotations

from collections.abc import Callable

from evolve.evaluation.programs import shared_runner
from evolve.law.program import END, START, RowNames, parse_program
from evolve.search.operators import SearchSpace
from evolve.search.proposers.llm.calls import Caller, Connect
from evolve.search.proposers.llm.client import Endpoint
from evolve.search.proposers.llm.exchange import Book
from evolve.search.proposers.llm.keys import read_key
from evolve.search.proposers.llm.prompt import Prompts
from evolve.search.proposers.llm.proposer import LanguageModels
from evolve.search.proposers.llm.settings import Model, ModelConfig
from evolve.search.proposers.llm.translate import Translator
from evolve.tasks.task import Task

HARMLESS = parse_program(f"""{START}
def scaling_law_func(data_points, params):
    return params[0] + data_points[:, 0]


def fit_scaling_law(data_points, loss_values):
    return [0.0]


{END}
""")


def correspond(
    task: Task,
    space: SearchSpace,
    config: ModelConfig,
    seed: int,
    book: Book,
    *,
    ask: bool = True,
    connect: Connect | None = None,
    seconds: float | None = None,
) -> LanguageModels:
    """The language models of a search.

    Args:
        task: What is said of it goes into prompts.
        space: What laws may be.
        config: Models and limits.
        seed: Seed of the run.
        book: Where exchanges are kept.
        ask: Whether models may be asked; else the book alone is read.
        connect: Makes what asks a model, in place of the client of endpoints.
        seconds: Time of the search from now on; nobody waits for a reply beyond it.

    Raises:
        EvolveError: A key is missing, the client is not installed, or a template is broken.
        SandboxError: This machine cannot run programs of others.
    """
    prompts = Prompts(task, space, config.idea, dict(config.prompts))
    runner = shared_runner()
    names = RowNames(task.feature_names, task.target_names, task.sldbench_labels)
    one = RowNames(("x",), ("y",), ("all",))
    runner.trace(HARMLESS, one)  # a sandbox that is weak is told before a call is paid
    units = [feature.unit for feature in task.spec.features]
    translator = Translator(space, runner, names, units)
    caller = None
    if ask:
        models = {model.name: model for model in config.models}
        caller = Caller(models, connect or connected, seconds)
    return LanguageModels(config, prompts, translator, book, caller, seed)


def connected(model: Model, sleep: Callable[[float], bool]) -> Endpoint:
    """A model at its endpoint, with its key."""
    return Endpoint(model, read_key(model), sleep)
