"""Errors share one root and guess what was meant."""

from __future__ import annotations

import pytest

from evolve.errors import (
    EvolveError,
    ProgramError,
    SandboxError,
    StoreError,
    TaskError,
    nearest,
)


@pytest.mark.parametrize("kind", [TaskError, ProgramError, StoreError, SandboxError])
def test_every_error_is_an_evolve_error(kind: type[EvolveError]) -> None:
    assert issubclass(kind, EvolveError)


def test_the_nearest_name_is_offered() -> None:
    assert nearest("unitt", ["name", "unit", "scale"]) == " (did you mean 'unit'?)"


def test_case_does_not_hide_the_nearest_name() -> None:
    assert nearest("LOSS", ["loss", "params"]) == " (did you mean 'loss'?)"


def test_nothing_is_offered_when_nothing_is_near() -> None:
    assert nearest("zebra", ["loss", "params"]) == ""
    assert nearest("loss", []) == ""
