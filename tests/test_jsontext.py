"""Values become JSON text in one way for stores and one for readers."""

from __future__ import annotations

import json
import math
from collections import Counter
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest

from evolve.jsontext import compact_json, json_document

VALUES: dict[str, tuple[Any, Any]] = {
    "a scalar of numpy": (np.float64(0.1), 0.1),
    "a whole number of numpy": (np.int64(7), 7),
    "a truth of numpy": (np.bool_(True), True),
    "an array": (np.array([[1.5, 2.0], [3.0, 4.0]]), [[1.5, 2.0], [3.0, 4.0]]),
    "a tuple": ((1, ("a", None)), [1, ["a", None]]),
    "a path": (Path("runs") / "a", str(Path("runs") / "a")),
    "a count": (Counter({"ok": 3}), {"ok": 3}),
    "a mapping that is no dict": (MappingProxyType({"a": np.array([1])}), {"a": [1]}),
    "a truth and a number": ([True, 1, 1.0], [True, 1, 1.0]),
}


@pytest.mark.parametrize("name", VALUES)
@pytest.mark.parametrize("write", [compact_json, json_document])
def test_values_are_read_back_as_plain_ones(name: str, write: Any) -> None:
    value, plain = VALUES[name]
    assert json.loads(write({"value": value})) == {"value": plain}
    assert json.loads(write([value])) == [plain]


@pytest.mark.parametrize("write", [compact_json, json_document])
def test_what_has_no_json_value_is_refused_by_name(write: Any) -> None:
    with pytest.raises(TypeError, match="one was a object"):
        write({"deep": [object()]})


def test_a_store_keeps_numbers_that_are_not_finite() -> None:
    text = compact_json([math.inf, -math.inf, np.float64("nan")])
    assert text == "[Infinity,-Infinity,NaN]"


def test_a_reader_is_given_null_in_place_of_numbers_that_are_not_finite() -> None:
    values = {"a": math.inf, "b": np.array([1.0, np.nan]), "c": (np.float64("-inf"),)}
    assert json.loads(json_document(values)) == {"a": None, "b": [1.0, None], "c": [None]}


def test_a_document_moves_no_cursor_and_loses_no_sign() -> None:
    text = json_document({"name": "a\x1b[2J\u202eb", "word": "λ"})
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "λ" in text
    assert json.loads(text) == {"name": "a\x1b[2J\u202eb", "word": "λ"}


@pytest.mark.parametrize("value", [0.1, 1e-308, 2.0**53 + 2, -0.0])
def test_floats_keep_every_bit(value: float) -> None:
    for write in (compact_json, json_document):
        (same,) = json.loads(write([np.float64(value)]))
        assert same.hex() == value.hex()
