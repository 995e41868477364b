"""A tree's JSON text is what `json` would write of it."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from random_laws import laws

from evolve.law.graph import Law, Node, call, feat, from_data, num, to_data
from evolve.law.text import text_of


@given(laws())
def test_a_tree_is_written_as_json_writes_it_whatever_was_written_of_its_parts(law: Law) -> None:
    assert text_of(law.root) == json.dumps(to_data(law.root))
    whole = call("exp", law.root)
    assert text_of(whole) == json.dumps(to_data(whole))
    assert from_data(json.loads(text_of(whole))) is whole


@pytest.mark.parametrize("value", [math.inf, -math.inf, 1e300, 0.1, -0.0])
def test_literals_are_written_with_every_digit_and_those_that_are_not_finite_too(
    value: float,
) -> None:
    root: Node = call("add", feat(3), num(value))
    assert text_of(root) == json.dumps(to_data(root))
