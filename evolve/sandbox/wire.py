"""Small dicts and float64 arrays to bounded byte frames, and back without unpickling anything.

A frame is a prefix (magic, nonce, two lengths), a JSON header (`meta` and the shapes of the
arrays) and the raw little-endian float64 values. Every length is checked against a cap before a
byte is read, and the shapes must add up to exactly the bytes that came.
"""

from __future__ import annotations

import json
import os
import socket
import struct
import time
from collections.abc import Sequence
from itertools import accumulate
from typing import Any, Final

import numpy as np

PREFIX: Final = struct.Struct("<4s16sIQ")
MAGIC: Final = b"EVO1"
NONCE_BYTES: Final = 16
HEADER_CAP: Final = 16 << 20
PAYLOAD_CAP: Final = 1 << 32
ANSWER_HEADER_CAP: Final = 1 << 20
MAX_DIMENSIONS: Final = 4
MAX_ARRAYS: Final = 65_536
_FLOATS: Final = np.dtype("<f8")
_to_json: Final = json.JSONEncoder(separators=(",", ":")).encode
FIRST_BYTES: Final = 1 << 16  # of an answer that are read at once; most have fewer


class WireError(Exception):
    """Bytes that are no valid frame; `too_large` when only their number is wrong."""

    def __init__(self, message: str, too_large: bool = False) -> None:
        """Keep the message and whether a cap was broken."""
        super().__init__(message)
        self.too_large = too_large


def pack(nonce: bytes, meta: dict[str, Any], arrays: Sequence[np.ndarray] = ()) -> bytes:
    """Return the frame of `meta` (anything JSON can hold) and float64 copies of `arrays`."""
    values = [np.asarray(a, dtype=_FLOATS) for a in arrays]
    header = _to_json({"meta": meta, "shapes": [v.shape for v in values]}).encode()
    payload = b"".join([v.tobytes() for v in values])
    return b"".join([PREFIX.pack(MAGIC, nonce, len(header), len(payload)), header, payload])


def read_prefix(
    prefix: bytes | bytearray, nonce: bytes | None, header_cap: int, payload_cap: int
) -> tuple[bytes, int, int]:
    """Check a prefix.

    Args:
        prefix: `PREFIX.size` bytes.
        nonce: What the frame must carry; `None` accepts any.
        header_cap: Most bytes of header.
        payload_cap: Most bytes of values.

    Returns:
        The nonce, the bytes of header and the bytes of values to read next.

    Raises:
        WireError: The prefix is not of this format, or a length is above its cap.
    """
    magic, got, header, payload = PREFIX.unpack(prefix)
    if magic != MAGIC:
        raise WireError("answer: does not begin as a frame")
    if nonce is not None and got != nonce:
        raise WireError("answer: carries the wrong nonce")
    if header > header_cap:
        raise WireError(f"answer: header of {header} bytes, at most {header_cap}", True)
    if payload > payload_cap:
        raise WireError(f"answer: {payload} bytes, at most {payload_cap}", True)
    return got, header, payload


