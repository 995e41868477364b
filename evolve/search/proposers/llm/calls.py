"""Requests under way: sent ahead by threads of their own, so that nobody waits who need not.

The threads are daemons: an endpoint that never answers keeps no process alive. Whatever comes
after a request's time is ignored.
"""

from __future__ import annotations

import math
import queue
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Protocol

from evolve.search.proposers.llm.exchange import Exchange, Messages, Reply
from evolve.search.proposers.llm.settings import Model

STEP = 0.005  # seconds between two looks at what has arrived
GRACE = 1.0  # seconds after its timeout at which a request is given up, whatever its thread does


class Asks(Protocol):
    """What sends one request and waits for its reply."""

    def ask(self, messages: Messages) -> Reply:
        """Ask once."""


Connect = Callable[[Model, Callable[[float], bool]], Asks]
Ahead = Callable[[Exchange, Reply], None]


class Caller:
    """The requests of a run that are under way.

    Args:
        models: The models by name.
        connect: Makes what asks a model, of the model and of a sleep that ends early at the end.
        seconds: Time of the search from now on; nobody waits for a reply beyond it.
    """

    def __init__(
        self, models: Mapping[str, Model], connect: Connect, seconds: float | None = None
    ) -> None:
        """Make the lines; no thread starts before the first request."""
        self._last = math.inf if seconds is None else time.monotonic() + seconds
        self._ended = threading.Event()
        self._arrived: queue.SimpleQueue[tuple[int, Reply]] = queue.SimpleQueue()
        self._sent: dict[int, str] = {}
        self._lines = {
            name: _Line(model, connect(model, self._ended.wait), self._arrived, self._ended)
            for name, model in models.items()
        }

    @property
    def under_way(self) -> frozenset[int]:
        """Numbers of the exchanges without a reply so far."""
        return frozenset(self._sent)

    def listen(self, ahead: Ahead) -> None:
        """Have each reply worked on in its thread before it has arrived; by what never raises."""
        for line in self._lines.values():
            line.ahead = ahead

    def send(self, exchanges: Iterable[Exchange]) -> None:
        """Send requests, in their order."""
        for exchange in exchanges:
            self._sent[exchange.number] = exchange.model
            self._lines[exchange.model].put(exchange)

    def collect(self) -> dict[int, Reply]:
        """The replies since the last call; of a request whose time is over, that it is."""
        replies: dict[int, Reply] = {}
        while True:
            try:
                number, reply = self._arrived.get_nowait()
            except queue.Empty:
                break
            if self._sent.pop(number, None) is not None:
                replies[number] = reply
        for line in self._lines.values():
            for number in line.overdue():
                if self._sent.pop(number, None) is not None:
                    replies[number] = Reply("timeout", seconds=line.model.timeout)
        return replies

    def wait(self, numbers: Iterable[int], seconds: float) -> dict[int, Reply]:
        """Collect until some exchanges have replies, or so many seconds are over."""
        end, wanted = min(time.monotonic() + seconds, self._last), set(numbers)
        replies = self.collect()
        while wanted & self._sent.keys() and time.monotonic() < end:
            if self._ended.wait(STEP):
                break
            replies |= self.collect()
        return replies

    def close(self) -> None:
        """Let the threads end when they can; nobody waits for them. Twice is harmless."""
        self._ended.set()
        for line in self._lines.values():
            line.close()


class _Line:
    """The requests to one model: a few threads, and the pace that all of them keep."""

    def __init__(
        self,
        model: Model,
        endpoint: Asks,
        arrived: queue.SimpleQueue[tuple[int, Reply]],
        ended: threading.Event,
    ) -> None:
        self.model = model
        self.ahead: Ahead = lambda exchange, reply: None
        self._endpoint, self._arrived, self._ended = endpoint, arrived, ended
        self._waiting: queue.SimpleQueue[Exchange | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._began: dict[int, float] = {}
        self._next_start = 0.0
        self._n_threads = 0

    def put(self, exchange: Exchange) -> None:
        if self._n_threads < self.model.at_once:
            self._n_threads += 1
            name = f"evolve-{self.model.name[:20]}-{self._n_threads}"
            threading.Thread(target=self._work, name=name, daemon=True).start()
        self._waiting.put(exchange)

    def overdue(self) -> list[int]:
        """Numbers of the requests that should have ended."""
        latest = time.monotonic() - self.model.timeout - GRACE
        with self._lock:
            late = [number for number, began in self._began.items() if began < latest]
            for number in late:
                del self._began[number]
        return late

    def close(self) -> None:
        for _ in range(self._n_threads):
            self._waiting.put(None)

    def _work(self) -> None:
        while (exchange := self._waiting.get()) is not None:
            if self._ended.wait(self._pause()) or self._ended.is_set():
                return
            with self._lock:
                self._began[exchange.number] = time.monotonic()
            reply = self._endpoint.ask(exchange.prompt)
            with self._lock:
                self._began.pop(exchange.number, None)
            self.ahead(exchange, reply)
            self._arrived.put((exchange.number, reply))

    def _pause(self) -> float:
        """Seconds until the next request may start; the one after it starts later."""
        if self.model.per_minute is None:
            return 0.0
        with self._lock:
            now = time.monotonic()
            start = max(self._next_start, now)
            self._next_start = start + 60.0 / self.model.per_minute
        return start - now
