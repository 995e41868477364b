"""A constant or a feature that does nothing for what a law says of its rows is found."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from small_tasks import task_of

from evolve.evaluation.fitted import FittedLaw
from evolve.law.candidate import Candidate
from evolve.law.graph import Law, Node, call, const, feat
from evolve.law.program import Program
from evolve.law.recipe import Recipe
from evolve.scoring.objective import NO_EFFECT
from evolve.search.readable import effects_of, is_opaque
from evolve.tasks.task import Task

RNG = np.random.default_rng(0)
X = np.exp(RNG.uniform(0.0, 5.0, (60, 2)))
NOISE = RNG.normal(size=60)


def power(c: int, x: int, p: int) -> Node:
    return call("mul", const(c), call("pow", feat(x), const(p)))


FLOORED = call("add", const(0), power(1, 0, 2))
BOTH = call("add", FLOORED, power(3, 1, 4))


def known(root: Node, *constants: list[float], noise: float = 0.01) -> tuple[Task, FittedLaw]:
    """A table that a law describes with noise that multiplies, and the law with its constants."""
    law, several = Law(root, len(constants[0])), len(constants) > 1
    groups = np.array([law.predict(X, np.array([own])) for own in constants])
    at = np.arange(len(X)) % len(constants)
    said = groups[at, np.arange(len(X))]
    task = task_of(X, said[:, 0] * np.exp(noise * NOISE), at if several else None)
    tables = {n: np.array([c]) for n, c in zip(task.group_names, constants, strict=True)}
    return task, FittedLaw(Candidate(law, Recipe()), tables, {}, {}, None, said, None, 2.0)


def test_a_law_whose_every_constant_and_feature_does_something_is_readable() -> None:
    assert not is_opaque(*known(BOTH, [1.7, 2.0, -0.5, 1.0, -0.3]))
    assert not is_opaque(*known(FLOORED, [1.7, 2.0, -0.5]))


@pytest.mark.parametrize(("exponent", "opaque"), [(-0.3, False), (1e-5, True)])
def test_a_power_of_a_size_of_two_levels_may_stand_beside_a_floor(
    monkeypatch: pytest.MonkeyPatch, exponent: float, opaque: bool
) -> None:
    two_levels = np.column_stack([X[:, 0], np.where(X[:, 1] < 5.0, 1.0, 9.0)])
    monkeypatch.setattr(f"{__name__}.X", two_levels)
    assert is_opaque(*known(BOTH, [1.7, 2.0, -0.5, 1.0, exponent])) == opaque


@pytest.mark.parametrize(
    ("constants", "idle"),
    [
        ([1.7, 2.0, -0.5, 1e-6, -0.3], [1, 5, 6]),  # a term that has shrunk to nothing
        ([1.0, 2.0, -0.5, 0.7, -1e-5], [1, 2, 5, 6]),  # a second floor
        ([0.0, 2.0, -0.5, 1.0, -0.3], [2]),  # no floor
        ([1.7, 2.0, 1.0, 1.0, -0.3], [4]),  # a power of 1
    ],
)
def test_what_does_nothing_is_found(constants: list[float], idle: list[int]) -> None:
    task, fitted = known(BOTH, constants)
    assert np.flatnonzero(effects_of(task, fitted) <= NO_EFFECT).tolist() == idle
    assert is_opaque(task, fitted)


def test_of_large_constants_that_cancel_one_does_nothing() -> None:
    task, fitted = known(FLOORED, [-99998.0, 1e5, -1e-5])
    assert (effects_of(task, fitted)[2:] <= NO_EFFECT).any()
    assert effects_of(task, fitted)[0] > 1.0


def test_many_rows_say_the_same_in_any_order_as_some_of_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    task, fitted = known(BOTH, [1.7, 2.0, -0.5, 1.0, -0.3])
    every = effects_of(task, fitted)
    monkeypatch.setattr("evolve.search.readable.MOST_ROWS", 30)
    some = effects_of(task, fitted)
    turned = replace(task, train=task.train.at(np.arange(60)[::-1]))
    np.testing.assert_allclose(effects_of(turned, fitted), some, rtol=1e-6)
    assert not np.array_equal(some, every)
    np.testing.assert_allclose(np.log(some), np.log(every), atol=1.0)


def test_a_feature_that_a_law_does_without_is_not_counted() -> None:
    task, fitted = known(FLOORED, [1.7, 2.0, -0.5])
    assert np.isinf(effects_of(task, fitted)).tolist() == [False, True, False, False, False]


def test_a_constant_that_one_of_the_groups_needs_does_something() -> None:
    one, other = [1.7, 2.0, -0.5], [0.0, 2.0, -0.5]
    assert not is_opaque(*known(FLOORED, one, other))
    assert is_opaque(*known(FLOORED, other, other))


def test_a_floor_that_only_small_values_show_does_something() -> None:
    task, fitted = known(FLOORED, [1e-3, 50.0, -2.0], noise=0.05)
    residual = np.quantile(np.abs(task.train.Y - fitted.predictions), 0.6827)
    assert residual * NO_EFFECT > 1e-3 / 2.0
    assert not is_opaque(task, fitted)


def test_nothing_is_known_of_a_program_that_cannot_be_traced() -> None:
    task, fitted = known(FLOORED, [0.0, 2.0, -0.5])
    program = Program("", "", "", "", "fit")
    black_box = FittedLaw(program, fitted.constants, {}, {}, None, fitted.predictions, None, 2.0)
    assert not is_opaque(task, black_box)
