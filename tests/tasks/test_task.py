"""Tasks are read strictly; every broken rule names file, column, row, rule and value."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evolve.errors import TaskError
from evolve.printable import printable
from evolve.tasks.names import why_no_column, why_no_name
from evolve.tasks.spec import TaskSpec, parse_spec
from evolve.tasks.task import fingerprint, list_tasks, load_task, load_test
from evolve.tasks.toml import format_spec

ROOT = Path(__file__).resolve().parents[2]
TASKS = sorted(path.parent for path in (ROOT / "tasks").glob("*/task.toml"))
SHIPPED = [folder for folder in TASKS if (folder / "train.csv").is_file()]

# Rows after filters, groups and features of references: Lin et al. 2025, table of tasks.
SHAPES = {
    "data_constrained": (161, 1, 3, 1),
    "domain_mixture": (80, 4, 5, 5),
    "lr_bsz": (1730, 1, 4, 1),
    "sft": (504, 42, 1, 1),
    "parallel": (36, 2, 2, 1),
}

TOML = """\
title = "A table"
source = "a test"
licence = "none"
groups = ["family"]

[[features]]
name = "params"

[[features]]
name = "share"
scale = "linear"

[[targets]]
name = "loss"

[folds]
axes = ["params"]

[[filters]]
column = "loss"
op = "<"
value = 10.0
reason = "diverged"
"""
CSV = """\
family,params,share,loss
a,10,0,3.0
a,20,0.5,2.0
b,10,0,4.0
b,20,0.5,3.5
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A correct task of a user."""
    monkeypatch.delenv("EVOLVE_DATA_DIR", raising=False)
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "task.toml").write_text(TOML)
    (folder / "train.csv").write_text(CSV)
    (folder / "test.csv").write_text("family,params,share,loss\nb,40,1,3.25\n")
    return folder


def fails(folder: Path, match: str) -> None:
    with pytest.raises(TaskError, match=match) as caught:
        load_task(str(folder))
    assert "\n" not in str(caught.value)


def names_st() -> st.SearchStrategy[list[str]]:
    names = st.text(min_size=1, max_size=12).filter(lambda name: not why_no_column(name))
    return st.lists(names, min_size=4, max_size=4, unique=True)


@st.composite
def specs(draw: st.DrawFn) -> dict[str, object]:
    """Values of a `task.toml` with odd names, texts and numbers."""
    one, two, three, group = draw(names_st())
    text = st.text(max_size=30).filter(lambda text: printable(text) == text)
    number = st.floats(allow_nan=False, allow_infinity=False)
    features = [
        {"name": name, "unit": draw(st.floats(1e-12, 1e12)), "description": draw(text)}
        for name in (one, two)
    ]
    return {
        "title": draw(text.filter(lambda text: not why_no_name(text))),
        "source": draw(text),
        "licence": draw(text),
        "note": draw(text),
        "groups": [group],
        "max_constants": draw(st.none() | st.integers(1, 99)),
        "features": features,
        "targets": [{"name": three}],
        "folds": {"axes": [two], "together": draw(st.sampled_from(["any", "all"]))},
        "filters": [
            {"column": three, "op": "!=", "value": draw(text | number), "reason": draw(text)}
        ],
        "physics": {"decreasing_in": [one], "floor": draw(st.none() | number)},
        "sldbench": {"label": draw(text), "values": {group: {draw(text): draw(text)}}},
    }


@given(specs())
def test_a_spec_written_as_toml_is_read_back_the_same(values: dict[str, object]) -> None:
    spec = TaskSpec.model_validate(values)
    assert parse_spec(format_spec(spec), "here") == spec


@pytest.mark.parametrize("folder_", TASKS, ids=lambda path: path.name)
def test_every_shipped_spec_is_complete_and_round_trips(folder_: Path) -> None:
    spec = parse_spec((folder_ / "task.toml").read_text(), folder_.name)
    assert parse_spec(format_spec(spec), "again") == spec
    assert "arXiv" in spec.source
    assert spec.licence
    assert spec.note
    assert spec.max_constants is not None
    assert all(f.description for f in spec.features)


def test_the_five_tables_and_three_specs_ship() -> None:
    assert {path.name for path in SHIPPED} >= set(SHAPES)
    assert {path.name for path in TASKS} >= {*SHAPES, "moe", "vocab", "easy_question"}


@pytest.mark.parametrize("name", sorted(SHAPES))
def test_every_shipped_table_has_its_published_shape(name: str) -> None:
    task = load_task(name, [ROOT / "tasks"])
    n_rows, n_groups, n_features, n_targets = SHAPES[name]
    assert task.train.X.shape == (n_rows, n_features)
    assert task.train.Y.shape == (n_rows, n_targets)
    assert task.n_groups == len(task.sldbench_labels) == n_groups
    assert sorted(set(task.train.group.tolist())) == list(range(n_groups))


def test_a_users_task_is_read_from_its_folder(folder: Path) -> None:
    task = load_task(str(folder))
    assert task.name == "mine"
    assert task.feature_names == ("params", "share")
    assert task.target_names == ("loss",)
    assert task.group_names == ("a", "b")
    assert task.train.X.tolist() == [[10, 0], [20, 0.5], [10, 0], [20, 0.5]]
    assert task.train.Y.tolist() == [[3.0], [2.0], [4.0], [3.5]]
    assert task.train.group.tolist() == [0, 0, 1, 1]
    assert load_test(task).group.tolist() == [1]


def test_a_users_tasks_dir_comes_first(folder: Path) -> None:
    target = folder.rename(folder.parent / "sft")
    assert load_task("sft", [folder.parent]).folder == target
    assert load_task("sft", [str(folder.parent)]).folder == target
    assert load_task("sft", [ROOT / "tasks"]).n_groups == 42


def test_a_task_without_groups_has_one(folder: Path) -> None:
    text = TOML.replace('groups = ["family"]\n', "")
    (folder / "task.toml").write_text(text)
    task = load_task(str(folder))
    assert task.group_names == ("all",)
    assert task.sldbench_labels == ("all_data",)


def test_several_group_columns_are_joined(folder: Path) -> None:
    text = TOML.replace('["family"]', '["family", "params"]').replace(
        '[[features]]\nname = "params"\n\n', "", 1
    )
    (folder / "task.toml").write_text(text.replace('["params"]', '["share"]'))
    assert load_task(str(folder)).given[0] == ("a | 10", "a | 20", "b | 10", "b | 20")


def test_sft_maps_to_sldbenchs_labels() -> None:
    task = load_task("sft", [ROOT / "tasks"])
    labels = dict(zip(task.group_names, task.sldbench_labels, strict=True))
    assert labels["gpt2 | flan"] == "('gpt2', 'flan')"
    assert labels["gpt2 | wmt19"] == "('gpt2', 'gigaword')"
    assert labels["gpt2 | gigaword"] == "('gpt2', 'wikiword')"


def test_a_filter_keeps_rows_where_it_is_true(folder: Path) -> None:
    (folder / "task.toml").write_text(TOML.replace("value = 10.0", "value = 4"))
    assert load_task(str(folder)).train.Y.ravel().tolist() == [3.0, 2.0, 3.5]


def test_a_filter_may_compare_texts(folder: Path) -> None:
    text = TOML.replace(
        'column = "loss"\nop = "<"\nvalue = 10.0', 'column = "tag"\nop = "!="\nvalue = "x"'
    )
    (folder / "task.toml").write_text(text)
    (folder / "train.csv").write_text("family,params,share,loss,tag\na,1,0,3,x\na,2,0,2,y\n")
    assert load_task(str(folder)).train.X.tolist() == [[2.0, 0.0]]


def test_other_columns_are_not_looked_at(folder: Path) -> None:
    (folder / "train.csv").write_text("note,family,params,share,loss\n?,a,1,0,3\n")
    assert load_task(str(folder)).train.n_rows == 1


def test_the_fingerprint_changes_with_rows_and_spec_alone(folder: Path) -> None:
    first = fingerprint(load_task(str(folder)))
    (folder / "task.toml").write_text("# a comment\n" + TOML)
    assert fingerprint(load_task(str(folder))) == first
    (folder / "task.toml").write_text(TOML + "\n[physics]\nfloor = 0.0\n")
    second = fingerprint(load_task(str(folder)))
    (folder / "train.csv").write_text(CSV.replace("4.0", "4.5"))
    assert len({first, second, fingerprint(load_task(str(folder)))}) == 3
    assert len(first) == 16


def test_a_parquet_table_reads_as_the_csv_does(folder: Path) -> None:
    pandas = pytest.importorskip("pandas")
    pytest.importorskip("pyarrow")
    from_csv = load_task(str(folder))
    pandas.read_csv(folder / "train.csv").to_parquet(folder / "train.parquet")
    (folder / "train.csv").unlink()
    from_parquet = load_task(str(folder))
    assert from_parquet.group_names == from_csv.group_names
    np.testing.assert_array_equal(from_parquet.train.X, from_csv.train.X)


def test_a_broken_parquet_file_is_named(folder: Path) -> None:
    pytest.importorskip("pyarrow")
    (folder / "train.csv").unlink()
    (folder / "train.parquet").write_bytes(b"nothing")
    fails(folder, r"train\.parquet: must be Parquet")


@pytest.mark.parametrize(
    ("old", "new", "match"),
    [
        ("a,20,0.5,2.0", "a,20,0.5,high", "column 'loss' must hold numbers, row 2 holds 'high'"),
        ("a,20,0.5,2.0", "a,20,0.5,", "column 'loss' must hold numbers, row 2 holds nothing"),
        ("a,20,0.5,2.0", "a,20,0.5,nan", "column 'loss' must be finite, row 2 holds nan"),
        ("a,20,0.5,2.0", "a,20,-inf,2.0", "column 'share' must be finite, row 2 holds -inf"),
        ("b,10,0,4.0", "b,0,0,4.0", "'params' must be positive under a log scale, row 3 holds 0"),
        (
            "b,10,0,4.0",
            "b,-5,0,4.0",
            "'params' must be positive under a log scale, row 3 holds -5",
        ),
        ("b,10,0,4.0", ",10,0,4.0", "column 'family' must name a group, row 3 holds nothing"),
        ("b,10,0,4.0", "b | c,10,0,4.0", r"column 'family' may not hold ' \| ', row 3"),
        ("b,10,0,4.0", "b,10,0", "rows must have 4 cells, row 3 has 3"),
        ("share,loss", "loss,loss", "different names, the header holds 'loss' 2 times"),
        ("share,loss", ",loss", "columns must have names, column 3 has none"),
        (
            "share,loss",
            "shares,loss",
            r"'share' is missing \(did you mean 'shares'\?\), the header",
        ),
        (CSV, "", "must have a header, the file is empty"),
        (CSV, "family,params,share,loss\n", "must have rows"),
    ],
)
def test_a_bad_table_is_refused_by_file_column_row_rule_and_value(
    folder: Path, old: str, new: str, match: str
) -> None:
    (folder / "train.csv").write_text(CSV.replace(old, new))
    fails(folder, rf"mine/train\.csv: .*{match}")


def test_zeros_pass_under_a_linear_scale(folder: Path) -> None:
    assert np.min(load_task(str(folder)).train.X[:, 1]) == 0.0


def test_filters_that_leave_no_rows_are_refused(folder: Path) -> None:
    (folder / "task.toml").write_text(TOML.replace("10.0", "1.0"))
    fails(folder, r"filters must leave rows, loss < 1.0 leaves 0 of 4")


def test_a_group_that_filters_empty_is_refused(folder: Path) -> None:
    (folder / "task.toml").write_text(TOML.replace("10.0", "3.2"))
    fails(folder, "groups must not be empty, filters leave 0 of 2 rows of 'b'")


def test_a_test_row_of_an_unknown_group_is_refused(folder: Path) -> None:
    (folder / "test.csv").write_text("family,params,share,loss\nc,40,1,3.25\n")
    task = load_task(str(folder))
    with pytest.raises(TaskError, match=r"test\.csv: row 1 \(line 2\), family: no group 'c'"):
        load_test(task)


def test_a_missing_table_says_where_to_put_it(folder: Path) -> None:
    (folder / "train.csv").unlink()
    fails(folder, r"mine/train\.csv is missing; put the table there, or set EVOLVE_DATA_DIR")


@pytest.mark.parametrize(
    ("old", "new", "match"),
    [
        (
            "title =",
            "titel =",
            r"unknown key 'titel' \(did you mean 'title'\?\)",
        ),
        ('scale = "linear"', "units = 2.0", r"unknown key 'features\[2\].units' \(.*'unit'\?\)"),
        ("[folds]", "[folds]\npeels = 2", r"unknown key 'folds.peels' \(did you mean 'peel'\?\)"),
        ("[folds]", "[fold]", r"unknown key 'fold' \(did you mean 'folds'\?\)"),
        (
            'scale = "linear"',
            'scale = "cubic"',
            r"'features\[2\].scale' should be .*holds 'cubic'",
        ),
        ('scale = "linear"', "unit = 0.0", r"'features\[2\].unit' should be greater .*holds 0.0"),
        ('scale = "linear"', 'unit = "1e9"', r"'features\[2\].unit' .*holds '1e9'"),
        ('axes = ["params"]', 'axes = ["param"]', r"folds.axes .*'param' \(did you mean 'params'"),
        ('name = "loss"', 'name = "share"', "a column must have one role, 'share' has two"),
        (
            "value = 10.0",
            'value = "x"',
            r"filters\[1\]: op must be == or != for a text, holds '<'",
        ),
        ("[folds]", "own = true\n[folds]", r"unknown key 'targets\[1\].own'"),
        ('title = "A table"', "", "key 'title' is missing"),
        ('groups = ["family"]', "own = true", "2 features and 1 targets"),
        ('groups = ["family"]', 'groups = "family"', r"'groups' must be a list .*holds 'family'"),
        (
            '[[features]]\nname = "params"\n\n[[features]]\nname = "share"\nscale = "linear"',
            'features = ["params"]',
            r"'features\[1\]' must be written \[\[features\]\] with its name below, once for each",
        ),
        ("[[targets]]", "[targets]", r"'targets' must be written \[\[targets\]\] with its name"),
        (
            'title = "A table"',
            'title = ""\nphysics = 3',
            r"'physics' must be written \[physics\] with",
        ),
        ('axes = ["params"]', 'axes = "params"', r"'folds.axes' must be a list of names"),
        (
            'axes = ["params"]',
            'axes = ["loss"]',
            "must hold names among params, share, or products of them, holds 'loss'",
        ),
        ('title = "A table"', "title = A", "a text stands in straight quotes"),
        ("[folds]", "[folds", "must be TOML"),
    ],
)
def test_a_bad_spec_is_refused_by_key_rule_and_value(
    folder: Path, old: str, new: str, match: str
) -> None:
    (folder / "task.toml").write_text(TOML.replace(old, new, 1))
    fails(folder, rf"mine/task\.toml: .*({match})")


def test_an_unknown_task_offers_the_nearest() -> None:
    with pytest.raises(
        TaskError, match=r"got 'data_constraind' \(did you mean 'data_constrained'"
    ):
        load_task("data_constraind", [ROOT / "tasks"])


def test_a_folder_without_a_spec_is_named(tmp_path: Path) -> None:
    with pytest.raises(
        TaskError, match=r"must be a folder with task\.toml, it holds none; to make"
    ):
        load_task(str(tmp_path))


def test_tables_in_the_data_dir_stand_in(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    instead = folder.parent / "data" / "mine"
    instead.mkdir(parents=True)
    (instead / "train.csv").write_text("family,params,share,loss\nz,7,0,1\n")
    monkeypatch.setenv("EVOLVE_DATA_DIR", str(instead.parent))
    task = load_task(str(folder))
    assert task.group_names == ("z",)
    with pytest.raises(TaskError, match=r"data/mine: this task keeps no rows for a test"):
        load_test(task)


def test_tasks_are_listed_with_what_is_wrong(folder: Path) -> None:
    broken, bare = folder.parent / "broken", folder.parent / "bare"
    for other in (broken, bare):
        other.mkdir()
        (other / "task.toml").write_text(TOML)
    (broken / "train.csv").write_text(CSV.replace("4.0", "four"))
    listed = {listing.name: listing for listing in list_tasks([folder.parent])}
    assert (listed["mine"].n_rows, listed["mine"].n_groups, listed["mine"].problem) == (4, 2, "")
    assert listed["mine"].has_test
    assert not listed["bare"].has_train
    assert "'four'" in listed["broken"].problem
    assert "data_constrained" in listed


def test_listing_does_not_open_the_test_rows(folder: Path) -> None:
    (folder / "test.csv").write_bytes(b"\xff\xff")
    listed = {listing.name: listing for listing in list_tasks([folder.parent])}
    assert listed["mine"].has_test
    assert not listed["mine"].problem


def test_floors_are_finite() -> None:
    with pytest.raises(TaskError, match=r"physics\.floor"):
        parse_spec(TOML + f"\n[physics]\nfloor = {math.inf}\n", "here")


# weights of rows


def weighed(folder: Path, key: str, *cells: str) -> None:
    """Give the task a column of weights or deviations."""
    (folder / "task.toml").write_text(f'{key} = "w"\n{TOML}')
    lines = CSV.splitlines()
    rows = [f"{line},{cell}" for line, cell in zip(lines, ("w", *cells), strict=True)]
    (folder / "train.csv").write_text("\n".join(rows) + "\n")


def test_a_column_says_what_rows_count(folder: Path) -> None:
    plain = load_task(str(folder))
    assert plain.train.weights is None
    weighed(folder, "weights", "1", "2", "1", "4")
    task = load_task(str(folder))
    counts = dict(zip(task.train.Y[:, 0], task.train.counts, strict=True))  # type: ignore[arg-type]
    assert counts == {3.0: 0.5, 2.0: 1.0, 4.0: 0.5, 3.5: 2.0}
    assert fingerprint(task) != fingerprint(plain)
    assert load_test(task).weights is None  # a test needs no weights
    weighed(folder, "weights", "1", "2", "1", "5")
    assert fingerprint(load_task(str(folder))) != fingerprint(task)


def test_a_column_of_deviations_gives_weights_and_noise(folder: Path) -> None:
    weighed(folder, "sigma", "0.1", "0.2", "0.1", "0.1")
    weights = load_task(str(folder)).train.weights
    assert weights is not None
    assert weights.noise is not None
    sigma = sorted(weights.noise / np.sqrt(weights.values))
    np.testing.assert_allclose(sigma, [0.1, 0.1, 0.1, 0.2])


@pytest.mark.parametrize(
    ("key", "cells", "words"),
    [
        ("weights", ("1", "0", "1", "1"), "'w' must be above 0, as a weight, row 2 holds 0"),
        ("sigma", ("1", "1", "-1", "1"), "'w' must be above 0, as a standard deviation, row 3"),
        ("weights", ("1", "x", "1", "1"), "row 2 holds 'x'"),
    ],
)
def test_a_row_that_counts_nothing_is_named(
    folder: Path, key: str, cells: tuple[str, ...], words: str
) -> None:
    weighed(folder, key, *cells)
    fails(folder, words)


def test_weights_and_deviations_are_columns_of_their_own(folder: Path) -> None:
    (folder / "task.toml").write_text('weights = "params"\n' + TOML)
    fails(folder, "a column must have one role, 'params' has two")
    (folder / "task.toml").write_text('weights = "w"\nsigma = "s"\n' + TOML)
    fails(folder, "weights and sigma both say what a row counts")


def test_a_task_that_is_not_found_says_where_own_ones_are_looked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(TaskError, match=f"where their folder tasks lies, {tmp_path} has none"):
        load_task("zzz")
    Path("tasks").mkdir()
    with pytest.raises(TaskError, match=f"of your own those in {tmp_path / 'tasks'} are found"):
        load_task("zzz")
