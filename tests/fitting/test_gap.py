"""What a law leaves to a ceiling is fitted as an error is."""

from __future__ import annotations

import numpy as np
import pytest

from evolve.fitting.fit import fit_many
from evolve.fitting.gap import below_ceiling
from evolve.fitting.result import Problem
from evolve.law.graph import Law, call, const, feat, num
from evolve.law.recipe import Recipe

POWER = call("exp", call("sub", const(0), call("mul", const(1), call("log", feat(0)))))
ERROR = Law(POWER, 2)
ACCURACY = Law(call("sub", num(1.0), POWER), 2)


def test_a_law_that_is_a_number_less_another_is_fitted_as_that_other() -> None:
    assert below_ceiling(ACCURACY, Recipe("gap")) == (ERROR, 1.0)
    assert below_ceiling(ACCURACY, Recipe("log")) == (ACCURACY, None)


@pytest.mark.parametrize("scale", ["gap", "log_gap"])
def test_a_law_without_a_ceiling_cannot_be_fitted_below_one(scale: str) -> None:
    with pytest.raises(ValueError, match=f"by {scale} the law must be a number less another"):
        below_ceiling(ERROR, Recipe(scale))


@pytest.mark.parametrize(("of_gap", "of_error"), [("gap", "linear"), ("log_gap", "log")])
@pytest.mark.parametrize("loss", ["l2", "cauchy"])
def test_an_accuracy_has_the_constants_and_errors_of_its_error(
    of_gap: str, of_error: str, loss: str
) -> None:
    x = np.geomspace(1.0, 1e3, 24)[:, None]
    error = 0.4 * x[:, 0] ** -0.3 * np.exp(0.05 * np.random.default_rng(0).normal(size=24))
    (one,) = fit_many(ERROR, [Problem(x, error)], Recipe(of_error, loss))
    (other,) = fit_many(ACCURACY, [Problem(x, 1.0 - error)], Recipe(of_gap, loss))
    np.testing.assert_allclose(other.constants, one.constants, rtol=1e-6)
    np.testing.assert_allclose(other.normal, one.normal, rtol=1e-5)
