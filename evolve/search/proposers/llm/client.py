"""One request to an endpoint that speaks OpenAI's chat completions, bounded in time and size.

A server may say anything, for as long as it likes: what comes is read up to a size and a deadline,
and every shape is checked before it is used. A server that asks to wait is obeyed up to the
deadline of the request; the client's own retries, which sleep past it, are off.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from evolve.errors import EvolveError
from evolve.printable import printable
from evolve.search.proposers.llm.exchange import OK, REPLY_CHARS, Messages, Reply
from evolve.search.proposers.llm.keys import Key
from evolve.search.proposers.llm.settings import COMPLETION, OPENAI, Model

MOST_BYTES = 4 * 2**20  # of an answer, around a reply of 1 MiB
ERROR_CHARS = 300
MOST_RETRIES = 4
LEAST_PAUSE = 0.5  # seconds before a server that is overloaded is asked again
BUSY = frozenset({429, 502, 503, 504})
INSTALL = "proposers: llm needs the openai client: pip install 'evolve-laws[llm]'"

Sleep = Callable[[float], bool]  # sleeps so many seconds; whether it was woken to end


class Endpoint:
    """A model at its endpoint; one call at a time from each of several threads.

    Args:
        model: The model.
        key: Its key.
        sleep: Sleeps between retries.
    """

    def __init__(self, model: Model, key: Key, sleep: Sleep) -> None:
        """Make the client; nothing is sent.

        Raises:
            EvolveError: The client is not installed.
        """
        self.model, self._key, self._sleep = model, key, sleep
        self._local = threading.local()
        self._openai = _library()
        self._client = self._make_client()  # which threads may share, and is dear to make

    def ask(self, messages: Messages) -> Reply:
        """Ask once, and again where the server asks to wait; never longer than the timeout."""
        began = time.monotonic()
        deadline = began + self.model.timeout
        for attempt in range(MOST_RETRIES + 1):
            reply, pause = self._try(messages, deadline)
            late = pause is None or time.monotonic() + pause >= deadline
            if late or attempt == MOST_RETRIES or self._sleep(pause or 0.0):
                break
        text = printable(self._key.strike(reply.text))[:REPLY_CHARS]
        seconds = round(time.monotonic() - began, 3)
        return Reply(reply.status, text, reply.tokens_in, reply.tokens_out, seconds)

    def _try(self, messages: Messages, deadline: float) -> tuple[Reply, float | None]:
        """One request: its reply, and how long to wait before another, None for not at all."""
        openai = self._openai
        self._local.deadline = deadline
        try:
            answer = self._create(messages, max(deadline - time.monotonic(), 0.1))
            return read_answer(answer.http_response.content), None
        except openai.APIStatusError as error:
            code = int(error.status_code)
            pause = retry_after(error.response.headers) if code in BUSY else None
            return Reply(f"http {code}", _said(error)), pause
        except (openai.APITimeoutError, TimeoutError):
            return Reply("timeout", f"no answer within {self.model.timeout:g} s"), None
        except TooLargeError:
            return Reply("too-large", f"more than {MOST_BYTES} bytes"), None
        except openai.APIConnectionError as error:
            cause = error.__cause__
            if isinstance(cause, TooLargeError | TimeoutError):
                status = "too-large" if isinstance(cause, TooLargeError) else "timeout"
                return Reply(status), None
            return Reply("unreachable", f"{type(cause).__name__}"), None
        except _FAULTS as error:  # of the client, made by what the server said
            return Reply("bad-answer", f"{type(error).__name__}"), None

    def _create(self, messages: Messages, timeout: float) -> Any:
        """Send a chat, or a text to be completed up to the end of its line."""
        model, client = self.model, self._client
        wanted: dict[str, Any] = {"model": model.model, "timeout": timeout}
        if model.temperature is not None:
            wanted["temperature"] = model.temperature
        if model.replies == COMPLETION:
            text = messages[-1][1]
            wanted |= {"prompt": text, "stop": ["\n"], "max_tokens": model.max_tokens}
            return client.completions.with_raw_response.create(**wanted)
        limit = "max_completion_tokens" if model.base_url == OPENAI else "max_tokens"
        wanted["messages"] = [{"role": role, "content": text} for role, text in messages]
        return client.chat.completions.with_raw_response.create(
            **wanted, **{limit: model.max_tokens}
        )

    def _make_client(self) -> Any:
        """The client; each thread's deadline is its own."""
        own = self.model.base_url != OPENAI
        return self._openai.OpenAI(
            api_key=self._key.reveal(),
            base_url=self.model.base_url,
            organization="" if own else None,
            project="" if own else None,
            max_retries=0,
            http_client=_bounded_client(self._openai, self._local),
        )


