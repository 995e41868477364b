"""An OpenAI-compatible endpoint on the loopback whose replies a test has written down."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

LAW = """Here is a law:

```python
import numpy as np
from evolve.fitting import fit_law

def scaling_law_func(data_points, params):
    X = np.atleast_2d(np.asarray(data_points, dtype=float))
    c0, c1, c2, c3 = np.moveaxis(np.asarray(params, dtype=float)[..., None], -2, 0)
    return {body}

def fit_scaling_law(data_points, loss_values):
    return fit_law(scaling_law_func, data_points, loss_values, n_constants=4)
```
"""
BODIES = (
    "c0 + np.exp(c1 + c2 * np.log(X[:, 0])) + c3 * np.log(X[:, 1])",
    "c0 + np.exp(c1 + c2 * np.log(X[:, 0])) + c3 / X[:, 1]",
    "c0 + c1 * np.tanh(c2 + c3 * np.log(X[:, 0]))",
    "c0 + c1 / (1 + np.exp(c2 + c3 * np.log(X[:, 0])))",
    "c0 + np.exp(c1 + c2 * np.log(X[:, 0] + c3 * c3))",
    "(c0 + c1 * np.log(X[:, 0])) ** 2 + c2 * X[:, 1] ** c3",
    "c0 * X[:, 0] ** c1 + c2 * X[:, 1] ** c3",
    "c0 + c1 * np.exp(-c2 * X[:, 0] ** c3)",
)


@dataclass(frozen=True)
class Said:
    """One answer of the server: a reply's text, or a body and a status of its own."""

    text: str = ""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None
    delay: float = 0.0
    drop: bool = False
    endless: bool = False


Script = Callable[[int, dict[str, Any]], Said]  # from a request's number and content


def good(number: int, request: dict[str, Any]) -> Said:
    """A law that depends on the prompt alone, in prose and a fence."""
    prompt = json.dumps(request.get("messages") or request["prompt"]).encode()
    digest = hashlib.sha256(prompt).digest()
    body = BODIES[digest[0] % len(BODIES)]
    if digest[1] % 2:  # another form
        body = f"{body} + {('np.sqrt', 'np.log')[digest[2] % 2]}(X[:, {digest[3] % 2}]) * c3"
    return Said(LAW.replace("{body}", body))


class ModelServer(ThreadingHTTPServer):
    """The server; `requests` holds what was asked, in order of arrival."""

    daemon_threads = True

    def __init__(self, script: Script) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.script = script
        self.requests: list[dict[str, Any]] = []
        self.keys: list[str] = []
        self.lock = threading.Lock()
        self.ended = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients hang up; that is no error of a test."""


class _Handler(BaseHTTPRequestHandler):
    server: ModelServer

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        request = json.loads(self.rfile.read(length))
        with self.server.lock:
            number = len(self.server.requests)
            self.server.requests.append(request)
            self.server.keys.append(self.headers.get("Authorization", ""))
        said = self.server.script(number, request)
        self.server.ended.wait(said.delay)
        if said.drop:
            self.connection.close()
            return
        body = said.body
        if body is None:
            message: dict[str, Any] = {"message": {"role": "assistant", "content": said.text}}
            if not self.path.endswith("/chat/completions"):
                message = {"text": said.text}
            usage = {"prompt_tokens": 900, "completion_tokens": len(said.text) // 4}
            choices = [{"index": 0, "finish_reason": "stop", **message}]
            body = json.dumps({"id": "x", "object": "chat.completion", "created": 0, "model": "m",
                               "choices": choices, "usage": usage}).encode()  # fmt: skip
        self.send_response(said.status)
        self.send_header("Content-Type", "application/json")
        if not said.endless:
            self.send_header("Content-Length", str(len(body)))
        for name, value in said.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        while said.endless and not self.server.ended.is_set():
            self.wfile.write(b"x" * 65536)

    def log_message(self, *args: object) -> None:
        pass


@contextmanager
def serving(script: Script = good) -> Iterator[ModelServer]:
    """A server that answers by a script, for as long as the context lasts."""
    server = ModelServer(script)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.ended.set()
        server.shutdown()
        server.server_close()
        thread.join()


def in_turn(*said: Said) -> Script:
    """A script that goes through some answers, again and again."""
    return lambda number, request: said[number % len(said)]


def slowly(seconds: float) -> Script:
    """The good script, with a delay."""

    def script(number: int, request: dict[str, Any]) -> Said:
        return Said(good(number, request).text, delay=seconds)

    return script
