"""What a language model was told for one entry of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evolve.errors import EvolveError

if TYPE_CHECKING:
    from evolve.runs.store import Store


def print_prompt(store: Store, number: int | None, *, json: bool) -> None:
    """Print what was sent to a model for an entry, and what it answered.

    Raises:
        EvolveError: No entry is named, or no model made it.
    """
    from evolve.cli.output import print_json
    from evolve.runs.replies import exchange_of

    if number is None:
        raise EvolveError(
            "--prompt: needs --entry N; see: python -m evolve query RUN --origin model"
        )
    exchange = exchange_of(store, store.entry(number))
    reply = exchange.reply.text if exchange.reply is not None else ""
    if json:
        parts = [{"role": role, "content": text} for role, text in exchange.prompt]
        document = {"entry": number, "model": exchange.model, "mode": exchange.mode}
        shown = {"prompt_hash": exchange.prompt_hash, "messages": parts, "reply": reply}
        print_json(document | shown)
        return
    print(f"entry {number}: {exchange.operator}, prompt {exchange.prompt_hash}")
    for role, text in exchange.prompt:
        print(f"\n--- {role} ---\n{text}", end="")
    print(f"\n--- reply ---\n{reply}")
