"""A folder of tasks becomes one run a task and seed; what it is told is strict."""

from __future__ import annotations

import io
import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import TextIO, cast

import pytest

from evolve.api.batch import BatchRow, plan_batch, run_batch
from evolve.api.batch_display import BatchBar
from evolve.api.batch_file import BatchFile, SearchSettings, read_batch_file
from evolve.api.progress import NullProgress
from evolve.cli.app import call
from evolve.errors import EvolveError
from evolve.printable import PrintableStream
from evolve.runs.run import settings_of
from evolve.runs.settings import RunConfig
from evolve.runs.store import Store
from evolve.tasks.folders import find_folder

NAMES = ("isoflop", "sft")


def read(tmp_path: Path, text: str) -> BatchFile:
    path = tmp_path / "evolve.toml"
    path.write_text(text)
    return read_batch_file(path, NAMES)


def test_a_task_has_its_own_settings_and_else_the_common_ones(tmp_path: Path) -> None:
    text = "[batch]\nevaluations = 200\nseeds = [0, 1]\n[batch.task.sft]\nevaluations = 50\n"
    batch = read(tmp_path, text)
    assert batch.of("isoflop") == SearchSettings(200, (0, 1))
    assert batch.of("sft") == SearchSettings(50, (0, 1))
    assert batch.tasks is None


WRONG = [
    ("[bach]", "no key 'bach' (did you mean 'batch'?)"),
    ("[batch]\nevaluation = 3", "[batch] no key 'evaluation' (did you mean 'evaluations'?)"),
    ("[batch]\nevaluations = 0", "evaluations must be a whole number from 1 on, it is 0"),
    ("[batch]\nseeds = 3", "seeds must be a list of whole numbers"),
    ("[batch]\nseeds = [1, 1]", "must hold each seed once"),
    ("[batch]\nseeds = [true]", "whole number from 0 on, it is True"),
    ("[batch]\ntasks = ['sfd']", "no task 'sfd' (did you mean 'sft'?)"),
    ("[batch.task.isoflip]", "no task 'isoflip' (did you mean 'isoflop'?)"),
    ("[batch.task.sft]\nworkers = 1", "[batch.task.sft] no key 'workers'"),
    ("[batch]\nproposers = 'grammar'", "proposers must be a list of names"),
    ("batch = 1", "[batch] must be a table"),
    ("[batch", "must be TOML"),
]


