"""Rows that are points of one run are thinned, and random folds hold out whole runs."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from own_tables import said, table_of

from evolve.cli.app import option_of
from evolve.errors import EvolveError, Remark
from evolve.tasks.draft import Draft, Wishes, propose
from evolve.tasks.draft.memory import task_in_memory
from evolve.tasks.folds import make_folds
from evolve.tasks.readers import raw_of
from evolve.tasks.task import load_task

STEPS = (0, *range(100, 5_100, 50))
LINES = [
    f"run-{k},{n:g},{k % 3},{step},{2 + 40 * n**-0.25 + 3 * (step + 10) ** -0.4 + k / 500:.5f}"
    for k, n in enumerate((1e6, 1e6, 4e6, 4e6, 1.6e7, 1.6e7, 6.4e7, 6.4e7))
    for step in STEPS
]
TEXT = "\n".join(["run,params,depth,step,loss", *LINES]) + "\n"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def drafted(*features: str, **asked: str) -> Draft:
    wishes = Wishes(("loss",), features, run_id="run", step="step", **asked)  # type: ignore[arg-type]
    return propose(table_of(TEXT), "x", wishes)


def told(draft: Draft) -> list[str]:
    return [f"{d.chosen}: {d.why}" for d in draft.decisions if d.what == "points"]


def test_the_end_of_a_run_stands_for_it_where_no_feature_varies_within_runs() -> None:
    draft = drafted("params", "depth")
    assert draft.raw.columns["step"] == [str(STEPS[-1])] * 8
    assert "the end of 8 runs, 792 rows left out: no feature varies within a run" in told(draft)[1]


def test_curves_are_thinned_evenly_in_the_logarithm_of_the_step() -> None:
    draft = drafted("params", "step")
    steps = np.array(draft.raw.numbers("step")[: draft.raw.n_rows // 8])
    assert 10 < len(steps) <= 20
    assert (steps[0], steps[-1]) == (100, 5050)
    assert np.diff(np.log(steps)).max() < 0.5
    assert told(draft)[0].startswith("8 at step 0 left out: no training has been done there")
    assert "neighbouring points of a curve say the same" in told(draft)[1]
    assert draft.spec.features[1].scale == "log"


@pytest.mark.parametrize(
    ("roles", "scale"), [({}, "log"), ({"_step": "other"}, "linear")], ids=["step", "other"]
)
def test_the_start_of_training_is_left_out_of_a_curve_by_steps(
    roles: dict[str, str], scale: str
) -> None:
    text = TEXT.replace("depth,step,loss", "depth,_step,loss")
    wishes = Wishes(("loss",), ("params", "_step"), run_id="run", step="_step", roles=roles)
    draft = propose(table_of(text), "x", wishes)
    assert draft.spec.features[1].scale == scale
    assert any("8 at _step 0 left out" in line for line in told(draft)) == (scale == "log")


@pytest.mark.parametrize("features", [(), ("params", "cooldown_steps")], ids=["guessed", "named"])
@pytest.mark.parametrize("name", ["cooldown_steps", "step"])
def test_rows_that_are_no_points_of_curves_stay_at_0_steps(
    name: str, features: tuple[str, ...]
) -> None:
    lines = [
        f"{n:g},{(k + j) % 5 * 100},{2 + 40 * n**-0.25 - (k + j) % 5 / 100:.5f}"
        for k, n in enumerate(np.geomspace(1e6, 1e9, 6))
        for j in range(6)
    ]
    text = "\n".join([f"params,{name},loss", *lines]) + "\n"
    wishes = Wishes(("loss",), tuple(f.replace("cooldown_steps", name) for f in features))
    draft = propose(table_of(text), "x", wishes)
    assert len(draft.train) == 36
    assert draft.left_out == []
    assert any(f"'{name} > 0'" in note for note in draft.notes)


def test_the_points_that_are_left_out_are_told_unless_it_was_asked_for() -> None:
    start, thinned = drafted("params", "step").left_out
    assert start.startswith("points: 8 at step 0 left out, no training has been done there")
    assert re.match(r"points: \d+ points of 8 runs, \d+ rows left out, at most 20 of", thinned)
    assert drafted("params", "step", points="5").left_out == [start]


@pytest.mark.parametrize(("points", "n_rows"), [("all", 800), ("last", 8), ("5", 40)])
def test_how_many_points_are_used_can_be_said(points: str, n_rows: int) -> None:
    assert drafted("params", "depth", points=points).raw.n_rows == n_rows


@pytest.mark.parametrize("points", ["none", "0", "2.5", "-1"])
def test_no_points_are_refused(points: str) -> None:
    with pytest.raises(EvolveError, match="points: must be last, all or how many"):
        drafted("params", points=points)


@pytest.mark.parametrize(
    ("asked", "rule"),
    [
        ({"run_id": "run"}, "step: curves have runs and steps, name both"),
        ({"step": "step"}, "run_id: curves have runs and steps, name both"),
        ({"run_id": "runs", "step": "step"}, r"no column 'runs' \(did you mean 'run'"),
        ({"points": "last"}, "points: goes with run_id"),
    ],
)
def test_half_a_question_is_refused(asked: dict[str, str], rule: str) -> None:
    with pytest.raises(EvolveError, match=rule):
        propose(table_of(TEXT), "x", Wishes(("loss",), ("params",), **asked))  # type: ignore[arg-type]


def test_rows_of_runs_without_steps_are_evaluations_of_these(
    capfd: pytest.CaptureFixture[str],
) -> None:
    lines = [
        f"run-{k},{n:g},{of_set},{2 + 40 * n**-0.25 + of_set / 50 + k / 500:.5f}"
        for k, n in enumerate(np.geomspace(1e6, 1e9, 12))
        for of_set in range(3)
    ]
    Path("evaluations.csv").write_text("\n".join(["run,params,test_set,loss", *lines]) + "\n")
    words = ["--target", "loss", "--features", "params", "--extrapolate", "none"]
    code, out, _ = said(capfd, "new-task", "evaluations.csv", *words, "--run-id", "run")
    assert code == 0
    assert "36 evaluations of 12 runs" in out
    task = load_task("evaluations")
    assert task.train.run is not None
    for fold in task.folds:
        assert not set(task.train.run[fold.fit]) & set(task.train.run[fold.held])


def test_random_folds_hold_out_whole_runs(capfd: pytest.CaptureFixture[str]) -> None:
    Path("curves.csv").write_text(TEXT)
    words = ["--target", "loss", "--features", "params", "step", "--extrapolate", "none"]
    code, *_ = said(capfd, "new-task", "curves.csv", *words, "--run-id", "run", "--step", "step")
    assert code == 0
    task = load_task("curves")
    assert task.spec.folds.runs == "run"
    assert task.train.run is not None
    for fold in make_folds(task):
        held = set(task.train.run[fold.held].tolist())
        assert held.isdisjoint(task.train.run[fold.fit].tolist())
        assert len(fold.held) == sum(np.isin(task.train.run, sorted(held)))


def test_runs_of_one_name_in_two_groups_are_two_runs() -> None:
    text = TEXT.replace("run,params,depth", "place,run,params,depth")
    for k in range(8):
        text = text.replace(f"\nrun-{k},", f"\nsite-{k % 2},run-{k // 2},")
    wishes = Wishes(("loss",), ("params", "step"), ("place",), run_id="run", step="step")
    draft = propose(table_of(text), "x", wishes)
    assert " of 8 runs" in told(draft)[1]
    train = task_in_memory(draft).train
    assert train.run is not None
    assert train.curve is not None
    assert (len(set(train.run.tolist())), len(set(train.curve.tolist()))) == (4, 8)


def test_a_row_without_the_name_of_its_run_is_refused() -> None:
    with pytest.raises(
        EvolveError, match=r"'run' must name the run of each row, row 2 holds noth"
    ):
        propose(
            table_of(TEXT.replace("run-0,1e+06,0,100,", ",1e+06,0,100,")),
            "x",
            Wishes(("loss",), ("params", "step"), run_id="run", step="step"),
        )


def notes_of(text: str, *features: str, **asked: object) -> list[str]:
    notes = propose(table_of(text), "x", Wishes(("loss",), features, **asked)).notes  # type: ignore[arg-type]
    return [note for note in notes if "seem to be points" in note]


def test_rows_that_look_like_points_of_curves_are_pointed_out() -> None:
    (by_name,) = notes_of(TEXT, "params", "step")
    assert by_name == (
        "rows seem to be points of 8 runs, for step rises while run stays the same: with "
        "run as run_id and step as step, points of one run are not taken for runs"
    )
    assert isinstance(by_name, Remark)
    assert "run as --run-id and step as --step" in by_name.spelled(option_of)
    nameless = TEXT.replace("run,params,depth", "speed,params,seed").replace("\nrun-", "\n")
    (by_settings,) = notes_of(nameless, "params", "step")
    assert "of 8 runs, for step rises while params and seed stay the same" in by_settings
    assert "with a column that names each as run_id and step as step" in by_settings


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        (TEXT, {"run_id": "run", "step": "step"}),
        (TEXT.replace(",step,", ",tokens,"), {}),
        ("\n".join([TEXT.splitlines()[0], *sorted(LINES, key=lambda s: s[::-1])]) + "\n", {}),
    ],
    ids=["named", "no step", "step falls"],
)
def test_other_rows_are_not(text: str, asked: dict[str, str]) -> None:
    features = [name for name in text.partition("\n")[0].split(",") if name in ("params", "step")]
    assert notes_of(text, *features, **asked) == []


@pytest.mark.parametrize("names", [("Name",), ("Name", "job"), ("run",)])
def test_a_column_that_may_name_the_runs_is_advised_for_nothing_else(
    names: tuple[str, ...],
) -> None:
    """Beside the advice on runs none says to take the column for groups or for a number."""
    lines = [
        f"{','.join(f'{name[0]}{k}' for name in names)},{step},{3 + step**-0.5 + k / 10:.4f}"
        for k in range(4)
        for step in (100, 200, 400, 800, 1600)
    ]
    text = "\n".join([",".join([*names, "step", "loss"]), *lines]) + "\n"
    notes = propose(table_of(text), "x", Wishes(("loss",))).notes
    (advice,) = [note for note in notes if any(name in note for name in names)]
    assert f"with {names[0]} as run_id and step as step" in advice
    rows_apart = "\n".join([text.partition("\n")[0], *sorted(lines, key=lambda s: s[::-1])]) + "\n"
    others = propose(table_of(rows_apart), "x", Wishes(("loss",))).notes
    assert any("named as groups" in note or "derive" in note for note in others)


@pytest.mark.parametrize("n_curves", [1, 3])
def test_curves_below_one_another_begin_after_step_0_though_nobody_names_their_runs(
    n_curves: int,
) -> None:
    step = np.tile(np.arange(12) * 250, n_curves)
    loss = 2.0 + 3.0 / (1.0 + step) ** 0.3 + 0.1 * np.repeat(np.arange(n_curves), 12)
    lr = np.repeat(10.0 ** -np.arange(1, n_curves + 1), 12)
    columns = {"Step": step, "loss": loss} | ({"lr": lr} if n_curves > 1 else {})
    features = tuple(name for name in columns if name != "loss")
    draft = propose(raw_of(columns), "chart", Wishes(("loss",), features))
    assert draft.raw.n_rows == 11 * n_curves
    assert f"{n_curves} at Step 0 left out" in [decision.chosen for decision in draft.decisions]
    shuffled = {name: values[np.arange(12 * n_curves) ^ 1] for name, values in columns.items()}
    assert propose(raw_of(shuffled), "runs", Wishes(("loss",), features)).raw.n_rows == len(step)
