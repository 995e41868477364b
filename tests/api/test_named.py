"""One law by its name is fitted to a table: constants, errors, intervals and forecasts."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

import evolve
from evolve.api.named import NamedFit, fit_to_task
from evolve.errors import EvolveError
from evolve.tasks.task import load_task

NOISE = 0.004


@pytest.fixture(scope="module")
def fitted() -> NamedFit:
    """A sum of powers fitted to noisy runs of it."""
    rng = np.random.default_rng(11)
    grid = [(2e7 * 3**i, 1e9 * 3**j) for i in range(6) for j in range(6)]
    frame = pd.DataFrame(grid, columns=["params", "tokens"])
    truth = 1.8 + 0.9 * (frame.params / 1e9) ** -0.3 + 0.7 * (frame.tokens / 1e10) ** -0.4
    frame["loss"] = truth * np.exp(NOISE * rng.standard_normal(len(frame)))
    return evolve.fit_named_law(frame, "loss", "hoffmann")


def test_the_constants_lie_within_their_errors_of_the_true_ones(fitted: NamedFit) -> None:
    true = [1.8, np.log(0.9), 0.3, np.log(0.7), 0.4]
    frame = fitted.intervals(0.99)
    assert list(frame.columns) == ["value", "error", "low", "high"]
    assert (np.abs(frame["value"] - true) < 4 * frame["error"]).all()
    assert (frame["low"] < frame["value"]).all()
    assert frame["high"].sub(frame["low"]).gt(fitted.intervals(0.5).eval("high - low")).all()


def test_forecasts_have_intervals_that_hold_the_truth(fitted: NamedFit) -> None:
    rows = pd.DataFrame({"params": [5e10], "tokens": [3e12]}, index=["big"])
    (row,) = fitted.forecast(rows).itertuples()
    assert row.low < 1.8 + 0.9 * 50**-0.3 + 0.7 * 300**-0.4 < row.high
    assert row.Index == "big"
    assert fitted.predict(rows)["loss"]["big"] == pytest.approx(row.point)


def test_it_says_what_it_is(fitted: NamedFit) -> None:
    assert fitted.title.startswith("Hoffmann et al. 2022")
    assert repr(fitted).startswith("<hoffmann_2022: loss = c0 + exp(c1)*(params/1e9)^-c2")
    assert fitted.held_out_r2 is not None
    assert fitted.held_out_r2 > 0.9


def test_the_formula_with_its_values_says_what_it_predicts(fitted: NamedFit) -> None:
    assert fitted.valued_formula.startswith("loss = ")
    text = fitted.valued_formula.removeprefix("loss = ").replace("^", "**")
    rows = pd.DataFrame({"params": [1e9, 7e9], "tokens": [2e10, 1e12]})
    said = eval(text, {"params": rows["params"], "tokens": rows["tokens"]})
    np.testing.assert_allclose(said, fitted.predict(rows)["loss"], rtol=2e-3)


def test_an_interval_is_a_share(fitted: NamedFit) -> None:
    with pytest.raises(EvolveError, match="interval: must lie between 0 and 1, it is 90"):
        fitted.intervals(90)


def test_nothing_is_loaded_that_only_searches_and_tables_of_pandas_need() -> None:
    code = (
        "import sys, evolve.api.named, evolve.runs.tabulate, evolve.search.named\n"
        "import evolve.forecast.judge, evolve.forecast.calibration\n"
        "print(sorted({'pandas', 'joblib', 'jinja2', 'scipy.special'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True
    )
    assert done.stdout.strip() == "[]"


def test_a_law_that_is_hard_to_fit_is_judged_by_as_many_starts_as_it_asks_for() -> None:
    fitted = fit_to_task(load_task("data_constrained"), "muennighoff_2023")
    assert fitted.held_out_r2 is not None
    assert fitted.verdict.held_out_r2 == pytest.approx(fitted.held_out_r2, abs=0.1)


def test_it_is_judged_as_a_search_is(fitted: NamedFit) -> None:
    verdict = fitted.verdict
    assert verdict.verdict == "holds"
    assert verdict.held_out_r2 > 0.9
    assert verdict.gain > 0
    assert verdict.line().startswith("holds: the law predicts held-out rows with R2 0.9")


def test_columns_called_by_numbers_are_features_by_their_numbers() -> None:
    frame = pd.DataFrame([(2.0**i, 3.0**j) for i in range(4) for j in range(4)], columns=[1, 2])
    frame["loss"] = 1 + 1 / frame[1] + 1 / frame[2]
    law = evolve.fit_named_law(frame, "loss", "sum of powers", features=[1, 2])
    assert law.formula == evolve.fit_named_law(frame, "loss", "sum of powers").formula
    with pytest.raises(EvolveError, match="features: data frame has no column '3'"):
        evolve.fit_named_law(frame, "loss", "sum of powers", features=[1, 3])


@pytest.mark.parametrize("least", [0.0, -1.0])
def test_a_law_of_positive_features_says_which_feature_is_not(least: float) -> None:
    frame = pd.DataFrame([(i or least, 3.0**j) for i in range(4) for j in range(4)])
    frame = frame.set_axis(["x", "tokens"], axis=1)
    frame["loss"] = 1 + 1 / (2 + frame.x) + 1 / frame.tokens
    with pytest.raises(EvolveError, match="'sum of late powers' needs .* logarithm.*: x$"):
        evolve.fit_named_law(frame, "loss", "sum of late powers", features=["x", "tokens"])
