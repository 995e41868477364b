"""A table of curves with the rate of the moment becomes a task with sums of the rate."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from own_tables import said, table_of

from evolve.cli.next_commands import next_commands
from evolve.errors import EvolveError
from evolve.forecast.queries import from_cells, from_table, from_words
from evolve.runs.settings import RunConfig
from evolve.tasks.draft import Draft, Wishes, propose
from evolve.tasks.draft.memory import task_in_memory
from evolve.tasks.raw import RawTable
from evolve.tasks.schedules import SUMS
from evolve.tasks.task import Task, load_task

STEPS = range(0, 5001, 250)
LINES = [
    f"r{k},{n:g},{step},{lr * (1 - 0.9 * step / (5000 + 500 * k)):.6g},"
    f"{2 + 40 * n**-0.25 + 3 * (step + 10) ** -0.4 + k / 500:.5f}"
    for k, (n, lr) in enumerate((n, lr) for n in (1e6, 4e6, 1.6e7, 6.4e7) for lr in (1e-3, 3e-3))
    for step in STEPS
]
TEXT = "\n".join(["run,params,step,lr,loss", *LINES]) + "\n"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def drafted(*features: str, text: str = TEXT, **asked: object) -> Draft:
    wishes = Wishes(("loss",), features, run_id="run", step="step", **asked)  # type: ignore[arg-type]
    return propose(table_of(text), "x", wishes)


def test_sums_stand_for_a_rate_that_changes_within_runs() -> None:
    draft = drafted()
    names = [feature.name for feature in draft.spec.features]
    assert set(names) == {"params", "step", *SUMS}
    assert draft.reasons["lr"] == "lr_sum and lr_annealed say what it has done"
    (told,) = [d for d in draft.decisions if d.what == "derived"]
    assert told.chosen == "lr_sum and lr_annealed"
    assert told.why.startswith("of lr along each run: its sum over step")
    assert task_in_memory(draft).roles["lr_sum"] == "other"


def test_points_without_a_result_count_for_the_sums() -> None:
    lines = TEXT.splitlines()
    fewer = [line if k % 3 == 1 else f"{line.rpartition(',')[0]}," for k, line in enumerate(lines)]
    whole, thinned = drafted(points="all"), drafted(text="\n".join([lines[0], *fewer[1:]]) + "\n")
    at = {
        (run, step): value
        for run, step, value in zip(
            *(whole.raw.columns[name] for name in ("run", "step", "lr_sum")), strict=True
        )
    }
    columns = (thinned.raw.columns[name] for name in ("run", "step", "lr_sum"))
    rows = list(zip(*columns, strict=True))
    assert 0 < len(rows) < whole.raw.n_rows // 2
    assert all(at[run, step] == value for run, step, value in rows)


@pytest.mark.parametrize(
    ("features", "text"),
    [
        (("params", "step"), TEXT),
        (("params", "step", "lr"), TEXT),
        ((), TEXT.replace("step,lr,", "step,lr_sum,")),
        ((), TEXT.replace("step,lr,", "step,warmup_ratio,")),
    ],
)
def test_nothing_is_made_where_it_is_not_wanted(features: tuple[str, ...], text: str) -> None:
    draft = drafted(*features, text=text)
    assert draft.spec.schedule.rate == ""
    assert "lr_annealed" not in draft.raw.columns


def test_a_rate_that_is_none_is_refused_with_a_way_out() -> None:
    text = TEXT.replace("r0,1e+06,250,0.000955,", "r0,1e+06,250,inf,")
    with pytest.raises(EvolveError, match="'lr' must hold finite rates, row 2 .* without lr_sum"):
        drafted(text=text)
    assert drafted("params", "step", text=text).raw.n_rows == 160


def test_rows_of_a_planned_schedule_are_forecast_by_the_same_sums(
    capfd: pytest.CaptureFixture[str],
) -> None:
    Path("curves.csv").write_text(TEXT)
    words = ["--target", "loss", "--run-id", "run", "--step", "step", "--points", "all"]
    assert said(capfd, "new-task", "curves.csv", *words)[0] == 0
    task, lines = load_task("curves"), list[str]()
    assert (task.spec.schedule.rate, task.spec.schedule.step) == ("lr", "step")
    of_run = [line for line in TEXT.splitlines() if line.startswith(("run,", "r3,"))]
    planned = [line.rpartition(",")[0] for line in of_run]
    Path("planned.csv").write_text("\n".join(planned) + "\n")
    raw, (query,) = from_table(task, Path("planned.csv"), None, lines.append)
    assert raw.n_rows == len(STEPS)
    assert query.at.tolist() == [*range(1, len(STEPS))]
    assert lines == [
        "lr_sum and lr_annealed made of lr over step of each run; no forecast at step 0, 1 of the "
        "rows"
    ]
    same = task.train.X[np.isin(task.train.X, query.x).all(axis=1)]
    np.testing.assert_array_equal(np.unique(same, axis=0), np.unique(query.x, axis=0))


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ("run params step", "column 'lr' must be there, the header holds run, params, step: "),
        ("run params lr", "column 'step' must be there"),
        ("params step", "columns 'run', 'lr' must be there"),
    ],
)
def test_a_schedule_without_one_of_its_columns_is_refused_by_its_name(
    columns: str, words: str
) -> None:
    cells: dict[str, list[object]] = {name: [1.0] for name in columns.split()}
    table = RawTable(Path("rows.csv"), cells, 1)
    with pytest.raises(EvolveError) as refusal:
        from_cells(task_in_memory(drafted()), table, None)
    assert words in str(refusal.value)
    assert "lr_sum and lr_annealed are made of whole schedules, lr over step of each run" in str(
        refusal.value
    )


def test_a_forecast_is_asked_for_by_whole_schedules() -> None:
    task = task_in_memory(drafted())
    predict = next_commands(Path("x-0-1"), RunConfig(evaluations=9), 9, task)["predict"]
    assert predict.endswith("--rows planned.csv  # whole schedules: run, params, step, lr")
    with pytest.raises(EvolveError, match=r"at: needs .* schedules by rows: columns run, params"):
        from_words(task, ["params=1e9", "step=100"], None)
    # A task that leaves the sums out is asked as any other.
    plain = next_commands(Path("x-0-1"), RunConfig(evaluations=9), 9, _without_sums())
    assert "--at params=" in plain["predict"]


def _without_sums() -> Task:
    return task_in_memory(drafted("params", "step"))


def test_rows_of_which_all_are_at_step_0_are_refused() -> None:
    cells = {"run": ["r3"], "params": [4e6], "step": [0], "lr": [1e-3]}
    with pytest.raises(EvolveError, match="column 'step' must be above 0 in a row to forecast"):
        from_cells(task_in_memory(drafted()), RawTable(Path("rows.csv"), cells, 1), None)


def test_no_other_use_of_sums_and_of_the_names_of_runs_is_advised() -> None:
    words = "\n".join(drafted().notes)
    assert "lr_annealed spans" not in words
    assert "column run holds" not in words


def test_sums_that_are_given_are_taken_as_they_are() -> None:
    draft = drafted()
    task = task_in_memory(draft)
    given = {name: ["1.5"] for name in (*task.feature_names, "lr", "run")}
    (query,) = from_cells(task, RawTable(Path("rows.csv"), given, 1), None)
    assert query.x.tolist() == [[1.5] * 4]
