"""Serve a GGUF file on the loopback, for chats and completions, by llama-cpp-python alone.

    python benchmarks/serve_gguf.py FILE PORT

The server that llama-cpp-python 0.3.4 brings answers every chat with 500: an `await` is missing in
its `create_chat_completion`.
"""

from __future__ import annotations

import json
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

from llama_cpp import Llama

CONTEXT = 8192  # tokens
ASKED = ("temperature", "max_tokens", "stop", "seed")


class Handler(BaseHTTPRequestHandler):
    """One request after the other; the model is a field of the class."""

    model: Llama

    def do_GET(self) -> None:
        """Say that the server is there."""
        self._answer(200, {"object": "list", "data": []})

    def do_POST(self) -> None:
        """Answer a chat, or complete a text."""
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        wanted = {name: asked[name] for name in ASKED if name in asked}
        try:
            if "prompt" in asked:
                answer = self.model.create_completion(asked["prompt"], **wanted)
            else:
                answer = self.model.create_chat_completion(asked["messages"], **wanted)
        except ValueError as error:  # more tokens than the context has
            self._answer(400, {"error": {"message": str(error)}})
        else:
            self._answer(200, answer)

    def _answer(self, status: int, document: Any) -> None:
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Print nothing."""


if __name__ == "__main__":
    Handler.model = Llama(sys.argv[1], n_ctx=CONTEXT, verbose=False, seed=1)
    HTTPServer(("127.0.0.1", int(sys.argv[2])), Handler).serve_forever()
