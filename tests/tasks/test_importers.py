"""What trackers write becomes a table, one command each; results that are partial are blank."""

from __future__ import annotations

import shutil
import sqlite3
import struct
from pathlib import Path
from typing import Any

import pytest
from own_tables import said

from evolve.errors import EvolveError, TaskError
from evolve.tasks.importers import IMPORTERS, import_from

DATA = Path(__file__).resolve().parents[1] / "data" / "trackers"
PLACES = {
    "keras": "keras",
    "lightning": "lightning",
    "lm_eval": "lm_eval",
    "mlflow": "mlflow.sql",
    "optuna": "optuna.sql",
    "ray": "ray",
    "tensorboard": "tensorboard",
    "trainer_state": "trainer",
    "wandb": "wandb/chart.csv",
}


@pytest.fixture
def trackers(tmp_path: Path) -> Path:
    """The files of all trackers, with databases made of their dumps."""
    shutil.copytree(DATA, tmp_path, dirs_exist_ok=True)
    for dump in tmp_path.glob("*.sql"):
        with sqlite3.connect(dump.with_suffix(".db")) as database:
            database.executescript(dump.read_text())
        database.close()
    return tmp_path


def read(source: str, trackers: Path, place: str = "") -> dict[str, list[Any]]:
    path = trackers / (place or PLACES[source])
    path = path.with_suffix(".db") if path.suffix == ".sql" else path
    return import_from(source, path).columns


def test_every_importer_has_a_file() -> None:
    assert set(PLACES) == set(IMPORTERS)


def test_a_chart_becomes_a_row_for_each_run_and_step(trackers: Path) -> None:
    table = read("wandb", trackers)
    assert list(table) == ["run", "Step", "train/loss"]
    assert table["run"] == ["small"] * 6 + ["large - v2"] * 5
    assert table["Step"][6:] == ["0", "10", "20", "30", "40"]


def test_the_table_of_runs_stays_as_it_is(trackers: Path) -> None:
    table = read("wandb", trackers, "wandb/runs.csv")
    assert table["State"] == ["finished", "crashed", "finished"]
    assert table["eval/loss"] == ["5.1", "", "NaN"]


def test_histories_are_told_apart_by_their_files(trackers: Path) -> None:
    table = read("wandb", trackers, "wandb/history")
    assert table["run"] == ["a"] * 4 + ["b"] * 4
    assert table["config.n_params"] == [10**6] * 4 + [10**7] * 4
    assert table["train/loss"][2] == "NaN"


def test_event_files_give_every_point_of_every_run(trackers: Path) -> None:
    table = read("tensorboard", trackers)
    assert table["run"] == ["large"] * 5 + ["small"] * 5
    assert table["step"] == [0, 10, 20, 30, 40] * 2
    assert table["train/loss"][0] == pytest.approx(1.7 + 50 * 1e7**-0.2 + 3, rel=1e-6)
    assert [value is None for value in table["eval/loss"]] == [False, True, False, True, False] * 2


def test_an_event_file_of_more_points_than_a_sample_is_read_whole(tmp_path: Path) -> None:
    def point(step: int) -> bytes:
        value = b"\x0a\x01y\x15" + struct.pack("<f", 1.0 + step)
        steps = bytes([step & 127 | 128, step >> 7 & 127 | 128, step >> 14])
        summary = bytes([len(value)]) + value
        event = b"\x09" + struct.pack("<d", 1.7e9) + b"\x10" + steps
        event += b"\x2a" + bytes([len(summary) + 1]) + b"\x0a" + summary
        return struct.pack("<Q", len(event)) + bytes(4) + event + bytes(4)

    path = tmp_path / "events.out.tfevents.1"
    path.write_bytes(b"".join(point(step) for step in range(12_000)) + b"\x09\x00")
    table = import_from("tensorboard", path).columns
    assert table["step"] == list(range(12_000))
    assert table["y"][0] == 1.0


