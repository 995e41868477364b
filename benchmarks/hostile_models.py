"""Hostile runs that speak of language models: addresses, keys, templates, and what was asked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hostile_ways import DEEP, ESCAPES, Way, opened, put, setting, sql

EXCHANGE = {
    **{"number": 0, "batch": 0, "model": "m", "mode": "rewrite", "parents": "[0]"},
    **{"prompt_hash": "x", "prompt": '[["user","x"]]', "status": "ok", "text": "x"},
    **{"tokens_in": 1, "tokens_out": 1, "seconds": 1.0, "used": 0},
}


def models(*given: dict[str, Any], **values: Any) -> Way:
    """Let the run ask language models: settings of theirs, and of their use."""
    fields = {"models": list(given), "calls": None, "budget": None, "wait": 0.0, "idea": ""}
    return setting(proposers=["grammar", "llm"], models={**fields, "prompts": [], **values})


def exchange(**values: Any) -> Way:
    """Let the run have asked a model, and change the row of what it was asked."""

    def way(run: Path, elsewhere: Path) -> None:
        models({"name": "m"})(run, elsewhere)
        with opened(run) as connection:
            key = connection.execute("SELECT key FROM entries WHERE position = 2").fetchone()[0]
            row = {**EXCHANGE, "key": key, **values}
            names, marks = ", ".join(row), ", ".join("?" * len(row))
            connection.execute(
                f"INSERT INTO exchanges ({names}) VALUES ({marks})", list(row.values())
            )
            put(connection, 2, {"origin": "model"})

    return way


SERVER = {"name": "m", "base_url": "http://127.0.0.1:9/v1"}
SYSTEM = "{{ cycler.__init__.__globals__.os.system('touch mark') }}"
MODELS: dict[str, Way] = {
    "a key of this user's environment": models({**SERVER, "key_env": "HOME"}),
    "a key of a file": models({**SERVER, "key_file": "/etc/hostname"}),
    "a key of a device": models({**SERVER, "key_file": "/dev/zero"}),
    "a model without a name": models({"base_url": "http://127.0.0.1:9/v1"}),
    "a model of an unknown field": models({**SERVER, "evil": 1}),
    "a model of a text for a number": models({**SERVER, "at_once": "9"}),
    "a model at no address": models({**SERVER, "base_url": "file:///etc/passwd"}),
    "a million models": models(*[{**SERVER, "name": str(k)} for k in range(10**5)]),
    "models that are a text": models(models="x"),
    "calls that are a text": models(SERVER, calls="x"),
    "an idea that is a list": models(SERVER, idea=[1]),
    "a template that runs a command": models(SERVER, prompts=[["rewrite.j2", SYSTEM]]),
    "a template that never ends": models(
        SERVER, prompts=[["system.j2", "{% for a in range(99999) %}{{ a }}{% endfor %}" * 99]]
    ),
    "templates that are numbers": models(SERVER, prompts=[[1, 2, 3]]),
    "an exchange as it may be": exchange(),
    "a prompt that is no JSON": exchange(prompt="[[["),
    "a prompt of parts of three": exchange(prompt='[["a","b","c"]]'),
    "a prompt that is too deep": exchange(prompt=DEEP),
    "a prompt of 10 MB": exchange(prompt='[["user","' + "x" * 10**7 + '"]]'),
    "a prompt that is bytes": exchange(prompt=b"\x00\xff"),
    "a prompt with escapes": exchange(prompt='[["\\u001b[2J","\\u001b]0;owned\\u0007"]]'),
    "a reply with escapes": exchange(text=ESCAPES),
    "a reply of 10 MB": exchange(text="x" * 10**7),
    "a reply of half a character": exchange(text="\\ud800", status="\\ud800"),
    "a reply that is a number": exchange(text=7),
    "a model with escapes": exchange(model=ESCAPES, mode=ESCAPES),
    "tokens below 0": exchange(tokens_in=-1),
    "tokens without end": exchange(tokens_out=2**63 - 1),
    "tokens that are a text": exchange(tokens_out="x"),
    "seconds without end": exchange(seconds=9e999),
    "parents of a model that are texts": exchange(parents='["0"]'),
    "parents of a model beyond all": exchange(parents=f"[{10**30}]"),
    "a reply used in no batch": exchange(used=-1),
    "a reply used in a batch to come": exchange(used=10**6),
    "a reply to a batch to come": exchange(batch=10**6, used=None),
    "an exchange of a huge number": exchange(number=2**62),
    "an exchange without an answer": exchange(status=None, text=None, used=None),
    "an answer without a text": exchange(text=None),
    "a million exchanges": sql(
        "INSERT INTO exchanges (number, batch, model, mode, parents, prompt_hash, prompt, status, "
        "text, tokens_in, tokens_out, seconds, used, key) WITH RECURSIVE n(i) AS (SELECT 0 UNION "
        "ALL SELECT i + 1 FROM n WHERE i < 1000000) SELECT i, 0, 'm', 'rewrite', '[]', 'x', '[]', "
        "'ok', '', 1, 1, 1.0, 0, '' FROM n"
    ),
}
