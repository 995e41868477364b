"""Frames carry numbers and nothing else, and never more than was allowed."""

from __future__ import annotations

import os
import socket
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from evolve.sandbox import wire

NONCE = b"0123456789abcdef"


def parse(frame: bytes, cap: int = 1 << 20) -> tuple[dict, tuple[np.ndarray, ...]]:
    prefix = frame[: wire.PREFIX.size]
    _, n_header, n_payload = wire.read_prefix(prefix, NONCE, wire.ANSWER_HEADER_CAP, cap)
    start = wire.PREFIX.size
    body = bytearray(frame[start + n_header :])
    assert len(body) == n_payload
    return wire.unpack(frame[start : start + n_header], body)


@given(st.lists(arrays("<f8", array_shapes(min_dims=0, max_dims=4, min_side=0)), max_size=4))
def test_arrays_come_back_bit_for_bit_and_writable(values: list[np.ndarray]) -> None:
    meta, back = parse(wire.pack(NONCE, {"a": [1, "ü"]}, values))
    assert meta == {"a": [1, "ü"]}
    assert [b.shape for b in back] == [v.shape for v in values]
    assert [b.tobytes() for b in back] == [v.tobytes() for v in values]
    assert all(b.flags.writeable for b in back)


def test_integers_become_floats() -> None:
    _, (back,) = parse(wire.pack(NONCE, {}, [np.arange(3)]))
    assert back.dtype == np.float64


@given(st.binary(min_size=wire.PREFIX.size, max_size=wire.PREFIX.size))
def test_a_prefix_of_noise_is_refused(prefix: bytes) -> None:
    with pytest.raises(wire.WireError):
        wire.read_prefix(prefix, NONCE, 1 << 20, 1 << 20)


@pytest.mark.parametrize(
    "header",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b'{"meta":[],"shapes":[]}',
        b'{"meta":{},"shapes":{}}',
        b'{"meta":{},"shapes":[[-1]]}',
        b'{"meta":{},"shapes":[[1.0]]}',
        b'{"meta":{},"shapes":[[true]]}',
        b'{"meta":{},"shapes":[[1,1,1,1,1]]}',
        b'{"meta":{},"shapes":[[4294967295,4294967295,4294967295]]}',
        b'{"meta":{},"shapes":[[2]]}',
        b"[" * 100_000,
        b'{"meta":' + b"9" * 5000 + b',"shapes":[]}',
        b"\xff\xfe",
    ],
)
def test_headers_that_lie_are_refused(header: bytes) -> None:
    with pytest.raises(wire.WireError):
        wire.unpack(header, bytearray(8))


def test_a_length_above_the_cap_is_refused_before_it_is_read() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        reader = wire.FrameReader(NONCE, 1 << 10)
        ours.setblocking(False)
        theirs.send(wire.PREFIX.pack(wire.MAGIC, NONCE, 2, 1 << 50))
        with pytest.raises(wire.WireError) as caught:
            reader.read_from(ours)
    assert caught.value.too_large


def test_a_frame_in_pieces_is_put_together() -> None:
    frame = wire.pack(NONCE, {"x": 1}, [np.arange(9.0)])
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.setblocking(False)
        reader = wire.FrameReader(NONCE, 1 << 20)
        for i in range(0, len(frame), 7):
            with pytest.raises(EOFError):
                reader.frame()
            theirs.send(frame[i : i + 7])
            reader.read_from(ours)
        meta, (array,) = reader.frame()
    assert meta == {"x": 1}
    np.testing.assert_array_equal(array, np.arange(9.0))


def test_a_child_that_drips_is_cut_off_at_the_deadline() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.send(b"EVO1")
        began = time.monotonic()
        with pytest.raises(TimeoutError):
            wire.receive_answer(ours, NONCE, began + 0.05, 1 << 10)


def test_a_closed_wire_ends_the_child_side() -> None:
    ours, theirs = socket.socketpair()
    with theirs:
        os.write(ours.fileno(), b"EVO1")
        ours.close()
        assert wire.receive(theirs.fileno()) is None


def test_an_answer_longer_than_what_is_read_at_once_is_put_together() -> None:
    values = np.arange(3.0 * wire.FIRST_BYTES)
    frame = wire.pack(NONCE, {"x": 1}, [values[:0], values])
    ours, theirs = socket.socketpair()
    with ours, theirs, ThreadPoolExecutor(1) as thread:
        thread.submit(theirs.sendall, frame)
        answer = wire.receive_answer(ours, NONCE, time.monotonic() + 5.0, len(frame))
    assert answer[0] == {"x": 1}
    np.testing.assert_array_equal(answer[1][1], values)


def test_an_answer_that_goes_on_behind_its_end_is_refused() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(wire.pack(NONCE, {}) + b"E")
        with pytest.raises(wire.WireError, match="behind its end"):
            wire.receive_answer(ours, NONCE, time.monotonic() + 5.0, 1 << 10)
