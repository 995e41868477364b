"""What was asked of a model and what came of it, and the book in which a run keeps it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

MODES = ("rewrite", "diff", "cross")
IN_PLACE = ("rewrite", "diff")  # modes that change one program's block, and nothing outside it
REPAIR = "repair"
OK = "ok"
TEXT = "text"  # role of a prompt that is to be completed, in place of a chat
REPLY_CHARS = 2**17  # of a reply that is kept; a program has at most half as many bytes

Messages = tuple[tuple[str, str], ...]  # role and text of each part of a prompt


@dataclass(frozen=True, slots=True)
class Reply:
    """How a request ended.

    Attributes:
        status: ``ok``, or what went wrong: ``timeout``, ``unreachable``, ``http 429``, ….
        text: What the model wrote, or the server said.
        tokens_in: Tokens of the prompt, as the server counts them.
        tokens_out: Tokens of the reply.
        seconds: From request to reply.
    """

    status: str
    text: str = ""
    tokens_in: int = 0
    tokens_out: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request, in the order of asking, and its reply.

    Attributes:
        number: Position among all requests of the run.
        batch: First entry of the batch before which it was asked.
        model: Name of the model.
        mode: One of `MODES`, or `REPAIR`.
        parents: Entries that the prompt shows to be changed.
        prompt: What was sent.
        reply: What came of it; None while nothing has.
        used: First entry of the batch in which the reply was taken up; None before.
        key: Key of the entry that it became; empty for none.
    """

    number: int
    batch: int
    model: str
    mode: str
    parents: tuple[int, ...]
    prompt: Messages
    reply: Reply | None = None
    used: int | None = None
    key: str = ""

    @property
    def operator(self) -> str:
        """What entries made of it are said to be made by."""
        return f"{self.model} {self.mode}"

    @property
    def prompt_hash(self) -> str:
        """First 16 hex digits of the SHA-256 of the prompt."""
        text = "\0".join(f"{role}\0{part}" for role, part in self.prompt)
        return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:16]

    @property
    def answer(self) -> str:
        """What the model wrote; of a completion the whole line that the prompt left open."""
        text = "" if self.reply is None else self.reply.text
        if not self.prompt or self.prompt[-1][0] != TEXT:
            return text
        return self.prompt[-1][1].rpartition("\n")[2] + text.partition("\n")[0]

    def light(self) -> Exchange:
        """The exchange without its texts, which stay in the book."""
        reply = None if self.reply is None else replace(self.reply, text="")
        return replace(self, prompt=(), reply=reply)


class Book(Protocol):
    """Where exchanges are kept: with a run's entries, so that nothing is asked twice."""

    def begun(self, batch: int) -> bool:
        """Whether entries of the batch that begins there are stored."""

    def all(self) -> Iterable[Exchange]:
        """Every exchange, in order; the texts of those that were used may be left out."""

    def used_in(self, batch: int) -> list[Exchange]:
        """The exchanges taken up in a batch, whole, in order."""

    def write(self, exchanges: Sequence[Exchange]) -> None:
        """Keep exchanges, new or changed, all or none."""


class MemoryBook:
    """A book in memory, for searches that leave nothing on disk.

    Attributes:
        exchanges: Every exchange by its number.
    """

    def __init__(self) -> None:
        """Begin without an exchange."""
        self.exchanges: dict[int, Exchange] = {}

    def begun(self, batch: int) -> bool:
        """No batch is: a search in memory never goes on after an interruption."""
        del batch
        return False

    def all(self) -> list[Exchange]:
        """Every exchange, in order."""
        return [self.exchanges[number] for number in sorted(self.exchanges)]

    def used_in(self, batch: int) -> list[Exchange]:
        """The exchanges taken up in a batch, in order."""
        return [exchange for exchange in self.all() if exchange.used == batch]

    def write(self, exchanges: Sequence[Exchange]) -> None:
        """Keep exchanges."""
        self.exchanges |= {exchange.number: exchange for exchange in exchanges}