def unpack(
    header: bytes | bytearray, payload: bytearray
) -> tuple[dict[str, Any], tuple[np.ndarray, ...]]:
    """Return `meta` and the arrays, which are writable views of `payload`.

    Raises:
        WireError: The header is not JSON of this format, or the shapes do not fit the values.
    """
    try:
        fields = json.loads(header)
        meta, shapes = fields["meta"], fields["shapes"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise WireError("answer: header cannot be read") from error
    if not isinstance(meta, dict) or not isinstance(shapes, list) or len(shapes) > MAX_ARRAYS:
        raise WireError("answer: header has the wrong fields")
    ends = list(accumulate([_size_of(shape) for shape in shapes], initial=0))
    if 8 * ends[-1] != len(payload):
        raise WireError("answer: shapes do not fit the number of bytes")
    values = np.frombuffer(payload, dtype=_FLOATS)
    places = zip(shapes, ends, ends[1:], strict=False)
    return meta, tuple([values[begin:end].reshape(shape) for shape, begin, end in places])


def _size_of(shape: Any) -> int:
    """How many values an array of a shape has.

    Raises:
        WireError: It is no shape, or one that numpy refuses.
    """
    size = most = 1
    fits = isinstance(shape, list) and len(shape) <= MAX_DIMENSIONS
    for n in shape if fits else ():
        fits = fits and type(n) is int and 0 <= n < 1 << 32
        if fits:
            size *= n
            most *= n or 1  # numpy refuses an empty array whose other sides are too long, too
    if not fits or most > PAYLOAD_CAP // 8:
        raise WireError("answer: header has the wrong fields")
    return size


def receive(
    descriptor: int,
) -> tuple[bytes, dict[str, Any], tuple[np.ndarray, ...]] | None:
    """Wait for one frame from the parent (blocking; the child's side).

    Returns:
        Nonce, meta and arrays; `None` when the parent has closed the wire.
    """
    prefix = _read(descriptor, PREFIX.size)
    if prefix is None:
        return None
    nonce, n_header, n_payload = read_prefix(prefix, None, HEADER_CAP, PAYLOAD_CAP)
    header, payload = _read(descriptor, n_header), _read(descriptor, n_payload)
    if header is None or payload is None:
        return None
    return (nonce, *unpack(header, payload))


def send(descriptor: int, frame: bytes) -> None:
    """Write one frame (blocking; the child's side)."""
    rest = memoryview(frame)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def _read(descriptor: int, size: int) -> bytearray | None:
    data = bytearray(size)
    rest = memoryview(data)
    while rest:
        n_read = os.readv(descriptor, [rest])
        if n_read == 0:
            return None
        rest = rest[n_read:]
    return data


def receive_answer(
    connection: socket.socket, nonce: bytes, deadline: float, payload_cap: int
) -> tuple[dict[str, Any], tuple[np.ndarray, ...]]:
    """Wait for one frame from a child (the parent's side), until a deadline.

    Args:
        connection: The parent's end.
        nonce: What the frame must carry.
        deadline: On the monotonic clock, for the whole frame.
        payload_cap: Most bytes of values.

    Raises:
        TimeoutError: The frame was not complete in time.
        EOFError: The child closed the wire.
        WireError: What came is no valid frame, or more than one.
    """
    first = memoryview(bytearray(FIRST_BYTES))
    came = first[: _read_least(connection, first, PREFIX.size, deadline)]
    prefix, rest = came[: PREFIX.size], came[PREFIX.size :]
    sizes = read_prefix(bytes(prefix), nonce, ANSWER_HEADER_CAP, payload_cap)[1:]
    parts = [bytearray(size) for size in sizes]
    for part in parts:
        n = min(len(part), len(rest))
        part[:n], rest = rest[:n], rest[n:]
        _read_least(connection, memoryview(part)[n:], len(part) - n, deadline)
    if rest:
        raise WireError("answer: goes on behind its end")
    return unpack(*parts)


def _read_least(connection: socket.socket, room: memoryview, least: int, deadline: float) -> int:
    """Read what comes into a room until there are so many bytes; how many there are."""
    n = 0
    while n < least:
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        connection.settimeout(left)
        n_read = connection.recv_into(room[n:])
        if n_read == 0:
            raise EOFError
        n += n_read
    return n


class FrameReader:
    """Bytes of one answer, collected as they come and never beyond the caps."""

    def __init__(self, nonce: bytes, payload_cap: int) -> None:
        """Expect one frame with this nonce and at most `payload_cap` bytes of values."""
        self._nonce = nonce
        self._cap = payload_cap
        self._data = bytearray()
        self._size = PREFIX.size
        self._header_end = 0

    def read_from(self, connection: socket.socket) -> bool:
        """Take what has come, without waiting.

        Returns:
            Whether more may come.

        Raises:
            WireError: The frame breaks a cap or the format.
        """
        while len(self._data) < self._size:
            try:
                part = connection.recv(min(1 << 20, self._size - len(self._data)))
            except BlockingIOError:
                return True
            except OSError:
                return False
            if not part:
                return False
            self._data += part
            if len(self._data) == PREFIX.size:
                sizes = read_prefix(self._data, self._nonce, ANSWER_HEADER_CAP, self._cap)
                self._header_end = PREFIX.size + sizes[1]
                self._size = self._header_end + sizes[2]
        return False

    def frame(self) -> tuple[dict[str, Any], tuple[np.ndarray, ...]]:
        """Return `meta` and arrays of the complete frame.

        Raises:
            EOFError: The frame is not complete.
            WireError: It is complete and not valid.
        """
        if not self._header_end or len(self._data) < self._size:
            raise EOFError
        header = self._data[PREFIX.size : self._header_end]
        return unpack(header, self._data[self._header_end :])


def send_some(data: socket.socket, rest: memoryview) -> memoryview:
    """Send what a socket takes without blocking; the rest of it, nothing where nobody reads."""
    try:
        return rest[data.send(rest) :]
    except BlockingIOError:
        return rest
    except OSError:
        return rest[:0]
