"""Files of trackers with something broken in them, to be read by `new-task --from`."""

from __future__ import annotations

import random
import sqlite3
import tempfile
from functools import cache
from pathlib import Path

from fuzz_cases import CELLS, Case

DATA = Path(__file__).resolve().parents[1] / "tests" / "data" / "trackers"
PLACES = {
    "keras": "keras",
    "lightning": "lightning",
    "lm_eval": "lm_eval",
    "mlflow": "mlflow.db",
    "optuna": "optuna.db",
    "ray": "ray",
    "tensorboard": "tensorboard",
    "trainer_state": "trainer",
    "wandb": "wandb/chart.csv",
}
MLFLOW_FOLDER = "mlruns"
TEXTS = ("null", "[]", "{}", "1e999", "NaN", "-1", '"\\ud800"', "[" * 3000, "\x00", "true")


@cache
def files_of(place: str) -> dict[str, bytes]:
    """The sound files of a tracker, by their paths."""
    path = DATA / place
    if path.suffix == ".db":
        with tempfile.TemporaryDirectory() as folder:
            made = Path(folder) / "made.db"
            database = sqlite3.connect(made)
            database.executescript(path.with_suffix(".sql").read_text())
            database.close()
            return {place: made.read_bytes()}
    files = [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.is_file())
    return {str(file.relative_to(DATA)): file.read_bytes() for file in files}


def broken(rng: random.Random, data: bytes) -> bytes:
    """A file with something done to it."""
    kind = rng.randrange(6)
    if kind == 0:
        return rng.randbytes(rng.randrange(200))
    if kind == 1:
        return data[: rng.randrange(len(data) + 1)]
    if kind == 2:
        changed = bytearray(data)
        for _ in range(rng.randrange(1, 20) if data else 0):
            changed[rng.randrange(len(changed))] = rng.randrange(256)
        return bytes(changed)
    words = data.split(rng.choice((b",", b"\n", b" ", b":", b'"')))
    at = rng.randrange(len(words))
    if kind == 3:
        del words[at]
    else:
        text = rng.choice((*TEXTS, *CELLS))
        words[at] = text.encode("utf-8", "replace")
    return (
        rng.choice((b",", b"\n", b" ", b":", b'"')).join(words) if kind == 5 else b",".join(words)
    )


def of_tracker(rng: random.Random) -> Case:
    """A call of `new-task --from` on what a tracker wrote."""
    source = rng.choice(sorted(PLACES))
    place = MLFLOW_FOLDER if source == "mlflow" and rng.random() < 0.5 else PLACES[source]
    files = dict(files_of(place))
    for name in rng.sample(sorted(files), min(len(files), rng.randrange(1, 3))):
        if rng.random() < 0.1:
            del files[name]
        else:
            files[name] = broken(rng, files[name])
    target = rng.choice(("loss", "eval_loss", "metrics.eval/loss", "values_0", "train/loss", "x"))
    words = ["new-task", place, "--from", source, "--target", target]
    return Case([*words, "--json"] if rng.random() < 0.3 else words, files, (0, 2))
