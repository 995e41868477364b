"""One law by its name is fitted to a table: constants, errors, intervals and forecasts."""

from __future__ import annotations

import json
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import evolve
from evolve.api.named import NamedFit, fit_to_task
from evolve.cli.app import call
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


def test_rows_that_are_left_out_are_a_warning_at_the_line_of_the_call() -> None:
    params = np.geomspace(1e6, 1e9, 24)
    frame = pd.DataFrame({"params": params, "loss": 1.7 + 50.0 * params**-0.3})
    frame.loc[[3, 5], "loss"] = np.nan
    with pytest.warns(UserWarning, match="rows: 2 left out, no finite loss") as told:
        fitted = evolve.fit_named_law(frame, "loss", "power of params")
    assert fitted.task.train.n_rows == 22
    assert {warning.filename for warning in told} == {__file__}


def test_columns_that_a_law_leaves_out_are_told_unless_features_are_named(
    fitted: NamedFit,
) -> None:
    train = fitted.task.train
    frame = pd.DataFrame(train.X, columns=list(fitted.task.feature_names)).assign(loss=train.Y)
    frame = frame.assign(lr=np.geomspace(1e-4, 1e-2, len(frame)), seed=range(len(frame)))

    def told(law: str, **named: object) -> list[str]:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            evolve.fit_named_law(frame, "loss", law, **named)
        assert {warning.filename for warning in caught} <= {__file__}
        return [str(warning.message) for warning in caught]

    unnamed = "not used, as the formula does not name them: lr, seed"
    assert told("E + A/params^a + B/tokens^b") == [unnamed]
    assert told("E + A/params^a + B/tokens^b", features=["params", "tokens"]) == []
    *_, idle, unused = told("hoffmann_2022")
    held = "features params tokens leaves it out"
    assert idle == f"a feature that hoffmann_2022 does not hold: lr; {held}"
    assert unused.startswith("not used: seed ")


def test_a_column_that_is_derived_may_be_what_a_law_is_of() -> None:
    months = [f"{2015 + k // 4}-{1 + k % 4 * 3:02d}" for k in range(24)]
    frame = pd.DataFrame({"month": months, "score": [3.0 + k + k % 3 / 9 for k in range(24)]})
    fitted = evolve.fit_named_law(frame, "score", "a + b*year", derive="year = years(month)")
    assert fitted.task.feature_names == ("year",)
    assert fitted.train_r2 > 0.99


def test_what_a_derived_column_is_made_of_is_not_told_as_unused(
    fitted: NamedFit, recwarn: pytest.WarningsRecorder
) -> None:
    train = fitted.task.train
    frame = pd.DataFrame(train.X, columns=list(fitted.task.feature_names)).assign(loss=train.Y)
    frame["seed"] = range(len(frame))
    ratio = ["ratio = tokens/params", "twice = 2*ratio"]
    half = ["work = params*tokens", "half = `params`/2"]
    evolve.fit_named_law(frame, "loss", "a + b*log(twice)", derive=ratio)
    evolve.fit_named_law(frame, "loss", "a + b*log(half)", derive=half)
    told = [str(one.message) for one in recwarn if str(one.message).startswith("not")]
    assert told == [f"not used, as the formula does not name them: {names}" for names in (
        "seed", "tokens, seed, work"
    )]  # fmt: skip


def test_the_constants_lie_within_their_errors_of_the_true_ones(fitted: NamedFit) -> None:
    true = [1.8, np.log(0.9), 0.3, np.log(0.7), 0.4]
    frame = fitted.intervals(0.99)
    assert list(frame.columns) == ["value", "error", "low", "high"]
    assert (np.abs(frame["value"] - true) < 4 * frame["error"]).all()
    assert (frame["low"] < frame["value"]).all()
    assert frame["high"].sub(frame["low"]).gt(fitted.intervals(0.5).eval("high - low")).all()


