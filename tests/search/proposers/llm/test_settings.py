"""Models are named by whoever runs the search, and no setting can hold a key."""

from __future__ import annotations

import json
import pickle
from dataclasses import asdict
from pathlib import Path

import pytest

from evolve.errors import EvolveError
from evolve.runs.settings import RunConfig
from evolve.search.proposers.llm.config import models_of, templates_of
from evolve.search.proposers.llm.keys import Key, read_key
from evolve.search.proposers.llm.settings import OPENAI, Model, ModelConfig, config_of

TOML = """
[models.big]
model = "vendor/big-1"
base_url = "http://127.0.0.1:8000/v1"
weight = 2.0
price_in = 1.5
price_out = 6.0

[models.small]
model = "small-1"
"""


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("OPENAI_BASE_URL", "OPENAI_API_KEY", "EVOLVE_LLM_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


def test_models_stand_in_a_file_with_weights_and_prices(tmp_path: Path) -> None:
    (tmp_path / "evolve.toml").write_text(TOML)
    big, small = models_of([], {})
    assert (big.name, big.model, big.weight) == ("big", "vendor/big-1", 2.0)
    assert big.cost(10**6, 10**6) == 7.5
    assert (big.key_env, small.key_env, small.base_url) == (
        *("EVOLVE_LLM_KEY", "OPENAI_API_KEY"),
        OPENAI,
    )
    assert models_of(["small"], {"temperature": 0.5}) == (
        Model("small", "small-1", temperature=0.5, key_env="OPENAI_API_KEY"),
    )


def test_a_configuration_is_read_back_from_its_json() -> None:
    config = ModelConfig(models_of(["m"], {}), 5, None, 1.5, "words", (("rewrite.j2", "x"),))
    assert config_of(json.loads(json.dumps(asdict(config)))) == config


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"base_url": "http://me:secret@host/v1"}, "may hold no user"),
        ({"base_url": "http://host/v1?key=secret"}, "may hold no user"),
        ({"base_url": "ftp://host"}, "must be like https://api.openai.com/v1"),
        ({"timeout": 0.0}, "timeout must be 0.1 to 3600"),
        ({"weigth": 1.0}, "no field 'weigth' (did you mean 'weight'?)"),
        ({"weight": "much"}, "weight cannot be 'much'"),
        (
            {"replies": "formulas"},
            "replies must be one of program, formula, completion (did you mean",
        ),
    ],
)
def test_a_wrong_field_is_named(fields: dict[str, object], problem: str) -> None:
    with pytest.raises(EvolveError) as caught:
        models_of([{"model": "m", **fields}], {})
    assert problem in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_file_may_not_hold_a_key(tmp_path: Path) -> None:
    (tmp_path / "evolve.toml").write_text('[models.m]\napi_key = "sk-123456789"\n')
    with pytest.raises(EvolveError) as caught:
        models_of(["m"], {})
    assert "keys stand in key_env or key_file alone" in str(caught.value)
    assert "sk-123456789" not in str(caught.value)


def test_nothing_is_asked_unless_a_model_is_named() -> None:
    with pytest.raises(EvolveError):
        models_of([], {})
    with pytest.raises(EvolveError):
        RunConfig(proposers=("grammar", "llm"))
    with pytest.raises(EvolveError):
        RunConfig(models=ModelConfig(models_of(["m"], {})))


def test_a_budget_of_money_needs_prices() -> None:
    with pytest.raises(EvolveError) as caught:
        ModelConfig(models_of(["m"], {}), budget=2.5)
    assert caught.value.argument == "llm_budget"


def test_a_key_shows_itself_to_nobody(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(EvolveError) as caught:
        read_key(Model("m", "m", key_env="OPENAI_API_KEY"))
    assert "OPENAI_API_KEY holds none" in str(caught.value)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-123456789")
    key = read_key(Model("m", "m", key_env="OPENAI_API_KEY"))
    assert "sk-123456789" not in f"{key} {key!r} {[key]}"
    with pytest.raises(TypeError):
        pickle.dumps(key)
    (tmp_path / "key").write_text("sk-abcdefghi\n")
    assert read_key(Model("m", "m", key_file=str(tmp_path / "key"))).reveal() == "sk-abcdefghi"
    assert Key("sk-123456789").strike("a sk-123456789 b") == "a [key] b"
    assert read_key(Model("m", "m", "http://localhost:1/v1")).reveal() == "none"


def test_templates_come_from_a_folder(tmp_path: Path) -> None:
    (tmp_path / "diff.j2").write_text("x")
    assert templates_of(tmp_path) == (("diff.j2", "x"),)
    assert templates_of(None) == ()
    (tmp_path / "empty").mkdir()
    with pytest.raises(EvolveError):
        templates_of(tmp_path / "empty")
