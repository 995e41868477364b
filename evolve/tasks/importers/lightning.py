"""Lightning: `metrics.csv` of its CSVLogger, with the hyperparameters beside it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from evolve.tasks.frames import raw_of_records
from evolve.tasks.importers.logs import RUN, STEP, files_of, joined, run_of
from evolve.tasks.raw import RawTable
from evolve.tasks.readers import read_text
from evolve.tasks.sizes import counted, text_of

_SETTING = re.compile(r"([A-Za-z_]\w*): *([^\s#{\[&*!|>'\"][^#]*|'[^']*'|\"[^\"]*\")\s*")


def read(path: Path) -> RawTable:
    """Read the logs of one run or of a folder of runs: a row a step.

    Training and validation, which Lightning writes into lines of their own, are joined. Single
    values of `hparams.yaml` are columns; where one is called as what was logged, that stays.

    Raises:
        TaskError: A file is no CSV.
    """
    points = (
        {**settings, RUN: run_of(file, path), **point}
        for file in files_of(path, "metrics.csv")
        for settings in [_settings(file.with_name("hparams.yaml"))]
        for point in _points(file)
    )
    return raw_of_records(joined(counted(path, points, len), (RUN, STEP)), path)


def _points(file: Path) -> Iterator[dict[str, Any]]:
    raw = read_text(file, ",")
    for cells in zip(*raw.columns.values(), strict=True):
        yield dict(zip(raw.columns, cells, strict=True))


def _settings(file: Path) -> dict[str, str]:
    """The values of a YAML file that stand in one line; those of no line are no columns."""
    if not file.is_file():
        return {}
    lines = text_of(file).splitlines()
    matches = [match for line in lines if (match := _SETTING.fullmatch(line))]
    return {match[1]: match[2].strip().strip("'\"") for match in matches}
