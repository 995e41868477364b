"""Options of `run` about language models, and the configuration that they make."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from evolve.cli.options import parse_number

if TYPE_CHECKING:
    from evolve.search.proposers.llm.settings import ModelConfig

Models = Annotated[
    list[str] | None,
    typer.Option("--model", help="A language model, for --proposers grammar,llm (repeatable)."),
]
BaseUrl = Annotated[
    str | None,
    typer.Option("--base-url", help="Its OpenAI-compatible endpoint, like http://host:8000/v1."),
]
Temperature = Annotated[
    float | None,
    typer.Option("--temperature", help="Of its replies.", parser=parse_number, metavar="FLOAT"),
]
KeyEnv = Annotated[
    str | None,
    typer.Option(
        "--key-env",
        help="Variable that holds its key [default: OPENAI_API_KEY; elsewhere EVOLVE_LLM_KEY].",
    ),
]
KeyFile = Annotated[str | None, typer.Option("--key-file", help="File that holds its key.")]
ModelsFile = Annotated[
    Path | None,
    typer.Option("--models", help="File with a table [models] [default: evolve.toml, if here]."),
]
Calls = Annotated[int | None, typer.Option("--llm-calls", min=0, help="Most requests in all.")]
Money = Annotated[
    float | None,
    typer.Option(
        "--llm-budget",
        help="Most money in all, by the models' prices.",
        parser=parse_number,
        metavar="FLOAT",
    ),
]
Wait = Annotated[
    float,
    typer.Option(
        "--llm-wait",
        help="Seconds a batch waits for replies that are due; 0: it never waits.",
        parser=parse_number,
        metavar="FLOAT",
    ),
]
Idea = Annotated[str, typer.Option("--idea", help="Words of yours that every prompt has.")]
IdeaFile = Annotated[Path | None, typer.Option("--idea-file", help="File with such words.")]
PromptsFolder = Annotated[
    Path | None, typer.Option("--prompts", help="Folder with templates of yours.")
]
MOST_BYTES = 2**16


def model_config(
    proposers: Sequence[str],
    names: Sequence[str],
    fields: dict[str, Any],
    file: Path | None,
    limits: tuple[int | None, float | None, float],
    idea: str,
    idea_file: Path | None,
    prompts: Path | None,
) -> ModelConfig:
    """The language models of a run; none where nothing speaks of them.

    Raises:
        EvolveError: A model is named and not asked, or the other way round, or a file is wrong.
    """
    from evolve.errors import EvolveError
    from evolve.search.proposers.llm.config import models_of, templates_of
    from evolve.search.proposers.llm.settings import NO_MODELS, ModelConfig
    from evolve.search.proposers.registry import LLM

    if LLM not in proposers and not names and file is None:
        return NO_MODELS
    if LLM not in proposers:
        raise EvolveError("--model: is asked only with --proposers grammar,llm")
    words = [idea] if idea else []
    if idea_file is not None:
        try:
            with idea_file.open("rb") as source:  # a pipe may be meant
                words.append(source.read(MOST_BYTES).decode())
        except (OSError, UnicodeDecodeError) as error:
            raise EvolveError(f"--idea-file: {idea_file}: {error}") from None
    models = models_of(names, fields, file)
    return ModelConfig(models, *limits, "\n\n".join(words), templates_of(prompts))
