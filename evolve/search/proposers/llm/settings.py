"""Which models a run may ask, how often, and what they are told besides the task."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import Any
from urllib.parse import urlsplit

from evolve.errors import Argument, EvolveError, nearest
from evolve.printable import find_unsafe

OPENAI = "https://api.openai.com/v1"
MOST_MODELS = 32
NAME_CHARS = 200
PROGRAM, FORMULA, COMPLETION = REPLIES = ("program", "formula", "completion")
MOST_ASKED = 10**9  # requests, or money


@dataclass(frozen=True, slots=True)
class Model:
    """A model behind an endpoint that speaks OpenAI's chat completions; its key is no part of it.

    Attributes:
        name: What the run calls it.
        model: What the endpoint calls it.
        base_url: Where the endpoint is.
        weight: Share of the requests, before any reply is judged.
        replies: What it is asked for: ``program``; ``formula``, which a small model can write; or
            ``completion``, the next line of a list of formulas, for one that cannot chat.
        temperature: Temperature of its replies; None for the endpoint's own.
        max_tokens: Most tokens of a reply.
        key_env: Variable of the environment that holds the key.
        key_file: File that holds the key, in place of a variable.
        price_in: Price of a million tokens of a prompt.
        price_out: Price of a million tokens of a reply.
        timeout: Seconds after which a request has failed, retries and all.
        at_once: Requests under way at the same time.
        per_minute: Requests a minute; None for no limit but the endpoint's own.
    """

    name: str
    model: str
    base_url: str = OPENAI
    weight: float = 1.0
    replies: str = PROGRAM
    temperature: float | None = None
    max_tokens: int = 2048
    key_env: str = ""
    key_file: str = ""
    price_in: float = 0.0
    price_out: float = 0.0
    timeout: float = 120.0
    at_once: int = 4
    per_minute: float | None = None

    def __post_init__(self) -> None:
        """Check every field.

        Raises:
            EvolveError: A field is outside its range, or the address holds a secret.
        """
        if not (0 < len(self.name) <= NAME_CHARS and 0 < len(self.model) <= NAME_CHARS):
            raise self._error("name", "and model must have 1 to 200 characters")
        if find_unsafe(self.name + self.model + self.base_url + self.key_env + self.key_file):
            raise self._error("name", "and other texts may hold no control characters")
        address = urlsplit(self.base_url)
        if address.scheme not in ("http", "https") or not address.hostname:
            raise self._error("base_url", f"must be like {OPENAI}, it is {self.base_url!r}")
        if "@" in address.netloc or address.query or address.fragment:
            rule = "may hold no user, query or fragment; keys come from environment or file"
            raise self._error("base_url", rule)
        if self.replies not in REPLIES:
            rule = f"must be one of {', '.join(REPLIES)}{nearest(self.replies, REPLIES)}"
            raise self._error("replies", rule)
        for field, low, high in _RANGES:
            value = getattr(self, field)
            if value is not None and not (math.isfinite(value) and low <= value <= high):
                raise self._error(field, f"must be {low:g} to {high:g}, it is {value!r}")

    def _error(self, field: str, rule: str) -> EvolveError:
        return EvolveError(Argument("model"), f": {self.name[:50]!r}: {field} {rule}")

    def cost(self, tokens_in: int, tokens_out: int) -> float:
        """Price of so many tokens."""
        return (tokens_in * self.price_in + tokens_out * self.price_out) / 1e6


_RANGES = (
    ("weight", 1e-6, 1e6),
    ("temperature", 0.0, 10.0),
    ("max_tokens", 1, 1_000_000),
    ("price_in", 0.0, 1e9),
    ("price_out", 0.0, 1e9),
    ("timeout", 0.1, 3600.0),
    ("at_once", 1, 64),
    ("per_minute", 0.01, 1e6),
)


@dataclass(frozen=True, slots=True)
class ModelConfig:
    """What decides a run's dealings with models.

    Attributes:
        models: The models.
        calls: Most requests in all; None for no limit.
        budget: Most money in all, in the unit of the prices; None for no limit.
        wait: Seconds that a batch waits for replies that are due. With 0 a reply joins whichever
            batch follows it; with as much as replies take, the run depends on them alone.
        idea: Words of the user.
        prompts: Templates of the user by file name, in place of the package's.
    """

    models: tuple[Model, ...] = ()
    calls: int | None = None
    budget: float | None = None
    wait: float = 0.0
    idea: str = ""
    prompts: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        """Check what was given.

        Raises:
            EvolveError: Some of it cannot be meant.
        """
        names = [model.name for model in self.models]
        if len(names) > MOST_MODELS or len(set(names)) < len(names):
            raise EvolveError(Argument("model"), f": must be at most {MOST_MODELS}, each once")
        for name, value in (("llm_calls", self.calls), ("llm_budget", self.budget)):
            if value is not None and not 0 <= value <= MOST_ASKED:
                raise EvolveError(Argument(name), f": must be 0 to {MOST_ASKED:g}, it is {value}")
        if not (math.isfinite(self.wait) and self.wait >= 0):
            raise EvolveError(Argument("llm_wait"), f": must be 0 s or more, it is {self.wait}")
        if self.budget is not None and not all(m.price_in + m.price_out for m in self.models):
            rule = ": needs price_in and price_out of every model, in evolve.toml"
            raise EvolveError(Argument("llm_budget"), rule)

    @property
    def dearest(self) -> float:
        """What one request may cost at most, of which nothing is known yet."""
        return max((m.cost(m.max_tokens, m.max_tokens) for m in self.models), default=0.0)


NO_MODELS = ModelConfig()


def model_from_data(name: str, data: dict[str, Any]) -> Model:
    """A model from its fields.

    Raises:
        EvolveError: A field is not known, or has a wrong value.
    """
    valid = {field.name: str(field.type) for field in fields(Model)}
    for key, value in data.items():
        if key not in valid:
            hint = nearest(key, valid)
            raise EvolveError(Argument("model"), f": {name!r} has no field {key[:50]!r}{hint}")
        kinds = _KINDS[valid[key].partition(" ")[0]]
        allowed = value is None and "None" in valid[key]
        if not allowed and (isinstance(value, bool) or not isinstance(value, kinds)):
            raise EvolveError(Argument("model"), f": {name!r}: {key} cannot be {value!r}")
    return Model(**{"name": name, "model": name, **data})


_KINDS: dict[str, tuple[type, ...]] = {"str": (str,), "int": (int,), "float": (int, float)}


def config_of(data: dict[str, Any]) -> ModelConfig:
    """The configuration of which a store holds `asdict`.

    Raises:
        EvolveError: It is none.
    """
    models = tuple(model_from_data(model["name"], model) for model in data["models"])
    prompts = tuple((str(name), str(text)) for name, text in data["prompts"])
    if not isinstance(data["idea"], str):
        raise TypeError("idea must be a text")
    return ModelConfig(**{**data, "models": models, "prompts": prompts})
