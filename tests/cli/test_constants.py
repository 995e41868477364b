"""Constants of which rows say nothing are told as open."""

from __future__ import annotations

import math

import pytest

from evolve.cli.constants import print_constants, print_constants_by_fit
from evolve.runs.results import ConstantRow


def constant(name: str, error: float, group: str = "all") -> ConstantRow:
    return ConstantRow(group, 0, name, 1.5, error, 1.5 - 2 * error, 1.5 + 2 * error)


def test_a_constant_without_an_end_to_its_interval_is_open(
    capfd: pytest.CaptureFixture[str],
) -> None:
    print_constants([constant("c0", 0.25), constant("c1", math.inf)], ["loss"], 0.9)
    out = capfd.readouterr().out
    assert "1 to 2" in out
    assert "open" in out
    assert "inf" not in out
    print_constants_by_fit([constant("c0", 0.25), constant("c1", math.inf)], ["loss"], 0.9)
    out = capfd.readouterr().out
    assert "1.5 +- 0.5" in out
    assert "1.5 open" in out
