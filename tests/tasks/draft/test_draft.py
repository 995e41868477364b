"""Scales, units, axes and constants are guessed from training rows, and the reasons are told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from own_tables import GOOD, HEADER, ROWS, SIZES, made, refused, start_in, table_of

from evolve.errors import EvolveError
from evolve.tasks import cells
from evolve.tasks.draft import (
    Draft,
    Wishes,
    guess_scale,
    guess_unit,
    inspect_columns,
    parse_condition,
    propose,
)
from evolve.tasks.readers import RawTable
from evolve.tasks.task import list_tasks, load_task

ROOT = Path(__file__).resolve().parents[3]
SHIPPED = [task.name for task in list_tasks([ROOT / "tasks"]) if task.has_train]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    start_in(tmp_path, monkeypatch)


# guesses


@pytest.mark.parametrize(
    ("n_rows", "n_features", "most"),
    [
        (100, 2, 12),
        (17, 2, 6),
        (11, 2, 5),
        (12, 3, 6),
        (17, 3, 7),
        (6, 1, 3),
        (300, 8, 17),
        (8, 6, 4),
    ],
)
def test_constants_are_as_many_as_the_rows_bear(n_rows: int, n_features: int, most: int) -> None:
    names = [f"x{j}" for j in range(n_features)]
    x = 10.0 ** np.random.default_rng(1).uniform(0, 4, (n_rows, n_features + 1))
    text = "\n".join([",".join([*names, "y"]), *(",".join(map(repr, row)) for row in x.tolist())])
    assert propose(table_of(text), "x", Wishes(("y",), tuple(names))).spec.max_constants == most


@pytest.mark.parametrize(("small", "most"), [(2, 6), (3, 6), (4, 4)])
def test_curves_may_have_a_break_where_half_of_the_rows_are_in_groups_that_can_tell(
    small: int, most: int
) -> None:
    sizes = [12, *[4] * small]
    rows = [f"g{g},{2.0**i},{3.0 + g + i**0.5}" for g, n in enumerate(sizes) for i in range(n)]
    table = table_of("\n".join(["group,x0,y", *rows]))
    assert propose(table, "x", Wishes(("y",), ("x0",), ("group",))).spec.max_constants == most


@pytest.mark.parametrize(
    ("sizes", "n_features", "most"),
    [((4, 9), 1, 3), ((5, 5), 1, 2), ((4, 9), 2, 3), ((6, 11), 2, 5)],
)
def test_a_small_group_keeps_no_law_from_a_floor_that_the_other_tells(
    sizes: tuple[int, ...], n_features: int, most: int
) -> None:
    assert draft_of_groups(sizes, n_features).spec.max_constants == most


@pytest.mark.parametrize(
    ("sizes", "n_features", "most"),
    [
        ((4, 7, 8, 9), 1, 4),
        ((4, 4, 4, 7), 1, 3),
        ((5, 5, 5), 1, 3),
        ((4, 9, 9), 2, 6),
        ((5,) * 5, 2, 4),
        ((6,) * 12, 1, 4),
    ],
)
def test_groups_that_may_share_exponents_bear_laws_that_none_of_them_bears_alone(
    sizes: tuple[int, ...], n_features: int, most: int
) -> None:
    draft = draft_of_groups(sizes, n_features)
    assert draft.spec.max_constants == most
    (why,) = [d.why for d in draft.decisions if d.what == "constants"]
    shared = f"{len(sizes)} groups with {sum(sizes)} rows may have constants in common"
    assert why.endswith(shared)


def draft_of_groups(sizes: tuple[int, ...], n_features: int) -> Draft:
    """What is proposed for groups of so many rows."""
    names = [f"x{j}" for j in range(n_features)]
    rows = [
        ",".join(
            [f"g{g}", *(f"{(2.0 + j) ** i}" for j in range(n_features)), f"{3.0 + g + i**0.5}"]
        )
        for g, n in enumerate(sizes)
        for i in range(n)
    ]
    table = table_of("\n".join([",".join(["group", *names, "y"]), *rows]))
    return propose(table, "x", Wishes(("y",), tuple(names), ("group",)))


@pytest.mark.parametrize(("sizes", "said"), [((6, 6), "6"), ((6, 9), "6 to 9")])
def test_groups_are_told_with_how_many_rows_each_has(sizes: tuple[int, int], said: str) -> None:
    rows = [f"g{g},{2.0**i},{3.0 + g + i**0.5}" for g, n in enumerate(sizes) for i in range(n)]
    draft = propose(table_of("\n".join(["g,x,y", *rows])), "x", Wishes(("y",), ("x",), ("g",)))
    assert f"{said} training rows each" in [decision.why for decision in draft.decisions]


def test_without_features_all_other_columns_of_numbers_are_proposed(
    capfd: pytest.CaptureFixture[str],
) -> None:
    lines = [f"{line},{extra}" for line, extra in zip(ROWS, range(len(ROWS)), strict=True)]
    lines = [f"{line},7,,{k % 3}" for k, line in enumerate(lines)]
    Path("my_runs.csv").write_text("\n".join([HEADER + ",id,version,empty,seed", *lines]) + "\n")
    told = made(capfd, "--target", "loss")
    assert load_task("my_runs").feature_names == ("params", "tokens")
    why = {column["name"]: column["why"] for column in told["columns"]}
    assert why["id"].startswith("is by its name id, no input")
    assert why["seed"].startswith("is by its name seed, no input")
    assert why["version"] == "is constant"
    assert why["empty"] == "holds nothing"
    assert why["corpus"] == "holds texts"
    assert (
        "not given: the other columns of numbers that may be inputs" in told["decisions"][0]["why"]
    )
    assert any("named as groups, corpus would" in note for note in told["notes"])


@pytest.mark.parametrize("name", SHIPPED)
def test_scales_and_units_of_the_shipped_tasks_would_have_been_guessed(name: str) -> None:
    task = load_task(name, [ROOT / "tasks"])
    for feature, values in zip(task.spec.features, task.train.X.T, strict=True):
        assert guess_scale(values)[0] == feature.scale, feature.name
        assert 0.09 < guess_unit(values, feature.scale) / feature.unit < 11, feature.name


@pytest.mark.parametrize(
    ("values", "scale", "unit"),
    [
        ([1e7, 1e8, 1e9], "log", 1e8),
        ([3e-4, 1e-3, 3e-3], "log", 1e-3),
        ([0.125, 0.15, 0.25, 0.375], "log", 0.1),
        ([0.0, 1e3, 2e3], "linear", 1e3),
        ([-2.0, 3.0], "linear", 1.0),
        ([0.0, 0.0], "linear", 1.0),
        ([2020.0, 2021.0, 2022.0, 2023.0], "linear", 1e3),
        ([1.0, 1.3, 1.69, 2.197], "log", 1.0),
        ([12.0, 24.0, 48.0], "log", 10.0),
        ([5e-324, 1e308], "log", 1e300),
    ],
)
def test_a_scale_and_a_unit_are_guessed(values: list[float], scale: str, unit: float) -> None:
    x = np.array(values)
    guessed = guess_scale(x)[0]
    assert guessed == scale
    assert guess_unit(x, guessed) == unit


def test_a_table_of_many_columns_is_read_in_time_that_grows_with_its_cells(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    n_read, read = [0], cells.number

    def counted(cell: object) -> float | None:
        n_read[0] += 1
        return read(cell)

    for module in ("raw", "draft.columns", "draft.roles", "readers"):
        monkeypatch.setattr(f"evolve.tasks.{module}.number", counted, raising=False)
    rng = np.random.default_rng(0)
    for n_columns in (20, 200):
        columns = {f"x{j}": list(rng.uniform(2.0, 9.0, 30)) for j in range(n_columns)}
        columns["loss"] = list(rng.uniform(2.0, 9.0, 30))
        n_read[0] = 0
        draft = propose(RawTable(tmp_path / "t.csv", columns, 30), "t", Wishes(("loss",)))
        assert len(draft.spec.features) == n_columns
        assert n_read[0] <= 4 * 30 * (n_columns + 1)
    assert draft.spec.title.endswith("x38, x39 and 160 more")


def test_more_columns_than_somebody_can_have_meant_are_to_be_named(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    columns = {f"x{j}": list(rng.uniform(2.0, 9.0, 30)) for j in range(501)}
    columns["loss"] = list(rng.uniform(2.0, 9.0, 30))
    raw = RawTable(tmp_path / "t.csv", columns, 30)
    with pytest.raises(EvolveError, match="has 501 columns that could be features, more than 500"):
        propose(raw, "t", Wishes(("loss",)))
    named = propose(raw, "t", Wishes(("loss",), ("x3", "x7")))
    assert [feature.name for feature in named.spec.features] == ["x3", "x7"]


AXES: dict[str, tuple[list[str], list[str], str]] = {
    "a guess of what is large": ([], ["params", "tokens"], "any"),
    "what the test bounds below": (["--test", "params>=2e9"], ["params"], "any"),
    "both at once": (["--test", "params>=2e9 and tokens>=6e10"], ["params", "tokens"], "all"),
    "any of both": (["--test", "2e9<=params or tokens>=2e11"], ["params", "tokens"], "any"),
    "what was asked for": (["--extrapolate", "tokens"], ["tokens"], "any"),
    "none, as was asked for": (["--extrapolate", "none"], [], "any"),
    "a guess where the test lies below": (["--test", "params<2e7"], ["params", "tokens"], "any"),
    "a guess where it is denied": (["--test", "not params<2e9"], ["params", "tokens"], "any"),
}


@pytest.mark.parametrize("what", AXES)
def test_the_axes_are(what: str, capfd: pytest.CaptureFixture[str]) -> None:
    words, axes, together = AXES[what]
    made(capfd, "--target", "loss", *words)
    folds = load_task("my_runs").spec.folds
    assert (folds.axes, folds.together) == (axes, together)


@pytest.mark.parametrize(
    ("name", "low", "scale"),
    [
        *(("lr", 3e-4, "log"), ("temperature", 0.25, "log"), ("warmup_steps", 1e5, "log")),
        *(("log_temp", -2.0, "linear"), ("log10_lr", -16.0, "linear")),
    ],
)
def test_a_setting_of_a_run_is_no_axis_of_a_guess(
    name: str, low: float, scale: str, capfd: pytest.CaptureFixture[str]
) -> None:
    lines = [
        f"{row},{low * 8 ** (k % 4) if low > 0 else low + k % 4:g}" for k, row in enumerate(ROWS)
    ]
    Path("my_runs.csv").write_text("\n".join([f"{HEADER},{name}", *lines]) + "\n")
    made(capfd, "--target", "loss")
    task = load_task("my_runs")
    assert task.spec.folds.axes == ["params", "tokens"]
    assert task.spec.features[2].scale == scale


def test_a_table_of_two_scales_gets_plain_folds_and_says_so(
    capfd: pytest.CaptureFixture[str],
) -> None:
    lines = [f"{1 + k % 2},{1 / (k + 1):.4f}" for k in range(16)]
    Path("my_runs.csv").write_text("\n".join(["depth,loss", *lines]) + "\n")
    told = made(capfd, "--target", "loss")
    assert told["axes"] == []
    assert any("plain folds" in decision["why"] for decision in told["decisions"])


def test_test_rows_decide_nothing_but_which_rows_are_left() -> None:
    def spec_of(large: float, loss: float) -> Any:
        rows = [f"{10.0**i:g},{1 + i % 5},{5 - i / 10}" for i in range(12)]
        text = "\n".join(["params,depth,loss", *rows, f"{large:g},7,{loss}"]) + "\n"
        return propose(table_of(text), "x", Wishes(("loss",), test="params>=1e12")).spec

    assert spec_of(1e12, 2.0) == spec_of(1e30, -40.0)


NOTES = {
    "rows counted twice": (ROWS[0], "1 row repeats an earlier row in every used column"),
    "noise": (ROWS[0][:-1] + "9", "1 row repeats the features of another"),
}


@pytest.mark.parametrize("what", NOTES)
def test_a_note_tells_of(what: str, capfd: pytest.CaptureFixture[str]) -> None:
    row, part = NOTES[what]
    Path("my_runs.csv").write_text(f"{GOOD}{row}\n")
    assert any(part in note for note in made(capfd, "--target", "loss")["notes"])


@pytest.mark.parametrize("option", ["--weights", "--sigma"])
def test_a_column_that_says_what_rows_count_is_no_feature(
    option: str, capfd: pytest.CaptureFixture[str]
) -> None:
    rows = [f"{line},{1 + k % 3}" for k, line in enumerate(ROWS)]
    Path("my_runs.csv").write_text("\n".join([HEADER + ",spread", *rows]) + "\n")
    told = made(capfd, "--target", "loss", option, "spread")
    named = made(
        capfd, "--target", "loss", option, "spread", "--features", "params", "--name", "named"
    )
    for columns in (told["columns"], named["columns"]):
        roles = {c["name"]: (c["role"], c["why"]) for c in columns}
        assert roles["spread"] == ("not used", "says what each row counts")
    (decision,) = [d for d in told["decisions"] if d["what"] == "weights"]
    assert decision["chosen"] == "spread"
    text = Path("tasks/my_runs/task.toml").read_text()
    assert f'{option[2:]} = "spread"' in text
    assert f"{option} spread" in text.splitlines()[0]
    weights = load_task("my_runs").train.weights
    assert weights is not None
    assert (weights.noise is None) == (option == "--weights")


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (("--weights", "weigth"), "--weights: my_runs.csv has no column 'weigth'"),
        (("--weights", "loss"), "--weights: a column has one role, 'loss' is named by --target"),
        (("--weights", "tokens", "--sigma", "params"), "--weights and --sigma: both say"),
    ],
)
def test_what_cannot_say_what_rows_count_is_refused(
    words: tuple[str, ...], part: str, capfd: pytest.CaptureFixture[str]
) -> None:
    refused(capfd, part, "new-task", "my_runs.csv", "--target", "loss", *words)


def test_a_feature_that_others_fix_is_noted(capfd: pytest.CaptureFixture[str]) -> None:
    rows = [f"{line},{6 * n * d:g}" for line, (n, d) in zip(ROWS, SIZES, strict=True)]
    Path("my_runs.csv").write_text("\n".join([HEADER + ",flops", *rows]) + "\n")
    notes = made(capfd, "--target", "loss", "--features", "params", "tokens", "flops")["notes"]
    assert any("flops is 6 * params * tokens: no row shows" in note for note in notes)


def test_a_size_that_reaches_zero_stays_linear_and_is_noted(
    capfd: pytest.CaptureFixture[str],
) -> None:
    rows = [f"{10.0 ** (k % 5):g},{k % 7},{5 - k / 10}" for k in range(20)]
    Path("my_runs.csv").write_text("\n".join(["width,x,loss", *rows, "0,1,9"]) + "\n")
    told = made(capfd, "--target", "loss")
    width = told["columns"][0]
    assert (width["scale"], width["why"]) == ("linear", "row 21 (line 22) holds 0: no logarithm")
    assert any("width spans a factor of 1e+04 but for 1 row at 0" in n for n in told["notes"])


def test_columns_are_inspected() -> None:
    columns = inspect_columns(table_of("a,b,c,d\n1,x,1,\n10,y,,\n30,x,2,\n"))
    a = columns["a"]
    assert (a.kind, a.n_levels, a.low, a.median, a.high) == ("numbers", 3, 1.0, 10.0, 30.0)
    assert (a.gap, a.gap_text) == (10.0, "x 10")
    assert [columns[name].kind for name in "bcd"] == ["texts", "mixed", "empty"]
    assert (columns["b"].n_levels, columns["c"].n_blank, columns["d"].n_blank) == (2, 1, 3)
    assert inspect_columns(table_of("a\n-1\n4\n"))["a"].gap_text == "5"


@pytest.mark.parametrize(
    ("low", "high", "told"),
    [
        (1971, 2019, ["1971", "1995", "2019"]),
        (2010, 2019, ["2010", "2014.5", "2019"]),
        (2.71, 3.04, ["2.71", "2.88", "3.04"]),
        (7e6, 7.1e9, ["7e+06", "3.55e+09", "7.1e+09"]),
        (-0.25, 0.5, ["-0.25", "0.125", "0.5"]),
    ],
)
def test_numbers_of_a_column_are_told_in_digits_enough_to_tell_them_apart(
    low: float, high: float, told: list[str]
) -> None:
    years = inspect_columns(table_of(f"a\n{low}\n{high}\n"))["a"]
    middle = (low + high) / 2
    assert [f"{value:.{years.digits}g}" for value in (low, middle, high)] == told


def test_a_factor_near_one_is_told_in_digits_that_differ_from_it() -> None:
    years = np.arange(2010.0, 2020.0)
    assert guess_scale(years) == ("linear", "spans a factor of 1.0045 alone, in even steps")
    assert inspect_columns(table_of("a\n2010\n2011\n"))["a"].gap_text == "x 1.0005"


def test_years_in_uneven_steps_are_of_linear_scale() -> None:
    months = np.array([5.0, 6.3, 7.6, 9.3, 11.2, 12.1, 14.9, 16.8, 18.0, 20.7, 21.9, 23.5])
    for shift in range(6):
        years = 2018 + (months + shift * (months % 2)) / 12
        assert guess_scale(years)[0] == "linear"
    assert guess_scale(years) == ("linear", "spans a factor of 1.001 alone")
    assert guess_scale(np.array([1.0, 1.5, 2.4]))[0] == "log"


def test_sizes_in_even_steps_over_a_narrow_range_act_by_factors() -> None:
    sizes = np.array([1e9, 1.5e9, 2e9, 2.5e9])
    assert guess_scale(sizes)[0] == "linear"
    assert guess_scale(sizes, role="N") == ("log", "is a size, which acts by factors")
    assert guess_scale(np.array([0.0, 1e9]), role="D")[0] == "linear"
    assert guess_scale(sizes, 1e9, "N")[0] == "linear"  # shares of a mixture


# conditions


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("a>=2", [0, 1, 1, 1]),
        ("2<=a", [0, 1, 1, 1]),
        ("1<a<4", [0, 1, 1, 0]),
        ("a==1 or a==4", [1, 0, 0, 1]),
        ("a>1 and (b=='x' or a>3)", [0, 0, 1, 1]),
        ("not b=='x'", [0, 1, 0, 1]),
        ("'x'!=b", [0, 1, 0, 1]),
        ("`c d`<=-5e-1", [1, 1, 0, 0]),
        ("a != +2", [1, 0, 1, 1]),
    ],
)
def test_a_condition_selects(text: str, rows: list[int]) -> None:
    raw = table_of("a,b,c d\n1,x,-2\n2,y,-1\n3,x,0\n4,y,5\n")
    assert parse_condition(text, raw).rows.tolist() == [bool(row) for row in rows]


@given(st.text(alphabet="ab<>=!&|()'\"`. 10eandorntl-+*", max_size=25))
def test_any_text_is_a_condition_or_refused_in_one_line(text: str) -> None:
    raw = RawTable(Path("t.csv"), {"a": ["1", "2"], "b": ["x", "y"]}, 2)
    try:
        rows = parse_condition(text, raw).rows
    except EvolveError as error:
        told = str(error)
    else:
        told = f"{rows.sum()} of 2 rows"
    assert "\n" not in told
    assert told.startswith(("test", "1 of 2 rows", "t.csv: column"))


@pytest.mark.parametrize(
    ("column", "is_said"),
    [
        *(("loss_stderr", True), ("Loss std", True), ("sigma", True), ("std_err", True)),
        *(("other_err", False), ("loss_max", False)),
    ],
)
def test_the_deviations_of_a_target_are_said_to_be_so_until_they_count(
    column: str, is_said: bool, capfd: pytest.CaptureFixture[str]
) -> None:
    rows = [f"{line},{0.01 + 0.01 * (k % 3):g}" for k, line in enumerate(ROWS)]
    Path("my_runs.csv").write_text("\n".join([f"{HEADER},{column}", *rows]) + "\n")
    words = ["--target", "loss", "--features", "params", "tokens"]
    notes = made(capfd, *words)["notes"]
    assert any("how uncertain loss is" in note for note in notes) == is_said
    told = made(capfd, *words, "--sigma", column, "--name", "weighed")
    assert not any("uncertain" in note for note in told["notes"])


@pytest.mark.parametrize(
    ("column", "is_said"),
    [
        *(("weight", True), ("sample_weight", True), ("n_seeds", True), ("Count", True)),
        *(("weight_decay", False), ("seed", False), ("model_weights_gb", False)),
    ],
)
def test_a_column_of_what_rows_count_is_said_to_be_one_until_it_counts(
    column: str, is_said: bool, capfd: pytest.CaptureFixture[str]
) -> None:
    rows = [f"{line},{1 + 4 * (k % 2)}" for k, line in enumerate(ROWS)]
    Path("my_runs.csv").write_text("\n".join([f"{HEADER},{column}", *rows]) + "\n")
    notes = [note for note in made(capfd, "--target", "loss")["notes"] if "row counts" in note]
    taken = f"{column} is by its name what each row counts, and is taken for a feature: it does "
    assert notes == [f"{taken}so as --weights"] * is_said
    words = ["--target", "loss", "--features", "params", "tokens"]
    notes = made(capfd, *words, "--name", "alone")["notes"]
    assert any(f"{column} is by its name what each row counts: it" in n for n in notes) == is_said
    told = made(capfd, *words, "--weights", column, "--name", "weighed")["notes"]
    assert not any("by its name what" in note for note in told)


def test_a_size_of_two_levels_is_said_to_show_no_power(
    capfd: pytest.CaptureFixture[str],
) -> None:
    rows = [row for row in ROWS if row.split(",")[2] in ("1e+09", "4e+09")]
    Path("my_runs.csv").write_text("\n".join([HEADER, *rows]) + "\n")
    notes = made(capfd, "--target", "loss", "--features", "params", "tokens")["notes"]
    assert [note for note in notes if "two levels" in note] == [
        "tokens has two levels, 1e+09 and 4e+09: a power of it, its amplitude and a floor "
        "cannot be told apart"
    ]
