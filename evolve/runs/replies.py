"""Exchanges with language models in a run's store, beside the entries that came of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from evolve.errors import StoreError
from evolve.evaluation.record import Entry
from evolve.jsontext import compact_json
from evolve.runs import checks, limits
from evolve.runs.database import refused_values
from evolve.runs.store import Store
from evolve.search.proposers.llm.exchange import OK, Exchange, Reply
from evolve.search.proposers.llm.settings import ModelConfig
from evolve.search.proposers.llm.shares import money, spent_by

_COLUMNS: Final = (
    *("number", "batch", "model", "mode", "parents", "prompt_hash", "prompt", "status", "text"),
    *("tokens_in", "tokens_out", "seconds", "used", "key"),
)
_SELECT: Final = f"SELECT {', '.join(_COLUMNS)} FROM exchanges"
_LIGHT: Final = _SELECT.replace(
    "prompt, status, text",
    "CASE WHEN used IS NULL THEN prompt ELSE '[]' END, status, "
    "CASE WHEN used IS NULL THEN text ELSE '' END",
)
_WRITE: Final = (
    f"INSERT OR REPLACE INTO exchanges ({', '.join(_COLUMNS)}) "
    f"VALUES ({', '.join('?' * len(_COLUMNS))})"
)


class StoredBook:
    """The book of a run (see `exchange.Book`).

    Args:
        store: The run; open for writing, unless the book is only read.
    """

    def __init__(self, store: Store) -> None:
        """Keep the store."""
        self._store = store

    def begun(self, batch: int) -> bool:
        """Whether entries of the batch that begins there are stored."""
        return len(self._store) > batch

    def all(self) -> list[Exchange]:
        """Every exchange, in order; without its texts once it was used."""
        return list(self._read(f"{_LIGHT} ORDER BY number"))

    def used_in(self, batch: int) -> list[Exchange]:
        """The exchanges taken up in a batch, whole, in order."""
        return list(self._read(f"{_SELECT} WHERE used = ? ORDER BY number", (batch,)))

    def of_key(self, key: str) -> list[Exchange]:
        """The exchanges whose reply became the entry of a key, whole."""
        return list(self._read(f"{_SELECT} WHERE key = ? ORDER BY number", (key,)))

    def write(self, exchanges: Sequence[Exchange]) -> None:
        """Keep exchanges, new or changed, in one transaction."""
        with self._store.transaction() as connection:
            connection.executemany(_WRITE, [_to_row(exchange) for exchange in exchanges])

    def _read(self, query: str, values: tuple[Any, ...] = ()) -> Iterator[Exchange]:
        for row in self._store.rows(query, values):
            with refused_values(self._store.path, "table exchanges"):
                yield _from_row(row)


def exchange_of(store: Store, entry: Entry) -> Exchange:
    """The request whose reply an entry is, with its prompt.

    Raises:
        StoreError: No language model made the entry.
    """
    exchanges = StoredBook(store).of_key(entry.key) if entry.origin == "model" else []
    if not exchanges:
        raise StoreError(f"{store.path}: no language model made entry {entry.index}")
    return exchanges[0]


def remarks_of_models(store: Store, config: ModelConfig) -> list[str]:
    """One line a model: what it was asked, what came of it, and what that cost."""
    spent = spent_by(exchanges := StoredBook(store).all())
    lines = []
    if not exchanges and config.budget is not None and config.dearest > config.budget:
        why = f"a call may cost {config.dearest:.3g}, the budget is {config.budget:g}"
        lines.append(f"models: none was asked, for {why}; max_tokens in evolve.toml bounds a call")
    for model in config.models:
        own = [exchange for exchange in exchanges if exchange.model == model.name]
        if not own:
            continue
        entries = sum(bool(exchange.key) for exchange in own)
        one = spent[model.name]
        line = f"model {model.name}: {one.calls} calls, {one.answered} replies, {entries} entries"
        if one.tokens_in + one.tokens_out:
            line += f", {one.tokens_in} and {one.tokens_out} tokens in and out"
        if cost := money({model.name: one}, {model.name: model}):
            line += f", {cost:.4g} spent"
        failed = [e.reply for e in own if e.reply is not None and e.reply.status != OK]
        if failed:
            detail = f" ({failed[-1].text[:120]})" if failed[-1].text else ""
            line += f"; {len(failed)} calls failed, the last with {failed[-1].status}{detail}"
        if waiting := sum(exchange.reply is None for exchange in own):
            line += f"; {waiting} still without an answer"
        lines.append(line)
    return lines


def _to_row(exchange: Exchange) -> tuple[Any, ...]:
    reply = exchange.reply
    columns = (None,) * 5
    if reply is not None:
        counts = reply.tokens_in, reply.tokens_out, float(reply.seconds)
        columns = (reply.status, _whole(reply.text), *counts)  # type: ignore[assignment]
    prompt = _whole(compact_json(exchange.prompt))
    asked = exchange.batch, exchange.model, exchange.mode, compact_json(exchange.parents)
    return (
        *(exchange.number, *asked, exchange.prompt_hash, prompt),
        *(*columns, exchange.used, exchange.key),
    )


def _whole(text: str) -> str:
    """The text, halves of characters written out."""
    return text.encode(errors="backslashreplace").decode()


def _from_row(row: Sequence[Any]) -> Exchange:
    """The exchange of a row, whoever wrote it.

    Raises:
        ValueError: A value is none that an exchange can have.
    """
    cell = dict(zip(_COLUMNS, row, strict=True))
    parents = checks.parsed("parents", cell["parents"], limits.WORD_CHARS)
    checks.each(_index, "parent", checks.listed("parents", parents, limits.PARENTS))
    parts = checks.parsed("prompt", cell["prompt"], limits.JSON_CHARS)
    messages = []
    for part in checks.listed("prompt", parts, limits.PARENTS):
        role, text = checks.listed("part of a prompt", part, 2)
        messages.append((checks.text("role", role), checks.long_text("prompt", text)))
    return Exchange(
        number=_index("number", cell["number"]),
        batch=_index("batch", cell["batch"]),
        model=checks.text("model", cell["model"]),
        mode=checks.text("mode", cell["mode"]),
        parents=tuple(parents),
        prompt=tuple(messages),
        reply=None if cell["status"] is None else _reply(cell),
        used=None if cell["used"] is None else _index("used", cell["used"]),
        key=checks.text("key", cell["key"], limits.KEY_CHARS),
    )


def _index(what: str, value: object) -> int:
    return checks.whole(what, value, 0, limits.ENTRIES)


def _reply(cell: dict[str, Any]) -> Reply:
    return Reply(
        status=checks.text("status", cell["status"]),
        text=checks.long_text("text", cell["text"]),
        tokens_in=checks.whole("tokens_in", cell["tokens_in"], 0, limits.COUNT),
        tokens_out=checks.whole("tokens_out", cell["tokens_out"], 0, limits.COUNT),
        seconds=checks.finite("seconds", cell["seconds"]),
    )