def test_an_infinite_or_missing_metric_of_mlflow_is_blank(trackers: Path) -> None:
    table = read("mlflow", trackers)
    assert table["status"] == ["FINISHED", "FAILED", "FINISHED"]
    assert table["metrics.eval/loss"] == [5.606106536864505, 4.98379823502413, None]
    assert table["metrics.nan_metric"] == [None] * 3
    assert table["params.n_params"] == ["1000000", "3000000", "10000000"]


def test_the_folders_of_mlflow_say_what_its_database_says(trackers: Path) -> None:
    tables = read("mlflow", trackers), read("mlflow", trackers, "mlruns")
    names = ("name", "status", "metrics.eval/loss", "params.optim/lr", "step")
    rows = [sorted(zip(*(t[n] for n in names), strict=True), key=str) for t in tables]
    assert rows[0] == rows[1]


def test_runs_that_were_deleted_are_left_out_of_mlflow_and_counted(trackers: Path) -> None:
    path = trackers / "mlflow.db"
    with sqlite3.connect(path) as database:
        database.execute("update runs set lifecycle_stage = 'deleted' where status = 'FAILED'")
    raw = import_from("mlflow", path)
    assert raw.columns["status"] == ["FINISHED"] * 2
    assert raw.remarks() == ["1 run left out that MLflow holds as deleted"]
    with sqlite3.connect(path) as database:
        database.execute("update runs set lifecycle_stage = 'deleted'")
    with pytest.raises(TaskError, match="must hold a run that was not deleted, all 3 were"):
        import_from("mlflow", path)
    database.close()


def test_folders_of_deleted_runs_and_experiments_are_left_out_of_mlflow(trackers: Path) -> None:
    folder = trackers / "mlruns"
    first, *_ = sorted(meta for meta in folder.glob("0/*/meta.yaml"))
    text = first.read_text()
    first.write_text(text.replace("lifecycle_stage: active", "lifecycle_stage: deleted"))
    raw = import_from("mlflow", folder)
    assert (raw.n_rows, raw.remarks()) == (2, ["1 run left out that MLflow holds as deleted"])
    first.write_text(text)
    shutil.copytree(folder / "0", folder / ".trash" / "1")
    raw = import_from("mlflow", folder)
    assert (raw.n_rows, raw.remarks()) == (3, ["3 runs left out that MLflow holds as deleted"])


def test_a_trial_that_was_pruned_has_no_value(trackers: Path) -> None:
    table = read("optuna", trackers)
    assert table["state"][2:5] == ["PRUNED", "FAIL", "COMPLETE"]
    assert table["value"][2:5] == [None, None, None]  # partial, none, infinite
    assert table["partial_value"] == [None, None, 9.0] + [None] * 5
    assert set(table["optimizer"]) == {"adam", "sgd"}
    assert all(isinstance(depth, int) for depth in table["depth"])


def test_the_last_checkpoint_of_a_run_is_read_and_its_steps_are_joined(trackers: Path) -> None:
    table = read("trainer_state", trackers)
    assert table["run"] == ["large"] * 4 + ["small"] * 4
    assert table["step"] == [10, 20, 30, 40] * 2
    assert [value is None for value in table["eval_loss"]] == [True, False] * 4
    assert table["train_runtime"] == [None, None, None, 33.1] + [None] * 4
    checkpoint = trackers / "trainer" / "small" / "checkpoint-20" / "trainer_state.json"
    assert import_from("trainer_state", checkpoint).columns["step"] == [10, 20]


def test_results_of_models_are_a_row_each(trackers: Path) -> None:
    table = read("lm_eval", trackers)
    assert table["model_num_parameters"] == [160_000_000, 70_000_000]
    assert table["arc_easy/acc,none"] == [0.31, 0.26]
    assert table["gsm8k/exact_match_stderr,strict-match"] == [None, None]


def test_training_and_validation_of_lightning_are_joined(trackers: Path) -> None:
    table = read("lightning", trackers)
    assert table["run"] == ["version_0"] * 3 + ["version_1"] * 3
    assert table["step"] == ["9", "19", "29"] * 2
    assert "" not in table["train_loss"] + table["val_loss"]
    assert table["n_params"] == ["1000000"] * 3 + ["10000000"] * 3
    assert table["name"] == ["tiny"] * 6


