"""Spellings of one law are told from other laws by the numbers of their constants."""

from __future__ import annotations

import numpy as np

from evolve.law.canonical import canonical
from evolve.law.equivalence import MOST_NUMBERED, numbering
from evolve.law.formula import read_formula
from evolve.law.graph import Node, feat

X = np.array([[2.0, 3.0], [0.5, 7.0], [4.0, 0.3]])


def tree(text: str) -> Node:
    return read_formula(text, {"x": feat(0), "y": feat(1)}).root


def test_another_spelling_has_the_constants_of_the_first_in_another_order() -> None:
    first, other = tree("E + exp(A - a*log(x)) + exp(B - b*log(y))"), tree("A*x^b + c*y + d")
    assert numbering(tree("exp(B - b*log(y)) + exp(A - a*log(x)) + E"), first, X) == (
        3,
        4,
        1,
        2,
        0,
    )
    assert numbering(canonical(first)[0], first, X) == (0, 1, 2, 3, 4)
    assert numbering(other, tree("d + c*y + A*x^b"), X) == (2, 3, 1, 0)


def test_constants_that_mean_other_things_have_no_number_in_each_other() -> None:
    assert numbering(tree("E + A*x^a"), tree("E + A*x^-a"), X) == ()
    assert numbering(tree("E + x*A"), tree("E + x*(A + B)"), X) == ()
    wide = "+".join(f"c{k}*x^{k}" for k in range(MOST_NUMBERED + 1))
    assert numbering(tree(wide), tree(wide), X) == ()