def test_constants_of_a_formula_have_its_names_in_every_table(fitted: NamedFit) -> None:
    train = fitted.task.train
    frame = pd.DataFrame(train.X, columns=list(fitted.task.feature_names)).assign(loss=train.Y)
    own = evolve.fit_named_law(frame, "loss", "E - A*params^-a + exp(B)/tokens^b")
    names = ["E", "A", "a", "B", "b"]
    assert list(own.constants) == list(own.errors) == list(own.covariance()) == names
    assert list(own.intervals().index.get_level_values("constant")) == names
    value, error = own.constants.loc[("all", "loss")], own.errors.loc[("all", "loss")]
    true = [1.8, -0.9 * 1e9**0.3, 0.3, np.log(0.7 * 1e10**0.4), 0.4]
    assert (np.abs(value - true) < 4 * error).all()
    assert np.diag(own.covariance()) == pytest.approx(error**2, rel=1e-6)
    assert own.latex.startswith("E - A")
    shown = own._repr_html_()
    assert all(f">{name}<" in shown for name in names)
    assert own.held_out_r2 == pytest.approx(fitted.held_out_r2, abs=0.01)


def test_the_program_of_a_formula_finds_its_constants_as_the_fit_did(fitted: NamedFit) -> None:
    train = fitted.task.train
    frame = pd.DataFrame(train.X, columns=list(fitted.task.feature_names)).assign(loss=train.Y)
    own = evolve.fit_named_law(frame, "loss", "E + (N0/params)^a + B/tokens^b")
    assert own.train_r2 > 0.999
    program: dict[str, Any] = {}
    exec(own.text, program)
    found = program["fit_scaling_law"](train.X, train.Y[:, 0])
    np.testing.assert_allclose(found, own.constants.iloc[0], rtol=1e-9)


def test_care_is_told_of_a_law_of_sizes_that_never_vary_within_a_group() -> None:
    rng, tokens = np.random.default_rng(3), np.geomspace(1e9, 1e11, 9)
    sizes = {"small": 7e7, "mid": 4e8, "large": 2.7e9}
    rows = [
        (name, n, d, (1.69 + 406 / n**0.34 + 410 / d**0.28) * np.exp(0.002 * rng.normal()))
        for name, n in sizes.items()
        for d in tokens
    ]
    frame = pd.DataFrame(rows, columns=["model", "params", "tokens", "loss"])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        both = evolve.fit_named_law(frame, "loss", "hoffmann_2022", groups="model")
        alone = evolve.fit_named_law(frame, "loss", "E + B/tokens^b", groups="model")
    assert both.held_out_r2 > 0.99
    assert both.verdict.verdict == "handle with care"
    assert both.verdict.reasons[0].startswith("params never varies within a group, so that no")
    assert "never varies" not in alone.verdict.line()


def test_forecasts_have_intervals_that_hold_the_truth(fitted: NamedFit) -> None:
    rows = pd.DataFrame({"params": [5e10], "tokens": [3e12]}, index=["big"])
    (row,) = fitted.forecast(rows).itertuples()
    assert row.low < 1.8 + 0.9 * 50**-0.3 + 0.7 * 300**-0.4 < row.high
    assert row.Index == "big"
    assert fitted.predict(rows)["loss"]["big"] == pytest.approx(row.point)


def test_it_says_what_it_is(fitted: NamedFit) -> None:
    assert fitted.title.startswith("Hoffmann et al. 2022")
    assert repr(fitted).startswith("<hoffmann_2022: loss = E + exp(log_A)*(params/1e9)^-alpha")
    assert fitted.held_out_r2 is not None
    assert fitted.held_out_r2 > 0.9


def test_the_formula_with_its_values_says_what_it_predicts(fitted: NamedFit) -> None:
    assert fitted.valued_formula.startswith("loss = ")
    text = fitted.valued_formula.removeprefix("loss = ").replace("^", "**")
    rows = pd.DataFrame({"params": [1e9, 7e9], "tokens": [2e10, 1e12]})
    said = eval(text, {"params": rows["params"], "tokens": rows["tokens"]})
    np.testing.assert_allclose(said, fitted.predict(rows)["loss"], rtol=2e-3)


def test_an_interval_is_a_share(fitted: NamedFit) -> None:
    with pytest.raises(EvolveError, match="interval: must be between 0 and 1, it is 90"):
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


BETWEEN = {"run": 0.03, "test_set": 0.02, "within": 0.005}


