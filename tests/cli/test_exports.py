"""From what a tracker wrote to a law: one command each, nothing is edited.

The files have the form of those in `tests/data/trackers`, which the trackers themselves wrote, and
rows enough for a law, which is known.
"""

from __future__ import annotations

import csv
import json
import math
import sqlite3
import struct
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from own_tables import said, start_in

from evolve.tasks.importers import IMPORTERS

DATA = Path(__file__).resolve().parents[1] / "data" / "trackers"
SIZES = [2e7 * 2.5**i for i in range(6)]
RUNS = [*product(SIZES, [1e9 * 4**j for j in range(4)])]
STEPS = range(1, 13)
PER_STEP = 2e9  # tokens


def loss(n: float, d: float) -> float:
    wave = 1e-3 * math.sin(37.0 * math.log(n) + 11.0 * math.log(d))
    return 1.7 + 400 * n**-0.34 + 410 * d**-0.28 + wave


def write(path: Path, rows: list[dict[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as file:
        table = csv.DictWriter(file, list(dict.fromkeys(key for row in rows for key in row)))
        table.writeheader()
        table.writerows(rows)


def database(place: Path, dump: str, rows: dict[str, list[tuple[Any, ...]]]) -> str:
    """A database with the tables of a dump and other rows."""
    with sqlite3.connect(place / "it.db") as file:
        lines = (DATA / dump).read_text().splitlines()
        file.executescript("\n".join(x for x in lines if not x.startswith("insert")))
        for table, values in rows.items():
            marks = ", ".join("?" * len(values[0]))
            file.executemany(f"insert into {table} values ({marks})", values)
    file.close()
    return "it.db"


def wandb(place: Path) -> str:
    rows = [
        {"Name": f"sun-{k}", "State": "finished", "n_params": n, "tokens": d, "loss": loss(n, d)}
        for k, (n, d) in enumerate(RUNS)
    ]
    write(place / "runs.csv", [*rows, {"Name": "sea-1", "State": "crashed", "n_params": 1e7}])
    return "runs.csv"


def tensorboard(place: Path) -> str:
    def point(name: bytes, step: int, y: float) -> bytes:
        value = b"\x0a" + bytes([len(name)]) + name + b"\x15" + struct.pack("<f", y)
        summary = b"\x0a" + bytes([len(value)]) + value
        event = b"\x09" + struct.pack("<d", 1.7e9) + b"\x10" + bytes([step])
        event += b"\x2a" + bytes([len(summary)]) + summary
        return struct.pack("<Q", len(event)) + bytes(4) + event + bytes(4)

    for k, n in enumerate(SIZES):
        path = place / "logs" / f"run{k}" / "events.out.tfevents.1"
        path.parent.mkdir(parents=True)
        path.write_bytes(b"".join(point(b"loss", s, loss(n, s * PER_STEP)) for s in STEPS))
    return "logs"


def mlflow(place: Path) -> str:
    runs, params, metrics = [], [], []
    for k, (n, d) in enumerate(RUNS):
        begun = 1795869374261 + 7919 * k
        runs.append(
            (f"{k:032x}", f"run-{k}", "UNKNOWN", "", "", "user", "FINISHED")
            + (begun, begun + 1000 + k, "", "active", "", 0, None)
        )
        params += [("n_params", f"{n:.0f}", f"{k:032x}"), ("tokens", f"{d:.0f}", f"{k:032x}")]
        metrics.append(("loss", loss(n, d), begun, 100, 0, f"{k:032x}"))
    return database(
        place, "mlflow.sql", {"runs": runs, "params": params, "latest_metrics": metrics}
    )


def optuna(place: Path) -> str:
    begun, ended = "2026-11-28 12:35:50.6", "2026-11-28 12:35:51.0"
    kind = '{"name": "FloatDistribution", "attributes": {"step": null, "log": true}}'
    trials, params, values = [], [], []
    for k, (n, d) in enumerate(RUNS):
        trials.append((k, k, 1, "COMPLETE", begun, ended))
        params += [(2 * k, k, "n_params", n, kind), (2 * k + 1, k, "tokens", d, kind)]
        values.append((k, k, 0, loss(n, d), "FINITE"))
    rows = {"studies": [(1, "sweep")], "trials": trials}
    return database(place, "optuna.sql", {**rows, "trial_params": params, "trial_values": values})


def trainer_state(place: Path) -> str:
    for n in SIZES:
        state = json.loads((DATA / "trainer/large/trainer_state.json").read_text())
        state["log_history"] = [
            {"epoch": s / 4, "learning_rate": 1e-3, "loss": loss(n, s * PER_STEP), "step": 10 * s}
            for s in STEPS
        ]
        path = place / "hf" / f"m{n:.0f}" / "trainer_state.json"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(state))
    return "hf"


def lm_eval(place: Path) -> str:
    for k, n in enumerate([*SIZES, 4e9, 1e10]):
        results = json.loads(next((DATA / "lm_eval/a-70m").iterdir()).read_text())
        results["config"]["model_num_parameters"] = int(n)
        results["results"]["arc_easy"]["acc,none"] = 0.9 - 0.7 * (n / 2e7) ** -0.25
        results["model_name"] = f"org/m{k}"
        path = place / "lm" / f"m{k}" / f"results_2026-01-0{k + 1}T00-00-00.000000.json"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(results))
    return "lm"


def lightning(place: Path) -> str:
    for k, n in enumerate(SIZES):
        folder = place / "lightning_logs" / f"version_{k}"
        rows: list[dict[str, Any]] = []
        for s in STEPS:
            at = {"epoch": s - 1, "step": 100 * s - 1}
            rows += [{**at, "train_loss": 9.0}, {**at, "loss": loss(n, s * PER_STEP)}]
        write(folder / "metrics.csv", rows)
        (folder / "hparams.yaml").write_text(f"lr: 0.001\nn_params: {n:.0f}\n")
    return "lightning_logs"


def keras(place: Path) -> str:
    for n in SIZES:
        rows = [{"epoch": s - 1, "loss": loss(n, s * PER_STEP)} for s in STEPS]
        write(place / "keras" / f"m{n:.0f}.log", rows)
    return "keras"


def ray(place: Path) -> str:
    for k, n in enumerate(SIZES):
        name = f"2fc6c_{k:05}"
        lines = [
            {"loss": loss(n, s * PER_STEP), "timestamp": 1795870621 + s, "training_iteration": s}
            | {"trial_id": name, "time_total_s": 1.5 * s, "config": {"n_params": int(n)}}
            for s in STEPS
        ]
        path = place / "sweep" / f"f_{name}_n_params={n:.0f}" / "result.json"
        path.parent.mkdir(parents=True)
        path.write_text("\n".join(map(json.dumps, lines)) + "\n")
    return "sweep"


BY_RUN = ["--target", "loss", "--groups", "run"]
EXPORTS: dict[str, tuple[Callable[[Path], str], list[str], int]] = {
    # who writes it, what is asked for, how many features the law has
    "keras": (keras, BY_RUN, 1),
    "lightning": (lightning, ["--target", "loss"], 2),
    "lm_eval": (lm_eval, ["--target", "arc_easy/acc,none"], 1),
    "mlflow": (mlflow, ["--target", "metrics.loss"], 2),
    "optuna": (optuna, ["--target", "value"], 2),
    "ray": (ray, ["--target", "loss"], 2),
    "tensorboard": (tensorboard, BY_RUN, 1),
    "trainer_state": (trainer_state, BY_RUN, 1),
    "wandb": (wandb, ["--target", "loss"], 2),
}


def test_every_tracker_has_an_export() -> None:
    assert set(EXPORTS) == set(IMPORTERS)


def test_a_mistyped_column_gets_the_whole_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    start_in(tmp_path, monkeypatch)
    words = ["new-task", mlflow(tmp_path), "--from", "mlflow", "--target", "loss"]
    code, _, err = said(capfd, *words, "--search", "40")
    assert code == 2
    meant = "python -m evolve new-task it.db --from mlflow --target metrics.loss --name it"
    assert f"try: {meant} --search 40" in " ".join(err.split())


def test_a_search_that_cannot_be_meant_is_refused_before_a_task_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    start_in(tmp_path, monkeypatch)
    words = ["new-task", mlflow(tmp_path), "--from", "mlflow", "--target", "metrics.loss"]
    code, _, err = said(capfd, *words, "--search", "1" + "0" * 23)
    assert code == 2
    assert "--search: must be 1e+09 or less, it is 1e+23" in err
    assert not Path("tasks").exists()


@pytest.mark.slow
@pytest.mark.parametrize("source", EXPORTS)
def test_one_command_leads_from_an_export_to_a_law(
    source: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    start_in(tmp_path, monkeypatch)
    make, words, n_features = EXPORTS[source]
    asked = ["new-task", make(tmp_path), "--from", source, *words, "--name", "it"]
    code, out, _ = said(capfd, *asked, "--search", "40", "--json")
    assert code == 0
    champion = json.loads(out)["champion"]
    assert champion["held_out_r2"] > 0.95
    names = [
        line for line in Path("tasks/it/task.toml").read_text().splitlines() if "name =" in line
    ]
    assert len(names) == n_features + 1  # and the target
