"""A stored run says where requests and keys go; nothing is sent unless somebody stands for it."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_tasks import power_task

from evolve.errors import StoreError
from evolve.runs.run import create_run, require_trust
from evolve.runs.settings import RunConfig
from evolve.runs.store import Store
from evolve.search.problem import make_search_problem
from evolve.search.proposers.llm.settings import NO_MODELS, Model, ModelConfig

SENT = "send requests to http://elsewhere/v1 with the key in "
BY_VARIABLE = ModelConfig((Model("m", "m", "http://elsewhere/v1", key_env="OTHERS_KEY"),))
BY_FILE = ModelConfig((Model("m", "m", "http://elsewhere/v1", key_file="~/.token"),))
OWN = (("rewrite.j2", "{{ cycler.__init__.__globals__.os.system('touch mark') }}"),)


def run_with(models: ModelConfig, folder: Path) -> Store:
    names = ("grammar", "llm") if models.models else ("grammar",)
    problem = make_search_problem(power_task(), 0, names, models=models)
    return create_run(folder / "r", problem, RunConfig(0, 32, proposers=names, models=models))


@pytest.mark.parametrize(
    ("models", "asks", "told"),
    [
        (BY_VARIABLE, True, f"{SENT}OTHERS_KEY"),
        (BY_FILE, True, f"{SENT}~/.token"),
        (ModelConfig(BY_FILE.models, prompts=OWN), True, "make prompts by templates of its own"),
        (ModelConfig(BY_FILE.models, prompts=OWN), False, "would make prompts by templates of"),
    ],
)
def test_a_run_that_asks_models_goes_on_only_where_it_is_trusted(
    models: ModelConfig, asks: bool, told: str, tmp_path: Path
) -> None:
    with run_with(models, tmp_path) as store:
        with pytest.raises(StoreError) as caught:
            require_trust(store, trusted=False, asks=asks)
        require_trust(store, trusted=True, asks=asks)
    assert told in str(caught.value)
    assert str(caught.value).endswith("go on with trust_run")


@pytest.mark.parametrize(("models", "asks"), [(NO_MODELS, True), (BY_VARIABLE, False)])
def test_a_run_that_asks_nobody_needs_no_trust(
    models: ModelConfig, asks: bool, tmp_path: Path
) -> None:
    with run_with(models, tmp_path) as store:
        require_trust(store, trusted=False, asks=asks)
