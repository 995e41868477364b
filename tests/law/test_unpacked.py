"""A program says what its constants are called where it unpacks them all at once."""

from __future__ import annotations

import pytest

from evolve.law.graph import Law, call, const, feat
from evolve.law.printer import print_block
from evolve.law.recipe import Recipe
from evolve.law.unpacked import unpacked_names

LAW = Law(call("add", const(0), call("mul", const(1), feat(0))), 2, names=("E", "slope"))


@pytest.mark.parametrize("targets", [["loss"], ["loss", "accuracy"]])
def test_names_are_read_from_a_program_as_it_is_printed(targets: list[str]) -> None:
    text = print_block(LAW, Recipe(), ["x"], targets)
    assert unpacked_names(text, 2) == LAW.names


@pytest.mark.parametrize(
    "line",
    ["a = params[0]", "b, a = params[::-1]", "(a, b), c = constants", "a, b, c = constants"],
)
def test_a_line_that_may_mean_anything_else_names_nothing(line: str) -> None:
    assert unpacked_names(f"def scaling_law_func(x, params):\n    {line}\n", 2) == ()