def test_what_lightning_logged_is_not_overwritten_by_a_setting_of_its_name(trackers: Path) -> None:
    folder = trackers / "lightning" / "version_0"
    with (folder / "hparams.yaml").open("a") as settings:
        settings.write("val_loss: 99\nstep: 7\nrun: other\n")
    table = read("lightning", trackers)
    assert table["run"] == ["version_0"] * 3 + ["version_1"] * 3
    assert table["step"] == ["9", "19", "29"] * 2
    assert "99" not in table["val_loss"]


def test_epochs_of_keras_count_from_0_and_have_blank_cells(trackers: Path) -> None:
    table = read("keras", trackers)
    assert table["epoch"] == ["0", "1", "2"] * 2
    assert table["step"] == [1, 2, 3] * 2  # epochs that were over when results were measured
    assert [value is None for value in table["val_loss"]] == [False, True, False] * 2


def test_trials_of_ray_keep_their_names_and_config(trackers: Path) -> None:
    table = read("ray", trackers)
    assert table["run"] == ["2fc6c_00000"] * 3 + ["2fc6c_00001"] * 3
    assert table["config.optim.lr"] == [0.01] * 6


@pytest.mark.parametrize("source", sorted(PLACES))
def test_what_a_tracker_did_not_write_is_refused(source: str, tmp_path: Path) -> None:
    with pytest.raises(TaskError, match=r"there (is|are) none|holds no runs"):
        import_from(source, tmp_path / "absent")
    (tmp_path / "other").write_bytes(b"\xff\x00nothing of the kind")
    with pytest.raises(TaskError, match="other: "):
        import_from(source, tmp_path / "other")


def test_a_chart_that_is_read_as_a_plain_table_says_how_else(
    trackers: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(trackers / "wandb")
    code, _, err = said(capfd, "new-task", "chart.csv", "--target", "train/loss")
    assert code == 2
    assert "in a chart of W&B each column is a run: make rows of them by --from wandb" in err
    rows = [f"{step},{2 + step**-0.3:.4f}" for step in range(10, 310, 10)]
    Path("long.csv").write_text("\n".join(["Step,small - loss", *rows]) + "\n")
    code, out, _ = said(capfd, "new-task", "long.csv", "--target", "small - loss")
    assert code == 0
    assert "make rows of them by --from wandb" in " ".join(out.split())


def test_a_mistyped_tracker_is_named() -> None:
    with pytest.raises(EvolveError, match=r"did you mean 'wandb'"):
        import_from("wanddb", Path("x"))


def test_one_command_makes_a_task_of_an_export(
    trackers: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(trackers)
    words = ["--from", "tensorboard", "--target", "train/loss", "--features", "step"]
    words += ["--role", "step=other"]  # five steps are too few to leave out the first
    code, out, _ = said(capfd, "new-task", "tensorboard", *words, "--groups", "run")
    assert code == 0
    assert "--from tensorboard" in Path("tasks/tensorboard/task.toml").read_text()
    assert "10 rows" in out


@pytest.mark.parametrize(
    ("source", "name", "data"),
    [
        ("mlflow", "mlruns/0/*/metrics/eval/loss", b"1 2\n"),
        ("mlflow", "mlruns/0/*/metrics/eval/loss", b""),
        ("mlflow", "mlruns/0/*/meta.yaml", b"\xff\xfe"),
        ("lightning", "lightning/version_0/hparams.yaml", b"\xff"),
    ],
)
def test_a_file_that_no_tracker_writes_is_named(
    source: str, name: str, data: bytes, trackers: Path
) -> None:
    next(trackers.glob(name)).write_bytes(data)
    with pytest.raises(TaskError, match=f"must be what {source} writes, something in it is not"):
        import_from(source, trackers / name.split("/")[0])
