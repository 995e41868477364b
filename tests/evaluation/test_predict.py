"""Rows of many groups are predicted together as each group's are alone."""

from __future__ import annotations

import numpy as np

from evolve.evaluation.predict import ROWS_AT_ONCE, predict, predict_groups
from evolve.law.graph import Law, call, const, feat

ROOT = call("add", const(0), call("mul", feat(0), call("exp", call("mul", const(1), feat(1)))))


def test_rows_of_many_groups_are_predicted_under_the_constants_of_their_own() -> None:
    rng = np.random.default_rng(0)
    n = ROWS_AT_ONCE + 100
    x, number = rng.random((n, 2)), rng.integers(0, 300, n)
    tables = rng.normal(size=(300, 2, 2))
    for law in (Law(ROOT, 2), Law(ROOT, 2, own_feature_first=True)):
        together = predict_groups(law, x, number, tables)
        for g in range(300):
            own = number == g
            np.testing.assert_allclose(together[own], predict(law, x[own], tables[g]), rtol=1e-14)


def test_a_law_without_constants_says_the_same_of_every_group() -> None:
    x = np.arange(6.0)[:, None]
    together = predict_groups(Law(feat(0), 0), x, np.array([0, 1] * 3), np.zeros((2, 1, 0)))
    np.testing.assert_array_equal(together[:, 0], x[:, 0])
