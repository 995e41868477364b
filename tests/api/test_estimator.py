"""The regressor is a scikit-learn estimator like any other."""

from __future__ import annotations

import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any
from unittest import SkipTest

import numpy as np
import pandas as pd
import pytest

pytest.importorskip("sklearn", reason="no scikit-learn: pip install 'evolve-laws[sklearn]'")

from sklearn.base import clone
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils.estimator_checks import parametrize_with_checks

import evolve
from evolve.api.estimator import LawRegressor

ROOT = Path(__file__).resolve().parents[2]
FEW = 4  # evaluations: the checks fit some eighty times

# Checks that scikit-learn runs and that do not hold, with the reason; and those that it leaves
# out by itself. There is to be nothing here that the class does not tell its reader.
FAILS = {
    "check_sample_weight_equivalence_on_dense_data": "folds and the price of size count rows",
}
LEFT_OUT = {"check_array_api_input"}


def power_rows() -> tuple[pd.DataFrame, np.ndarray]:
    """40 rows of a law of two sizes, without noise."""
    x = pd.DataFrame(
        {
            "params": np.repeat(10 ** np.linspace(7, 9.5, 8), 5),
            "tokens": np.tile(10 ** np.linspace(9, 11, 5), 8),
        }
    )
    y = 1.7 + 0.9 * (x["params"] / 1e8) ** -0.4 + 0.6 * (x["tokens"] / 1e10) ** -0.3
    return x, y.to_numpy()


@pytest.fixture(scope="module")
def fitted() -> LawRegressor:
    return LawRegressor(evaluations=32).fit(*power_rows())


# scikit-learn's own checks


@pytest.mark.slow
@parametrize_with_checks(
    [LawRegressor(evaluations=FEW)], expected_failed_checks=lambda estimator: FAILS
)
def test_it_is_an_estimator(estimator: LawRegressor, check: Any) -> None:
    try:
        check(estimator)
    except SkipTest:
        assert check.func.__name__ in LEFT_OUT


@pytest.mark.parametrize("name", sorted(LawRegressor().get_params()))
def test_a_setting_of_another_type_is_named_by_fit(name: str) -> None:
    with pytest.raises(ValueError, match=f"^{name}: must be .*, it is <object object at"):
        LawRegressor(**{name: object()}).fit([[1.0]], [1.0])


def test_what_the_checks_leave_out_is_told_to_the_reader() -> None:
    assert all(name in (LawRegressor.__doc__ or "") for name in [*FAILS, *LEFT_OUT])


# as part of something


def test_a_law_is_recovered_and_predicts_far_beyond_the_rows(fitted: LawRegressor) -> None:
    x, y = power_rows()
    assert fitted.score(x, y) > 0.999
    far = pd.DataFrame({"params": [7e10], "tokens": [2e12]})
    told = 1.7 + 0.9 * 700**-0.4 + 0.6 * 200**-0.3
    assert fitted.predict(far)[0] == pytest.approx(told, rel=0.01)
    assert "params" in fitted.formula_
    assert "svg" in fitted.champion_._repr_html_()


def test_a_clone_has_the_settings_and_nothing_fitted(fitted: LawRegressor) -> None:
    bare = clone(fitted)
    assert bare.get_params() == fitted.get_params()
    assert not hasattr(bare, "champion_")


def test_a_pickled_regressor_predicts_the_same(fitted: LawRegressor) -> None:
    x, _ = power_rows()
    again = pickle.loads(pickle.dumps(fitted))
    np.testing.assert_array_equal(again.predict(x), fitted.predict(x))
    assert again.formula_ == fitted.formula_


def test_it_works_behind_a_transformer_and_in_cross_validation() -> None:
    x, y = power_rows()
    halves = FunctionTransformer(lambda rows: rows / 2.0)
    scores = cross_val_score(make_pipeline(halves, LawRegressor(evaluations=FEW)), x, y, cv=2)
    assert (scores > 0.9).all()


def test_nothing_is_left_on_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    LawRegressor(evaluations=1).fit(*power_rows())
    assert list(tmp_path.iterdir()) == []


# settings