@pytest.mark.parametrize(("text", "words"), WRONG)
def test_what_the_file_cannot_mean_is_refused(text: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(EvolveError) as refused:
        read(tmp_path, text)
    assert words in str(refused.value)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    tasks = tmp_path / "tables"
    shutil.copytree(find_folder("sft"), tasks / "sft")
    (tasks / "evolve.toml").write_text("[batch]\nevaluations = 8\nseeds = [3]\nworkers = 0\n")
    return tasks


def test_every_task_is_read_before_a_search_begins(folder: Path, tmp_path: Path) -> None:
    (job,), workers = plan_batch(folder)
    assert (job.name, job.config.seed, job.config.evaluations) == ("sft-3-batch", 3, 8)
    assert workers == 0
    (folder / "broken").mkdir()
    (folder / "broken" / "task.toml").write_text("title = 3")
    with pytest.raises(EvolveError, match="broken"):
        plan_batch(folder)
    with pytest.raises(EvolveError, match="python -m evolve new-task FILE --target COLUMN"):
        plan_batch(tmp_path / "empty")


def test_the_bar_counts_over_all_runs(folder: Path) -> None:
    (job,), _ = plan_batch(folder)
    stream = io.StringIO()
    bar = BatchBar([job], job, lambda: False, stream)
    bar.progress.done = 4
    bar.show()
    assert "[##########..........]  50 % sft-3-batch" in stream.getvalue()


def test_the_bar_is_drawn_over_itself_behind_the_guard_of_the_command_line(folder: Path) -> None:
    (job,), _ = plan_batch(folder)
    stream = io.StringIO()
    guarded = cast("TextIO", PrintableStream(stream))
    with BatchBar([job], job, lambda: False, guarded) as bar:
        bar.show()
    assert stream.getvalue().startswith("\r[")
    assert stream.getvalue().endswith("\r\x1b[K")
    assert "\\x1b" not in stream.getvalue()


@pytest.mark.slow
def test_a_batch_ends_with_a_summary_and_goes_on_when_called_again(
    folder: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    words = ["batch", str(folder), "--runs-dir", str(tmp_path / "runs")]
    assert call([*words, "--json"]) == 0
    (row,) = json.loads(capfd.readouterr().out)["runs"]
    assert (row["task"], row["seed"], row["evaluations"], row["problem"]) == ("sft", 3, 8, "")
    assert row["formula"]
    text = (folder / "evolve.toml").read_text()
    (folder / "evolve.toml").write_text(text.replace("= 8", "= 12"))
    assert call(words) == 0
    out, err = capfd.readouterr()
    assert "sft-3-batch" in out
    assert "12" in out
    assert "[1/1] sft-3-batch: held-out R2 " in err


TABLE = """[batch.table.sweep]
file = "runs.csv"
target = "loss"
features = ["params", "tokens"]
decreasing = ["params"]
floor = 0.5
where = "state == 'finished'"
"""


def with_table(tmp_path: Path, text: str = TABLE) -> Path:
    rows = [
        f"{10**i * k},{3 * 10**i},{2 + (10**i * k) ** -0.2 + i % 2 * 0.001:.5f},finished"
        for i in range(6, 10)
        for k in (1, 2, 5)
    ]
    csv = "\n".join(["params,tokens,loss,state", *rows, "5,7,,running"])
    (tmp_path / "runs.csv").write_text(csv)
    (tmp_path / "evolve.toml").write_text(text)
    return tmp_path


def test_a_raw_table_becomes_a_task_once_with_its_physics(tmp_path: Path) -> None:
    folder = with_table(tmp_path)
    ((job,), _) = plan_batch(folder)
    physics = job.task.spec.physics
    assert (job.task.name, physics.decreasing_in, physics.floor) == ("sweep", ["params"], 0.5)
    assert job.task.train.n_rows == 12
    toml = folder / "sweep" / "task.toml"
    edited = toml.read_text().replace("0.5", "0.25")
    toml.write_text(edited)
    ((again,), _) = plan_batch(folder)
    assert again.task.spec.physics.floor == 0.25
    assert toml.read_text() == edited


def test_rows_that_are_left_out_of_a_raw_table_are_told_of_once(tmp_path: Path) -> None:
    folder = with_table(tmp_path)
    lines = (folder / "runs.csv").read_text().splitlines()
    (folder / "runs.csv").write_text("\n".join([*lines, "1e8,3e8,90.0,finished"]))
    told: list[str] = []
    plan_batch(folder, tell=told.append)
    assert all(line.startswith("sweep: ") for line in told)
    assert any("row 14" in line and "90" in line for line in told)
    assert any("an outlier is left out" in line for line in told)
    told.clear()
    plan_batch(folder, tell=told.append)
    assert told == []


def test_a_run_that_cannot_go_on_is_told_of_and_ends_no_other(tmp_path: Path) -> None:
    folder, runs = with_table(tmp_path), tmp_path / "runs"

    def rows(*seeds: int) -> list[BatchRow]:
        ((job,), _) = plan_batch(folder)
        jobs = [replace(job, config=RunConfig(s, 4), name=f"sweep-{s}-batch") for s in seeds]
        return list(run_batch(jobs, runs, 0, lambda _, stopping: NullProgress(stopping)))

    (begun,) = rows(0)
    assert (begun.evaluations, begun.problem) == (4, "")
    toml = folder / "sweep" / "task.toml"
    toml.write_text(toml.read_text().replace("floor = 0.5", "floor = 0.25"))
    changed, new = rows(0, 1)
    assert "cannot go on" in changed.problem
    assert (changed.evaluations, changed.formula) == (4, begun.formula)
    assert (new.run, new.seed, new.evaluations, new.problem) == ("sweep-1-batch", 1, 4, "")


def test_a_run_that_has_made_more_than_it_is_to_make_is_told_of(
    tmp_path: Path,
) -> None:
    folder, runs = with_table(tmp_path), tmp_path / "runs"

    def row(evaluations: int) -> BatchRow:
        ((job,), _) = plan_batch(folder)
        jobs = [replace(job, config=RunConfig(0, evaluations), name="sweep-0-batch")]
        (made,) = run_batch(jobs, runs, 0, lambda _, stopping: NullProgress(stopping))
        return made

    assert row(6).problem == ""
    less = row(4)
    words = "evaluations: must be at least the 6 that the run has made, it is 4"
    assert (less.evaluations, less.problem) == (6, words)
    with Store.open(runs / "sweep-0-batch", write=False) as store:
        assert settings_of(store).evaluations == 6
    assert (row(8).evaluations, row(8).problem) == (8, "")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("target =", "targte ="), "[batch.table.sweep] no key 'targte' (did you mean 'target'?)"),
        (('file = "runs.csv"\n', ""), "[batch.table.sweep] needs the key file"),
        (("floor = 0.5", "floor = 'low'"), "floor must be a number, it is 'low'"),
        (('"runs.csv"', "3"), "file must be a text, it is 3"),
        (('"runs.csv"', '"none.csv"'), "none.csv"),
    ],
)
def test_a_table_that_cannot_be_meant_is_refused(
    tmp_path: Path, change: tuple[str, str], words: str
) -> None:
    folder = with_table(tmp_path, TABLE.replace(*change))
    with pytest.raises(EvolveError) as refused:
        plan_batch(folder)
    assert words in str(refused.value)
    assert not (folder / "sweep").exists()
