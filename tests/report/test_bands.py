"""A page says of how many laws its forecast is made."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from evolve.report.bands import Forecaster


@pytest.mark.parametrize(
    ("n", "words"),
    [
        (1, "what the law says. Its interval holds the noise of the rows and the uncertainty of "
            "the constants, and"),
        (2, "what the champion and 1 other law say together."),
        (3, "what the champion and 2 other laws say together."),
    ],
)  # fmt: skip
def test_the_laws_that_forecast_together_are_counted(n: int, words: str) -> None:
    model = cast("Any", SimpleNamespace(members=("a", "b", "c")[:n]))
    told = Forecaster(cast("Any", None), model).words
    assert f"The forecast is {words}" in told
    assert ("constants and of the form" in told) == (n > 1)
