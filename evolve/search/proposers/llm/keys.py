"""Keys of endpoints: read when they are used, and struck out of whatever a server says."""

from __future__ import annotations

import os
from pathlib import Path

from evolve.errors import Argument, EvolveError
from evolve.search.proposers.llm.settings import OPENAI, Model

NO_KEY = "none"  # what a local endpoint is told, which asks for none
SHORTEST = 6  # a shorter text is no key, and may stand in a program by chance
MOST_BYTES = 2**16
STRUCK = "[key]"


class Key:
    """A key that no text of it shows."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        """Keep the value."""
        self._value = value

    def reveal(self) -> str:
        """The value, for the client alone."""
        return self._value

    def strike(self, text: str) -> str:
        """The text without the key."""
        return text.replace(self._value, STRUCK) if len(self._value) >= SHORTEST else text

    def __repr__(self) -> str:
        """Not the value."""
        return STRUCK

    __str__ = __repr__

    def __reduce__(self) -> tuple[object, ...]:
        """Refuse to be pickled: a key stays in this process."""
        raise TypeError("a key is not sent to another process")


def read_key(model: Model) -> Key:
    """The key of a model, from its variable or file.

    Raises:
        EvolveError: The file cannot be read, or a hosted endpoint has no key.
    """
    if model.key_file:
        try:
            with Path(model.key_file).expanduser().open("rb") as file:  # a pipe may be meant
                value = file.read(MOST_BYTES).decode().strip()
        except (OSError, UnicodeDecodeError) as error:
            why = getattr(error, "strerror", None) or "no text"
            raise EvolveError(Argument("key_file"), f": cannot be read: {why}") from None
    else:
        value = os.environ.get(model.key_env, "").strip()
    if not value and model.base_url == OPENAI:
        place = model.key_file or model.key_env
        raise EvolveError(Argument("model"), f": {model.name!r} needs a key, {place} holds none")
    if any(not 33 <= ord(sign) <= 126 for sign in value):
        raise EvolveError(Argument("model"), f": {model.name!r}: its key holds no plain text")
    return Key(value or NO_KEY)