def test_groups_have_constants_of_their_own_and_are_no_features() -> None:
    x, y = power_rows()
    both = pd.concat([x.assign(family="a"), x.assign(family="b")], ignore_index=True)
    targets = np.concatenate([y, 2.0 * y])
    fitted = LawRegressor(evaluations=32, groups=["family"]).fit(both, targets)
    assert fitted.n_features_in_ == 2
    assert list(fitted.champion_.constants.index.get_level_values("group")) == ["a", "b"]
    turned = both.iloc[::-1]
    np.testing.assert_allclose(fitted.predict(turned), targets[::-1], rtol=1e-3)
    with pytest.raises(ValueError, match="no group 'c'"):
        fitted.predict(x.assign(family="c"))
    with pytest.raises(ValueError, match="groups: X has no column 'family'"):
        fitted.predict(x)
    with pytest.raises(ValueError, match="need X as a data frame"):
        fitted.predict(x.to_numpy())


@pytest.mark.parametrize(
    ("settings", "axes"),
    [
        ({}, ["params", "tokens"]),
        ({"extrapolate": ["tokens"]}, ["tokens"]),
        ({"extrapolate": []}, []),
    ],
)
def test_axes_are_guessed_unless_they_are_named(settings: dict[str, Any], axes: list[str]) -> None:
    fitted = LawRegressor(evaluations=1, **settings).fit(*power_rows())
    assert fitted.champion_.task.spec.folds.axes == axes


def test_a_single_name_or_number_may_stand_without_a_list() -> None:
    x, y = power_rows()
    x["corpus"] = ["web", "code"] * 20
    alone = {"groups": "corpus", "extrapolate": "params", "horizon": 10, "decreasing": "tokens"}
    spec = LawRegressor(evaluations=FEW, **alone).fit(x, y).champion_.task.spec
    assert (spec.groups, spec.folds.axes) == (["corpus"], ["params"])
    assert (spec.folds.horizon, spec.physics.decreasing_in) == ([10.0], ["tokens"])


def test_worker_processes_are_counted_as_scikit_learn_or_the_engine_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("evolve.api.estimator.cpu_count", lambda: 6)
    settings: list[dict[str, Any]] = [
        {},
        {"workers": 3},
        {"n_jobs": 2, "workers": 3},
        {"n_jobs": -1},
    ]
    assert [LawRegressor(**given)._n_workers() for given in settings] == [0, 3, 2, 6]


def test_a_column_that_is_called_as_the_target_is_here_stays_a_feature() -> None:
    x, y = power_rows()
    named = LawRegressor(evaluations=FEW).fit(x.rename(columns={"params": "y"}), y)
    assert set(named.champion_.task.feature_names) == {"y", "tokens"}
    assert named.champion_.task.target_names == ("y_",)


def test_a_law_has_no_more_constants_than_allowed() -> None:
    fitted = LawRegressor(evaluations=32, max_constants=3).fit(*power_rows())
    assert fitted.champion_.n_constants <= 3


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"evaluations": 0}, "evaluations: must be 1 or more"),
        ({"seed": -1}, "seed: must be 0 or more"),
        ({"n_seeds": 0}, "n_seeds: must be 1 or more"),
        ({"extrapolate": ["token"]}, "did you mean 'tokens'"),
        ({"max_constants": 0}, "max_constants"),
        ({"decreasing": ["param"]}, "did you mean 'params'"),
        ({"floor": 3.0, "ceiling": 2.0}, "floor must be below"),
        ({"bounds": (0.0, 1.0)}, "bounds of 'y' must hold every row"),
    ],
)
def test_wrong_settings_are_told_when_they_are_used(settings: dict[str, Any], words: str) -> None:
    made = LawRegressor(**settings)
    with pytest.raises(ValueError, match=words):
        made.fit(*power_rows())


def test_what_is_certain_of_the_target_is_declared_of_the_task() -> None:
    settings: dict[str, Any] = {
        "decreasing": ["params"],
        "increasing": ["tokens"],
        "floor": 0.5,
        "ceiling": 90.0,
        "bounds": (0.0, 100.0),
    }
    spec = LawRegressor(evaluations=1, **settings).fit(*power_rows()).champion_.task.spec
    assert spec.physics.decreasing_in == ["params"]
    assert spec.physics.increasing_in == ["tokens"]
    assert (spec.physics.floor, spec.physics.ceiling) == (0.5, 90.0)
    assert spec.targets[0].bounds == [0.0, 100.0]


def test_rows_of_no_weight_are_left_out_and_those_of_little_hardly_count() -> None:
    x, y = power_rows()
    y = np.where(np.isin(np.arange(len(y)), [3, 17]), 50.0, y)
    counts = np.ones(len(y))
    counts[3], counts[17] = 0.0, 1e-9
    fitted = LawRegressor(evaluations=32).fit(x, y, sample_weight=counts)
    assert fitted.champion_.task.train.n_rows == len(y) - 1
    others = counts == 1.0
    assert fitted.score(x[others], y[others]) > 0.99


