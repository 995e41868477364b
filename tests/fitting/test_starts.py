"""Starting values of constants lie where the rows say that they may be."""

from __future__ import annotations

import numpy as np
import pytest

from evolve.fitting import problem_set
from evolve.fitting.fit import fit_many
from evolve.fitting.problem_set import ProblemSet
from evolve.fitting.result import Problem
from evolve.fitting.starts import Moments, moments_of, place, spread_of
from evolve.fitting.tape import MINUS_ORIGIN, ORIGIN
from evolve.law.graph import Law, call, const, feat, num
from evolve.law.recipe import Recipe
from evolve.typing import Array, Ints


@pytest.mark.parametrize("least", [-40.0, 0.0, 3.0, 1e7])
def test_an_origin_starts_below_every_row_from_next_to_them_to_far_away(least: float) -> None:
    rows = least + np.linspace(0.0, 60.0, 12)
    role = np.array([[ORIGIN, 0], [MINUS_ORIGIN, 0]])
    offsets = np.array([0, 12])
    moments = moments_of(rows, offsets)
    starts = place(role, spread_of(64, 2), rows[None, :], offsets, lambda _: moments)[0]
    for values in (starts[:, 0], -starts[:, 1]):
        assert values.max() < least
        assert values.max() > least - 0.1 * 60.0
        assert values.min() < least - 60.0


BEYOND = call("max", call("sub", feat(0), const(1)), num(0.0))
FROM_ORIGIN = Law(call("mul", const(0), call("pow", BEYOND, const(2))), 3)


@pytest.mark.parametrize("scale", ["linear", "log"])
@pytest.mark.parametrize("power", [1.7, 0.5, -0.4])
@pytest.mark.parametrize("origin", [0.98, 0.3, 0.0, -20.0])
def test_a_power_from_an_origin_is_found_with_few_starts(
    origin: float, power: float, scale: str
) -> None:
    x = np.geomspace(1.0, 50.0, 20)
    rows = Problem(x[:, None], 3.0 * (x - origin) ** power)
    recipe = Recipe(scale, "l2", n_starts=4)
    (fit,) = fit_many(FROM_ORIGIN, [rows], recipe)
    assert fit.constants == pytest.approx([3.0, origin, power], rel=1e-4, abs=1e-4)


def test_a_column_is_measured_once_for_all_laws_of_some_rows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    measured = []

    def counted(column: Array, offsets: Ints) -> Moments:
        measured.append(len(column))
        return moments_of(column, offsets)

    monkeypatch.setattr(problem_set, "moments_of", counted)
    x = np.geomspace(1.0, 50.0, 20)[:, None]
    rows = ProblemSet([Problem(x, 3.0 * x[:, 0] ** 0.5)])
    power = call("pow", feat(0), const(1))
    for root in (call("mul", const(0), power), call("sub", const(0), power)):
        fit_many(Law(root, 2), rows, Recipe())
    assert measured == [20]