def evaluations() -> pd.DataFrame:
    """Runs, each evaluated on most of the same test sets, with two seeds."""
    rng = np.random.default_rng(21)
    grid = [(2e7 * 3**i, 1e9 * 3**j) for i in range(6) for j in range(6)]
    rows = [
        {"run": f"run {i}", "test_set": f"set {s}", "eval_seed": e, "params": n, "tokens": d}
        for i, (n, d) in enumerate(grid)
        for s in range(30)
        for e in range(2)
    ]
    frame = pd.DataFrame(rows)
    truth = 1.8 + 0.9 * (frame.params / 1e9) ** -0.3 + 0.7 * (frame.tokens / 1e10) ** -0.4
    noise = BETWEEN["within"] * rng.standard_normal(len(frame))
    for name in ("run", "test_set"):
        codes = pd.factorize(frame[name])[0]
        noise += BETWEEN[name] * rng.standard_normal(codes.max() + 1)[codes]
    frame["loss"] = truth * np.exp(noise)
    return frame[rng.random(len(frame)) < 0.7].reset_index(drop=True)


def test_the_noise_of_evaluations_is_split_between_runs_test_sets_and_rows() -> None:
    frame = evaluations()
    fitted = evolve.fit_named_law(frame, "loss", "hoffmann", run_id="run")
    (parts,) = fitted.noise_parts
    assert parts.relative
    # Two seeds are too few to tell how seeds differ.
    assert list(parts.shared) == ["test_set"]
    assert (parts.runs.n, parts.shared["test_set"].n) == (36, 30)
    assert parts.runs.deviation == pytest.approx(BETWEEN["run"], rel=0.35)
    assert parts.shared["test_set"].deviation == pytest.approx(BETWEEN["test_set"], rel=0.35)
    assert parts.within == pytest.approx(BETWEEN["within"], rel=0.1)
    mixed = frame.sample(frac=1.0, random_state=1)
    shuffled = evolve.fit_named_law(mixed, "loss", "hoffmann", run_id="run")
    (again,) = shuffled.noise_parts
    assert again.runs.deviation == pytest.approx(parts.runs.deviation)
    assert again.within == pytest.approx(parts.within)
    # A thousand evaluations of 36 runs do not say what a thousand runs do.
    as_runs = evolve.fit_named_law(frame, "loss", "hoffmann", ["params", "tokens"])
    assert as_runs.noise_parts == []
    wider = fitted.intervals()["error"] / as_runs.intervals()["error"]
    assert (wider > 2.0).all()
    of_sets = {"groups": ["test_set"], "run_id": "run"}
    sets = evolve.fit_named_law(frame, "loss", "hoffmann", ["params", "tokens"], **of_sets)
    (apart,) = sets.noise_parts
    assert apart.shared == {}
    # A run on another set is another run there, of which two seeds are two rows.
    assert apart.runs.n == len(frame.drop_duplicates(["run", "test_set"]))
    assert apart.runs.deviation == pytest.approx(parts.runs.deviation, rel=0.1)


def test_runs_of_one_name_in_two_groups_are_two_runs_of_their_noise() -> None:
    frame = evaluations()
    other = frame.assign(run="other " + frame.run, family="b", loss=1.3 * frame.loss.iloc[::-1])
    apart = pd.concat([frame.assign(family="a"), other], ignore_index=True)
    alike = apart.assign(run=apart.run.str.replace("other ", ""))
    columns: dict[str, Any] = {"features": ["params"], "groups": "family", "run_id": "run"}
    (told,), (again,) = (
        evolve.fit_named_law(rows, "loss", "power of params", **columns).noise_parts
        for rows in (apart, alike)
    )
    assert told.runs.n == 72
    assert told == again


def test_the_command_line_says_where_the_noise_comes_from(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "evaluations.csv"
    evaluations().to_csv(table, index=False)
    words = ["fit", str(table), "--target", "loss", "--law", "hoffmann", "--run-id", "run"]
    assert call(words) == 0
    out = " ".join(capfd.readouterr().out.split())
    assert call([*words, "--json"]) == 0
    (told,) = json.loads(capfd.readouterr().out)["noise"]
    runs, sets = told["runs"], told["shared"]["test_set"]
    assert f"as shares of loss: {runs['deviation']:.3g} between 36 runs" in out
    assert f"{sets['deviation']:.3g} between 30 values of test_set" in out
    assert f"{told['within']:.3g} within" in out


def test_a_single_feature_or_group_may_be_named_without_a_list() -> None:
    frame = pd.DataFrame({"params": 2.0 ** np.arange(16), "corpus": ["a", "b"] * 8})
    frame["loss"] = 1.0 + frame["params"] ** -0.3
    alone = evolve.fit_named_law(frame, "loss", "one power", features="params", groups="corpus")
    assert alone.task.feature_names == ("params",)
    assert list(alone.row.constants) == ["a", "b"]