@pytest.mark.parametrize(
    ("weights", "words"),
    [
        (-np.ones(40), "0 or more, one is -1"),
        (np.zeros(40), "above zero, 0 are"),
        (np.ones(39), r"shape \(40,\)"),
    ],
)
def test_wrong_sample_weights_are_refused(weights: np.ndarray, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        LawRegressor(evaluations=1).fit(*power_rows(), sample_weight=weights)


def test_deviations_of_the_rows_stand_in_place_of_weights() -> None:
    x, y = power_rows()
    y = np.where(np.isin(np.arange(len(y)), [3, 17]), 50.0, y)
    sigma = np.where(y == 50.0, 100.0, 0.01)
    fitted = LawRegressor(evaluations=32).fit(x, y, sigma=sigma)
    assert fitted.champion_.task.spec.sigma
    assert fitted.score(x[y != 50.0], y[y != 50.0]) > 0.99


@pytest.mark.parametrize(
    ("sigma", "weights", "words"),
    [
        (np.zeros(40), None, "sigma: must be above 0, one is 0"),
        (np.ones(3), None, r"sigma: must have shape \(40,\)"),
        (np.ones(40), np.ones(40), "in place of sample_weight"),
    ],
)
def test_wrong_deviations_are_refused(
    sigma: np.ndarray, weights: np.ndarray | None, words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        LawRegressor(evaluations=1).fit(*power_rows(), sample_weight=weights, sigma=sigma)


def test_a_feature_that_does_not_vary_is_left_out() -> None:
    x, y = power_rows()
    fitted = LawRegressor(evaluations=FEW).fit(x.assign(depth=12.0), y)
    assert fitted.champion_.task.feature_names == ("params", "tokens")
    assert np.isfinite(fitted.predict(x.assign(depth=24.0))).all()


def test_each_feature_is_read_from_its_column_beside_one_that_does_not_vary() -> None:
    x, y = power_rows()
    x = x.assign(epochs=1.0)[["epochs", "params", "tokens"]]
    fitted = LawRegressor(evaluations=32).fit(x, y)
    assert fitted.score(x, y) > 0.999
    assert LawRegressor(evaluations=32).fit(x.to_numpy(), y).score(x.to_numpy(), y) > 0.999


def test_a_row_where_the_law_is_not_defined_is_refused(fitted: LawRegressor) -> None:
    with pytest.raises(ValueError, match="params: must be above 0, row 2 holds -1"):
        fitted.predict(pd.DataFrame({"params": [1e9, -1.0], "tokens": [1e10, 1e10]}))


# without scikit-learn


def test_without_scikit_learn_only_the_regressor_is_missing(tmp_path: Path) -> None:
    code = (
        "import sys; sys.modules['sklearn'] = None\n"
        "import evolve\n"
        "from evolve import *\n"
        "print(load_task.__name__)\n"
        "try:\n    evolve.LawRegressor\n"
        "except ImportError as error:\n    print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    name, words = done.stdout.splitlines()
    assert name == "load_task"
    assert words.startswith("evolve.LawRegressor needs scikit-learn")
    assert "pip install 'evolve-laws[sklearn]'" in words


def test_the_regressor_is_a_public_name() -> None:
    assert evolve.LawRegressor is LawRegressor
    assert "LawRegressor" in evolve.__all__


def test_columns_that_differ_by_outer_spaces_alone_are_refused() -> None:
    frame = pd.DataFrame({"n": range(1, 21), "n ": range(21, 41)})
    with pytest.raises(ValueError, match="X: columns must have different names, 'n' stands twice"):
        LawRegressor(evaluations=4).fit(frame, np.arange(20.0))


def test_a_row_at_step_0_is_fitted_and_predicted_as_any_other() -> None:
    steps = np.arange(0.0, 4000.0, 100.0)
    x = pd.DataFrame({"step": steps, "lr": np.tile([1e-3, 3e-3], 20)})
    y = 2.0 + 3.0 / (1.0 + steps / 300.0) ** 0.5 + 0.1 * np.log(x["lr"] / 1e-3)
    fitted = LawRegressor(evaluations=40, workers=0).fit(x, y)
    assert np.isfinite(fitted.predict(x)).all()
    assert fitted.score(x, y) > 0.9
