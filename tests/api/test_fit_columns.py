"""What a fit of one law makes of the columns of a table is said where it matters."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import evolve
from evolve.cli.app import call
from evolve.errors import EvolveError


@pytest.fixture
def still() -> pd.DataFrame:
    """Runs of several sizes, all of as many tokens."""
    params = np.geomspace(1e7, 1e10, 16)
    return pd.DataFrame({"params": params, "tokens": 2e10, "loss": 1.7 + 400.0 * params**-0.34})


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("law", ["hoffmann_2022", "bilinear"])
def test_a_law_that_lacks_a_column_says_which_was_left_out_as_it_never_varies(
    law: str, still: pd.DataFrame
) -> None:
    with pytest.raises(EvolveError, match="needs .*; not used: tokens is constant$"):
        evolve.fit_named_law(still, "loss", law)
    with pytest.raises(EvolveError, match="needs ") as caught:
        evolve.fit_named_law(still, "loss", law, features="params")
    assert "not used" not in str(caught.value)


@pytest.mark.parametrize(
    ("words", "argument"),
    [
        ("--law E+A/params^a+B/tokens^b", "--law"),
        ("--law hoffmann_2022 --at params=1e11 tokens=1e11", "--at"),
        ("--law hoffmann_2022 --features params tokens", "--features"),
    ],
)
def test_a_constant_feature_is_to_be_left_out_of_what_names_it(
    words: str,
    argument: str,
    still: pd.DataFrame,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    still.to_csv(tmp_path / "t.csv", index=False)
    assert call(["fit", str(tmp_path / "t.csv"), "--target", "loss", *words.split()]) == 2
    error = capsys.readouterr().err.splitlines()[-1]
    rule = "feature 'tokens' must vary, all 16 rows hold 2e+10; leave it out of "
    assert error.endswith(rule + argument)


def test_a_column_that_is_called_as_a_constant_is_told_unless_features_are_named(
    still: pd.DataFrame, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    frame = still.assign(
        E=np.random.default_rng(0).uniform(1.0, 2.0, 16), alpha=np.linspace(0.2, 0.4, 16)
    )
    law, told = "E + A/params^alpha", "is the column alpha; a constant needs another name"
    with pytest.warns(UserWarning, match="is the column E; a constant needs") as caught:
        evolve.fit_named_law(frame, "loss", law)
    assert f"alpha in {law!r} {told}" in [str(warning.message) for warning in caught]
    frame.to_csv(tmp_path / "t.csv", index=False)
    words = ["fit", str(tmp_path / "t.csv"), "--target", "loss", "--law", law]
    assert call(words) == 0
    assert f"fit: E in {law!r} is the column E" in capsys.readouterr().err
    assert call([*words, "--features", "E", "params", "alpha"]) == 0
    assert "a constant needs" not in capsys.readouterr().err
    template = f"{law} + @(params)"
    with pytest.warns(UserWarning, match="in .*, as the column alpha is no feature") as caught:
        evolve.discover(
            frame, "loss", evaluations=1, template=template, runs_dir=tmp_path, progress=False
        )
    assert f"E in {template!r} is the column E" in "; ".join(str(w.message) for w in caught)


def test_a_formula_of_which_no_start_converged_says_so_in_a_line(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    x = np.geomspace(0.5, 300.0, 12)
    noise = np.exp(0.03 * np.random.default_rng(0).normal(size=12))
    frame = pd.DataFrame({"x": x, "y": (1.0 + 4.0 * np.exp(-x / 40.0)) * noise})
    told = "no start of the fit converged: its constants, their errors and its forecasts may be"
    with pytest.warns(UserWarning, match=told):  # of an exponential, K and a have no bound
        assert evolve.fit_named_law(frame, "y", "E + A/(x + K)^a").converged == 0.0
    frame.to_csv(tmp_path / "t.csv", index=False)
    words = ["fit", str(tmp_path / "t.csv"), "--target", "y", "--law"]
    assert call([*words, "E + A*exp(-x/K)"]) == 0
    assert "converged" not in capsys.readouterr().err
    frame = pd.concat([frame.assign(g="a"), frame.assign(g="b", y=1.0 + 4.0 / np.sqrt(x) * noise)])
    with pytest.warns(UserWarning, match="of the fit converged in 1 of 2 groups: its constants"):
        evolve.fit_named_law(frame, "y", "E + A/(x + K)^a", groups="g")
