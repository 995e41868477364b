"""Published tables are fetched, or one line says what to do instead."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from evolve.errors import TaskError
from evolve.tasks.download import pull
from evolve.tasks.task import load_task

ROOT = Path(__file__).resolve().parents[2]
TASKS_DIRS = [ROOT / "tasks"]


class FakeSplit:
    """A split as the `datasets` library gives it."""

    def __init__(self, columns: dict[str, list[Any]]) -> None:
        self.columns = columns

    def to_dict(self) -> dict[str, list[Any]]:
        return self.columns


def install_datasets(
    monkeypatch: pytest.MonkeyPatch, configs: list[str], columns: dict[str, list[Any]]
) -> None:
    """Stand in for the `datasets` library, with the same rows in both splits."""
    module = ModuleType("datasets")
    module.get_dataset_config_names = lambda name: configs  # type: ignore[attr-defined]
    module.load_dataset = lambda path, name: {  # type: ignore[attr-defined]
        "train": FakeSplit(columns),
        "test": FakeSplit(columns),
    }
    monkeypatch.setitem(sys.modules, "datasets", module)


MOE = {
    "group": ["all_data"] * 2,
    "num_experts": [1.0, 8.0],
    "dense_parameter_count": [27279360.0, 27279360.0],
    "loss_validation": [2.9, 2.7],
}


def test_a_pulled_table_is_found_through_the_data_dir(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install_datasets(monkeypatch, ["moe_scaling_law", "sft_scaling_law"], MOE)
    paths = pull("moe", tmp_path, TASKS_DIRS)
    assert paths == [tmp_path / "moe" / "train.csv", tmp_path / "moe" / "test.csv"]
    monkeypatch.setenv("EVOLVE_DATA_DIR", str(tmp_path))
    task = load_task("moe", TASKS_DIRS)
    assert task.train.X.tolist() == [[1.0, 27279360.0], [8.0, 27279360.0]]
    with pytest.raises(TaskError, match="is there already"):
        pull("moe", tmp_path, TASKS_DIRS)


def test_labels_of_groups_become_this_projects_columns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    columns = {
        "group": ["('gpt2', 'flan')", "('gpt2', 'gigaword')", "('gpt2', 'wikiword')"],
        "sft_data_size": [200, 200, 200],
        "sft_loss": [3.0, 2.0, 1.0],
    }
    install_datasets(monkeypatch, ["sft"], columns)
    train = pull("sft", tmp_path, TASKS_DIRS)[0].read_text().splitlines()
    assert train[0] == "model,dataset,sft_data_size,sft_loss"
    assert train[1:] == ["gpt2,flan,200,3.0", "gpt2,wmt19,200,2.0", "gpt2,gigaword,200,1.0"]


def test_one_group_column_takes_the_label_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    columns = {"group": ["arc"], "log_flops": [-0.5], "brier_score": [-0.3]}
    install_datasets(monkeypatch, ["easy_question_scaling_law"], columns)
    path = pull("easy_question", tmp_path, TASKS_DIRS)[0]
    assert path.read_text() == "benchmark,log_flops,brier_score\narc,-0.5,-0.3\n"


def test_without_the_extra_one_line_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(TaskError) as caught:
        pull("moe", tmp_path, TASKS_DIRS)
    text = str(caught.value)
    assert "pip install 'evolve-laws[data]'" in text
    assert f"into {tmp_path / 'moe'}" in text
    assert "num_experts,dense_parameter_count,loss_validation" in text
    assert "\n" not in text


def test_without_network_one_line_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install_datasets(monkeypatch, [], {})

    def unreachable(name: str) -> list[str]:
        raise ConnectionError("no route\nmore")

    monkeypatch.setattr(sys.modules["datasets"], "get_dataset_config_names", unreachable)
    with pytest.raises(TaskError, match=r"cannot be reached \(no route\); instead, put") as caught:
        pull("moe", tmp_path, TASKS_DIRS)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "moe").exists()


def test_a_missing_configuration_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install_datasets(monkeypatch, ["moe_law"], MOE)
    with pytest.raises(TaskError, match=r"configuration 'moe_scaling_law' .*it has moe_law"):
        pull("moe", tmp_path, TASKS_DIRS)


def test_a_missing_column_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install_datasets(monkeypatch, ["moe"], {key: MOE[key] for key in list(MOE)[:3]})
    with pytest.raises(TaskError, match="column 'loss_validation' is missing from train"):
        pull("moe", tmp_path, TASKS_DIRS)
