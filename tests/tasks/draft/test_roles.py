"""Columns that are asked for have one use each, and are named as the table names them."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import pandas as pd
import pytest

import evolve
from evolve.cli.app import call, option_of
from evolve.errors import EvolveError
from evolve.tasks.draft import Wishes, propose
from evolve.tasks.draft.roles import require_one_use
from evolve.tasks.readers import raw_of
from tests.own_tables import GOOD

USES = {
    "targets": ("x",),
    "features": ("x",),
    "groups": ("x",),
    "weights": "x",
    "sigma": "x",
    "run_id": "x",
    "step": "x",
}
MAY_SHARE = {("features", "run_id"), ("features", "step")}


@pytest.mark.parametrize(("one", "other"), [*combinations(USES, 2)])
def test_a_column_has_one_use(one: str, other: str) -> None:
    asked: dict[str, Any] = {"targets": ("y",), one: USES[one], other: USES[other]}
    if (one, other) in MAY_SHARE:
        require_one_use(Wishes(**asked))
        return
    with pytest.raises(EvolveError, match="a column has one role, 'x' is named by") as refused:
        require_one_use(Wishes(**asked))
    said = refused.value.spelled(option_of)
    assert said.startswith(f"--{other.replace('_', '-')}")
    assert f"by --{one.replace('_', '-')}".replace("targets", "target") in said


def test_runs_are_groups_only_where_their_rows_are_points_of_curves() -> None:
    require_one_use(Wishes(("y",), groups=("run",), run_id="run", step="step"))
    with pytest.raises(EvolveError, match="run_id: a column has one role, 'run' is named by"):
        require_one_use(Wishes(("y",), groups=("run",), run_id="run"))


@pytest.mark.parametrize("verb", ["new-task", "fit"])
def test_no_verb_takes_the_target_for_the_name_of_runs(
    verb: str, tmp_path: Any, monkeypatch: Any, capfd: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "t.csv").write_text(GOOD)
    law = ["--law", "hoffmann_2022"] if verb == "fit" else []
    assert call([verb, "t.csv", "--target", "loss", "--run-id", "loss", *law]) == 2
    assert "--run-id: a column has one role, 'loss' is named by --target" in capfd.readouterr().err


def test_discover_takes_no_target_for_a_step(tmp_path: Any) -> None:
    frame = pd.DataFrame({"n": [1, 2, 3], "run": [1, 1, 2], "loss": [3.0, 2.0, 1.0]})
    with pytest.raises(EvolveError, match="step: a column has one role, 'loss' is named by"):
        evolve.discover(frame, "loss", run_id="run", step="loss", runs_dir=tmp_path)


def test_names_and_texts_are_given_with_outer_spaces_or_without() -> None:
    rows = {"n": [1e6 * 2**i for i in range(16)], "corpus ": ["web", "code"] * 8}
    raw = raw_of({**rows, "loss ": [3.0 - 0.1 * i for i in range(16)]})
    asked = Wishes(("loss ",), ("n",), weights=None, where="corpus == ' web '", roles={"n ": "N"})
    draft = propose(raw, "t", asked)
    assert draft.raw.n_rows == 8
    assert draft.spec.targets[0].name == "loss"
    assert draft.spec.features[0].role == "N"
