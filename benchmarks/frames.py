"""Answer frames that no honest child sends, and the engine's way of reading them.

Half of them are valid but for one thing, so that they get past the first check. `read` takes one
through all that reads answers of programs; whatever it holds, that gives an outcome.
"""

from __future__ import annotations

import json
import random
import socket
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from evolve.sandbox import ForeignLane, Limits, Outcome, Worker, wire
from evolve.sandbox.forks import _judge
from evolve.sandbox.outcome import STATUSES
from evolve.sandbox.zygote import ENDED

NONCE = b"0123456789abcdef"
LIMITS = Limits(answer_bytes=1 << 16)
ROWS = (3, 5)  # of the two groups that are asked for
CLEAN_END = (0, ENDED, 0.01, 0.0, 1024, 0)

NUMBERS = (0, 1, -1, 2, 3, 5, 7, 1.5, 1 << 31, (1 << 32) - 1, 1 << 32, 1 << 63, 10**30, -0.0)
ODD = (None, True, False, "", "ok", "exception", "\x1b[0m", "\ud800", "é", [], {}, [[]], [1, [2]])


def any_json(rng: random.Random, depth: int = 0) -> Any:
    """Any JSON value, shallow."""
    kind = rng.randrange(4 if depth < 3 else 2)
    if kind == 0:
        return rng.choice(NUMBERS)
    if kind == 1:
        return rng.choice(ODD)
    if kind == 2:
        return [any_json(rng, depth + 1) for _ in range(rng.randrange(4))]
    return {rng.choice(("status", "meta", "a", "")): any_json(rng, depth + 1) for _ in "ab"}


def any_shapes(rng: random.Random) -> Any:
    """Shapes of two groups, often as they should be."""
    if rng.random() < 0.5:
        return [[n, *rng.choice(([], [1], [2], [0]))] for n in ROWS]
    if rng.random() < 0.2:
        return any_json(rng)
    sides = range(rng.randrange(6))
    return [[rng.choice(NUMBERS[:12]) for _ in sides] for _ in range(rng.randrange(4))]


def any_meta(rng: random.Random) -> Any:
    """Fields of an answer, each of them perhaps of another kind."""
    meta: dict[str, Any] = {"status": rng.choice(["ok", "ok", "exception", "memory", "violation"])}
    meta["message"] = "a text\x1b[0m"
    for name in ("status", "message", "meta", "report", "cpu_s", "rss_kib"):
        if rng.random() < 0.2:
            meta[name] = any_json(rng)
    return meta if rng.random() < 0.9 else any_json(rng)


def header_of(rng: random.Random, shapes: Any) -> bytes:
    """A header that may lack fields, nest deep or be no JSON."""
    kind = rng.randrange(12)
    if kind == 0:
        return json.dumps(any_json(rng)).encode()
    if kind == 1:
        depth = rng.choice((10, 900, 5000, 20_000))
        inner = "[" * depth + "]" * depth
        return f'{{"meta":{{"status":{inner},"message":{inner}}},"shapes":[]}}'.encode()
    if kind == 2:
        return rng.randbytes(rng.randrange(60))
    fields = {"meta": any_meta(rng), "shapes": shapes}
    if kind == 3:
        del fields[rng.choice(("meta", "shapes"))]
    text = json.dumps(fields)
    return text.encode(rng.choice(("utf-16", "utf-32")) if kind == 4 else "utf-8")


def payload_of(rng: random.Random, shapes: Any) -> bytes:
    """Values for shapes, where those are sensible; now and then others."""
    size = 0
    if isinstance(shapes, list) and all(isinstance(s, list) for s in shapes) and shapes:
        sides = [[n if isinstance(n, int) and 0 <= n < 9 else 0 for n in s] for s in shapes]
        size = sum(int(np.prod(s)) for s in sides)
    values = np.array([rng.uniform(-2, 2) for _ in range(size)], dtype="<f8")
    if size and rng.random() < 0.3:
        values[rng.randrange(size)] = rng.choice((np.nan, np.inf, -np.inf, 1e308, 5e-324))
    data = values.tobytes()
    return data if rng.random() < 0.9 else data + rng.randbytes(rng.choice((1, 7, 8, 9)))