_FAULTS = (
    *(ArithmeticError, AttributeError, LookupError, MemoryError, OSError, RuntimeError),
    *(TypeError, ValueError),
)


class TooLargeError(Exception):
    """An answer is larger than any that is read."""


def _library() -> Any:
    try:
        import openai
    except ModuleNotFoundError:
        raise EvolveError(INSTALL) from None
    return openai


def _bounded_client(openai: Any, local: threading.local) -> Any:
    """A client whose answers are read up to a size and this thread's deadline."""

    class Bounded(openai.DefaultHttpxClient):  # type: ignore[misc]
        def send(self, request: Any, **options: Any) -> Any:
            request.headers["accept-encoding"] = "identity"
            answer = super().send(request, **{**options, "stream": True})
            try:
                content = b"".join(bounded(answer.iter_raw(), local.deadline))
            finally:
                answer.close()
            names = ("content-type", "retry-after", "location")
            headers = {k: v for k, v in answer.headers.items() if k.lower() in names}
            made = type(answer)(
                answer.status_code, headers=headers, content=content, request=request
            )
            made.history = answer.history
            return made

    return Bounded()


def bounded(chunks: Iterator[bytes], deadline: float) -> Iterator[bytes]:
    """The chunks of an answer, as long as they are few enough and come in time.

    Raises:
        TooLargeError: They are more than `MOST_BYTES`.
        TimeoutError: They come after the deadline.
    """
    n_bytes = 0
    for chunk in chunks:
        n_bytes += len(chunk)
        if n_bytes > MOST_BYTES:
            raise TooLargeError
        if time.monotonic() > deadline:
            raise TimeoutError
        yield chunk


def read_answer(content: bytes) -> Reply:
    """The reply in an answer of status 200, whatever it holds."""
    try:
        data = json.loads(content)
    except (ValueError, RecursionError):
        return Reply("bad-answer", "the answer is no JSON")
    choices = data.get("choices") if isinstance(data, dict) else None
    choice = choices[0] if isinstance(choices, list) and choices else None
    message = choice.get("message") if isinstance(choice, dict) else None
    text = message.get("content") if isinstance(message, dict) else None
    if isinstance(choice, dict) and message is None:
        text = choice.get("text")  # of a completion
    if not isinstance(text, str):
        error = data.get("error") if isinstance(data, dict) else None
        detail = error.get("message") if isinstance(error, dict) else None
        why = detail if isinstance(detail, str) else "the answer holds no reply"
        return Reply("bad-answer", why[:ERROR_CHARS])
    usage = data.get("usage")
    counts = [_count(usage, name) for name in ("prompt_tokens", "completion_tokens")]
    return Reply(OK, text, *counts)


def _count(usage: object, name: str) -> int:
    value = usage.get(name) if isinstance(usage, dict) else None
    return value if type(value) is int and 0 <= value <= 10**9 else 0


def retry_after(headers: Any) -> float:
    """Seconds that a busy server asks to wait."""
    try:
        seconds = float(headers.get("retry-after", ""))
    except (TypeError, ValueError):
        return LEAST_PAUSE
    return max(seconds, LEAST_PAUSE) if seconds < 1e6 else 1e6


def _said(error: Any) -> str:
    """What a server says of an error."""
    body = getattr(error, "body", None)
    message = body.get("message") if isinstance(body, dict) else None
    return message[:ERROR_CHARS] if isinstance(message, str) else ""
