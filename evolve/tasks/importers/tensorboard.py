"""TensorBoard: every scalar of event files, read record by record without TensorFlow.

The format: records of `length (8 bytes), checksum (4), event, checksum (4)`, and events as
protocol buffers (tensorflow/core/util/event.proto, tensorflow/core/framework/summary.proto).
TensorBoard's own reader keeps a sample of 10,000 points a tag unless asked for all.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from evolve.errors import TaskError
from evolve.tasks.frames import raw_of_records
from evolve.tasks.importers.logs import RUN, STEP, files_of, joined, run_of
from evolve.tasks.raw import RawTable
from evolve.tasks.sizes import counted

WALL_TIME = "wall_time"
_VARINT, _EIGHT, _BYTES, _FOUR = 0, 1, 2, 5  # wire types
_EVENT = {"wall_time": 1, "step": 2, "summary": 5}
_VALUE = {"tag": 1, "simple_value": 2, "tensor": 8}
_TENSOR = {"dtype": 1, "content": 4, "float": 5, "double": 6}
_FLOAT, _DOUBLE = 1, 2  # types of tensors
MOST_RECORD = 2**24  # bytes of an event that is read: larger ones hold pictures, no scalars


def read(path: Path) -> RawTable:
    """Read the scalars of an event file or of a folder of runs: a row for each run and step.

    Raises:
        TaskError: A file holds no events, or none of them is a scalar.
    """
    points = list(counted(path, _points(path), len))
    if not points:
        raise TaskError(f"{path}: must hold scalars, there are none")
    return raw_of_records(joined(points, (RUN, STEP)), path)


def _points(path: Path) -> Iterator[dict[str, Any]]:
    for file in files_of(path, "*tfevents*"):
        run = run_of(file, path) if file != path else file.parent.name
        for point in _scalars(file):
            yield {RUN: run, **point}


def _scalars(file: Path) -> Iterator[dict[str, Any]]:
    for record in _records(file):
        event = _fields(record, file)
        step = _last(event, _EVENT["step"], 0)
        wall_time = struct.unpack("<d", _last(event, _EVENT["wall_time"], bytes(8)))[0]
        for summary in event.get(_EVENT["summary"], []):
            for text in _fields(summary, file).get(1, []):
                value = _fields(text, file)
                number = _scalar(value, file)
                if number is not None:
                    tag = _last(value, _VALUE["tag"], b"").decode("utf-8", "replace")
                    yield {STEP: step, WALL_TIME: wall_time, tag: number}


def _scalar(value: dict[int, list[Any]], file: Path) -> float | None:
    """The number of a summary's value: a float, or a tensor of one element."""
    if simple := value.get(_VALUE["simple_value"]):
        return float(struct.unpack("<f", simple[-1])[0])
    if _VALUE["tensor"] not in value:
        return None
    tensor = _fields(value[_VALUE["tensor"]][-1], file)
    kind = _last(tensor, _TENSOR["dtype"], 0)
    if kind not in (_FLOAT, _DOUBLE):
        return None
    size, code, key = (4, "<f", "float") if kind == _FLOAT else (8, "<d", "double")
    data = _last(tensor, _TENSOR["content"], b"") or _last(tensor, _TENSOR[key], b"")
    return float(struct.unpack(code, data)[0]) if len(data) == size else None


def _records(file: Path) -> Iterator[bytes]:
    """The events of a file; one that is still being written may end within a record."""
    size = file.stat().st_size
    at = 0
    with file.open("rb") as source:
        while at + 12 <= size:
            length = int.from_bytes(source.read(12)[:8], "little")
            end = at + 12 + length
            if end + 4 > size:
                if at == 0:
                    raise TaskError(f"{file}: must be an event file of TensorBoard")
                return
            if length <= MOST_RECORD:
                yield source.read(length)
            at = end + 4
            source.seek(at)


def _fields(data: bytes, file: Path) -> dict[int, list[Any]]:
    """The fields of a protocol buffer by number: integers, or bytes."""
    fields: dict[int, list[Any]] = {}
    at = 0
    while at < len(data):
        key, at = _varint(data, at, file)
        kind = key & 7
        value: Any
        if kind == _VARINT:
            value, at = _varint(data, at, file)
        else:
            if kind == _BYTES:
                length, at = _varint(data, at, file)
            elif kind in (_EIGHT, _FOUR):
                length = 8 if kind == _EIGHT else 4
            else:
                raise TaskError(f"{file}: must be an event file of TensorBoard")
            value, at = data[at : at + length], at + length
        fields.setdefault(key >> 3, []).append(value)
    return fields


def _varint(data: bytes, at: int, file: Path) -> tuple[int, int]:
    value = 0
    for k, byte in enumerate(data[at : at + 10]):
        value |= (byte & 127) << (7 * k)
        if byte < 128:
            return value, at + k + 1
    raise TaskError(f"{file}: must be an event file of TensorBoard")


def _last(fields: dict[int, list[Any]], number: int, default: Any) -> Any:
    return fields[number][-1] if number in fields else default