def any_frame(rng: random.Random) -> bytes:
    """The bytes of one answer."""
    if rng.random() < 0.05:
        return rng.randbytes(rng.randrange(100))
    shapes = any_shapes(rng)
    header, payload = header_of(rng, shapes), payload_of(rng, shapes)
    sizes = [len(header), len(payload)]
    if rng.random() < 0.1:
        sizes[0] = rng.choice((0, sizes[0] + 1, max(sizes[0] - 1, 0), (1 << 32) - 1))
    if rng.random() < 0.1:
        sizes[1] = rng.choice((0, sizes[1] + 8, max(sizes[1] - 8, 0), (1 << 64) - 1))
    magic = wire.MAGIC if rng.random() < 0.97 else rng.randbytes(4)
    nonce = NONCE if rng.random() < 0.97 else rng.randbytes(wire.NONCE_BYTES)
    frame = bytearray(wire.PREFIX.pack(magic, nonce, *sizes) + header + payload)
    if rng.random() < 0.1:
        frame[rng.randrange(len(frame))] ^= 1 << rng.randrange(8)
    return bytes(frame[: rng.randrange(len(frame))] if rng.random() < 0.05 else frame)


def of_a_fork(frame: bytes) -> Outcome:
    """What the engine makes of a frame of a forked child that ended well."""
    ours, theirs = socket.socketpair()
    with ours:
        with theirs:
            theirs.sendall(frame)
        ours.setblocking(False)
        reader = wire.FrameReader(NONCE, LIMITS.answer_bytes)
        try:
            while reader.read_from(ours):
                pass
        except wire.WireError as error:  # as `Zygotes` handles it
            return Outcome("answer-too-large" if error.too_large else "bad-answer", str(error))
    return _judge(CLEAN_END, reader, LIMITS, 1.0)


class _Ended:
    """A process that is gone."""

    pid = 0
    runs = False

    def ended(self, timeout_s: float) -> int:
        return 0

    def said(self, limit: int) -> str:
        return ""

    def end(self) -> None:
        pass


def of_a_worker(frame: bytes) -> Outcome:
    """What the engine makes of a frame of a worker that is then gone."""
    worker: Any = Worker("none", limits=LIMITS)
    ours, theirs = socket.socketpair()
    with theirs:
        theirs.sendall(frame)
    worker._wire, worker._nonce, worker._process = ours, NONCE, _Ended()
    outcome: Outcome = worker._receive(time.monotonic() + 5.0)
    worker.close()
    return outcome


class _Frames:
    """In place of processes: each call is answered by a frame."""

    def __init__(self, next_frame: Callable[[], bytes]) -> None:
        self._next = next_frame

    def run(self, meta: dict[str, Any], arrays: Sequence[np.ndarray], cpu_s: float) -> Outcome:
        return of_a_fork(self._next())


def lane_of(next_frame: Callable[[], bytes]) -> ForeignLane:
    """A lane without a gate whose every call is answered by the next frame."""
    lane: Any = ForeignLane(limits=LIMITS, gate=False)
    lane._runner, lane._level = _Frames(next_frame), "strong"
    return lane  # type: ignore[no-any-return]


def read(rng: random.Random) -> list[Outcome]:
    """Take frames through everything that reads them.

    Raises:
        Exception: Whatever the engine let through; there should be none.
    """
    frame = any_frame(rng)
    lane = lane_of(lambda: frame)
    X, Y = [np.ones((n, 2)) for n in ROWS], [np.ones(n) for n in ROWS]
    outcomes = [of_a_fork(frame), of_a_worker(frame)]
    outcomes += [lane.fit("", X, Y), lane.predict("", X, Y), lane.law("", X, *["ab"] * 3)]
    whole = [np.full((n, 1), 0.5) for n in ROWS]
    batches = lane_of(lambda: any_frame(rng))
    outcomes += [batches.predict_in_batches("", X, Y, whole)]
    for outcome in outcomes:
        assert outcome.status in STATUSES, outcome
        assert outcome.ok or not outcome.arrays, outcome
        assert all(c.isprintable() or c == "\n" for c in outcome.message), outcome
    for outcome in outcomes[2:]:
        assert all(np.isfinite(values).all() for values in outcome.arrays), outcome
    return outcomes
