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
