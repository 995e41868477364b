"""A column's role is what the user said, else what its name and its cells say."""

from __future__ import annotations

import pytest
from own_tables import table_of

from evolve.tasks.draft.draft import Draft, propose
from evolve.tasks.draft.roles import Wishes

BATCHES = [8, 16, 32, 64, 128, 256]


def drafted(name: str, aims: list[float], target: str = "updates") -> Draft:
    """A table of the steps that runs of several batch sizes took to reach a loss or the like."""
    rows = [
        f"{b},{aim:.4f},{9e4 / aim**3 * (1 + 60 / b):.4g}"
        for b, aim in zip(BATCHES * 4, aims, strict=True)
    ]
    text = "\n".join([f"batch,{name},updates", *rows]) + "\n"
    return propose(table_of(text), "x", Wishes((target,)))


@pytest.mark.parametrize("name", ["target loss", "goal_ppl", "accuracy_threshold"])
def test_an_outcome_that_runs_were_to_reach_is_an_input(name: str) -> None:
    draft = drafted(name, [aim for aim in (0.5, 0.6, 0.7, 0.8) for _ in BATCHES])
    assert [f.name for f in draft.spec.features] == ["batch", name]


def test_an_outcome_that_differs_in_most_rows_was_measured_whatever_its_name() -> None:
    draft = drafted("target loss", [2.0 + k * 7 % 24 / 9 for k in range(24)])
    assert [f.name for f in draft.spec.features] == ["batch"]
    assert "loss, no input" in draft.reasons["target loss"]


def test_what_is_to_be_predicted_is_no_aim() -> None:
    aims = [aim for aim in (2.5, 2.8, 3.1, 3.5) for _ in BATCHES]
    draft = drafted("target loss", aims, target="target loss")
    assert draft.spec.targets[0].role == "loss"
