"""Tables that nobody tuned for are drafted as a user would and measured on their own test rows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from evolve.bench.unseen import BASELINES, axes_of, load_table, run_table, tables_in
from evolve.errors import EvolveError
from evolve.forecast.verdict import VERDICTS


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    top = tmp_path_factory.mktemp("tables")
    table = top / "growth"
    table.mkdir()
    rng = np.random.default_rng(2)
    lines = {"train": range(10), "test": range(10, 13)}
    for split, numbers in lines.items():
        rows = [
            f"{who},{2.0**i:g},{1.0 + 2.0 * 2.0 ** (-0.4 * i) + 0.002 * rng.normal():.6f}"
            for who in ("a", "b")
            for i in numbers
        ]
        (table / f"{split}.csv").write_text("\n".join(["who,steps,loss", *rows]) + "\n")
    (top / "SOURCES.csv").write_text("task,split\ngrowth,steps > 512\n")
    return top


def test_groups_features_target_and_axes_are_read_off_the_table(folder: Path) -> None:
    (path,) = tables_in(folder)
    task, test = load_table(path)
    assert task.feature_names == ("steps",)
    assert task.target_names == ("loss",)
    assert task.group_names == ("a", "b")
    assert task.spec.folds.axes == ["steps"]
    assert test.n_rows == 6


def test_test_rows_belong_to_the_groups_of_their_names(tmp_path: Path) -> None:
    table = tmp_path / "levels"
    table.mkdir()
    levels = {"few": (1.0, 6), "many": (100.0, 9)}
    for split, first in (("train", 1), ("test", 11)):
        rows = [
            f"{who},{2.0**i:g},{level + 1.0 / i:.4f}"
            for who, (level, n) in levels.items()
            for i in range(first, first + n)
        ]
        (table / f"{split}.csv").write_text("\n".join(["who,steps,loss", *rows]) + "\n")
    task, test = load_table(table)
    names = np.array(task.group_names)[test.group]
    assert task.group_names == ("many", "few")
    assert list(test.Y[:, 0] > 50.0) == list(names == "many")


def test_a_feature_before_a_greater_sign_is_what_the_test_lies_above() -> None:
    names = ("age_days", "samples_seen", "water")
    assert axes_of("age > 28 days", names) == ("age_days",)
    assert axes_of("samples_seen > 2e8 or Water > 3", names) == ("samples_seen", "water")
    assert axes_of("the two largest of each", names) == ()


def test_a_search_is_measured_beside_baselines(folder: Path) -> None:
    task, test = load_table(tables_in(folder)[0])
    line = run_table(task, test, 0, 48, 0)
    assert line.forecast > 0.8
    assert line.verdict in VERDICTS
    assert set(line.baselines) == set(BASELINES)
    assert line.baselines["least squares"] > 0.8
    assert 0.0 <= line.inside <= 1.0


def test_a_folder_without_tables_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EvolveError, match="holds no folder"):
        tables_in(tmp_path)
