"""Models by name from the command line, from Python, or from the table `[models]` of a file."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from evolve.errors import Argument, EvolveError
from evolve.files import read_regular, read_toml
from evolve.search.proposers.llm.prompt import TEMPLATES
from evolve.search.proposers.llm.settings import OPENAI, Model, model_from_data

FILE = "evolve.toml"
MOST_BYTES = 2**20


def models_of(
    names: Sequence[str | Mapping[str, Any]],
    given: Mapping[str, Any],
    file: Path | None = None,
) -> tuple[Model, ...]:
    """The models that a user names.

    Args:
        names: Names of models in the file, or of an endpoint, or fields of a model; none for all
            models of the file.
        given: Fields that all of them have.
        file: A file with a table `[models]`; by default `evolve.toml` here, if there is one.

    Raises:
        EvolveError: No model is named, or one has a wrong field.
    """
    told = _table(file)
    fields = {key: value for key, value in given.items() if value is not None}
    models = []
    for item in names or list(told):
        if isinstance(item, Mapping):
            values = dict(item)
            name = str(values.pop("name", values.get("model", "")))
        else:
            values, name = told.get(item, {}), item
        data = {**values, **fields}
        data.setdefault("base_url", os.environ.get("OPENAI_BASE_URL") or OPENAI)
        if not data.get("key_env") and not data.get("key_file"):
            data["key_env"] = "OPENAI_API_KEY" if data["base_url"] == OPENAI else "EVOLVE_LLM_KEY"
        models.append(model_from_data(name, data))
    if not models:
        rule = f": name a model, or write a table [models] into {FILE}: nothing is sent without"
        raise EvolveError(Argument("model"), rule)
    return tuple(models)


def _table(file: Path | None) -> dict[str, dict[str, Any]]:
    """The table `[models]` of a file."""
    path = Path(FILE) if file is None else file
    if file is None and not path.is_file():
        return {}
    data = read_toml(path)
    models = data.get("models", {})
    if not isinstance(models, dict) or not all(isinstance(m, dict) for m in models.values()):
        raise EvolveError(f"{path}: [models] must hold one table a model")
    for name, fields in models.items():
        if "key" in fields or "api_key" in fields:
            raise EvolveError(f"{path}: model {name!r}: keys stand in key_env or key_file alone")
    return models


def templates_of(folder: Path | None) -> tuple[tuple[str, str], ...]:
    """The user's templates of a folder, by file name.

    Raises:
        EvolveError: The folder holds none, or one cannot be read.
    """
    if folder is None:
        return ()
    try:
        templates = [
            (name, read_regular(folder / name, MOST_BYTES).decode())
            for name in TEMPLATES
            if (folder / name).exists()
        ]
    except (OSError, UnicodeDecodeError) as error:
        raise EvolveError(Argument("prompts"), f": {folder}: {error}") from None
    if not templates:
        rule = f": {folder} holds none of {', '.join(TEMPLATES)}"
        raise EvolveError(Argument("prompts"), rule)
    return tuple(templates)
