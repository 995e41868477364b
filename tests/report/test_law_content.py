"""Laws in which each target sees its own feature first are told in words of the columns."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from evolve.cli.ending import print_rows
from evolve.law.candidate import Candidate
from evolve.law.graph import Law, call, const, feat
from evolve.law.latex import latex
from evolve.law.recipe import Recipe
from evolve.report.law_content import _diagnostics, _recipe, names_in
from evolve.report.notebook import law_html
from evolve.runs.results import ResultRow
from evolve.tasks.task import Task
from tests.small_tasks import task_of

PAIRED = Candidate(Law(call("mul", const(0), call("mul", feat(0), feat(1))), 1, True), Recipe())
MEANT = (
    "own is the feature that belongs to a target, web share to the first and code to the second"
)


def paired() -> Task:
    """Two targets that each have a feature of their own."""
    shares = np.random.default_rng(4).dirichlet((1.0, 1.0, 1.0), 20)
    names = [{"name": name, "scale": "linear"} for name in ("web share", "code", "books")]
    return task_of(shares, 2.0 + shares @ np.eye(3), features=names, own=True)


def row(formula: str) -> ResultRow:
    return ResultRow("champion", "linear", 0, 1, -1.0, 0.9, 0.9, formula, {"all": [[1.0]] * 3}, "")


def test_the_mathematics_of_a_page_has_no_numbered_features() -> None:
    names, target = names_in(paired(), PAIRED)
    assert (names, target) == (["own", "other_1", "other_2"], "each target")
    assert latex(PAIRED.law, names) == r"c_{0}\,\mathrm{own}\,\mathrm{other\_1}"


def test_a_card_in_a_notebook_says_what_its_words_mean() -> None:
    formula = "each target = c0*own*other_1"
    assert MEANT in law_html(paired(), row(formula), PAIRED, "champion")


@pytest.mark.parametrize(
    ("formula", "features", "is_told"),
    [
        ("each target = c0*own*other_1", ["web share", "code", "books"], True),
        ("each target = c0*code", ["web share", "code", "books"], False),
        ("each target = c0*own", ["own", "code"], False),
        ("loss = c0*own", ["web share", "code"], False),
    ],
)
def test_the_table_of_a_run_says_what_own_means(
    formula: str, features: list[str], is_told: bool, capfd: pytest.CaptureFixture[str]
) -> None:
    print_rows([row(formula)], features, chosen=True)
    assert (MEANT in " ".join(capfd.readouterr().out.split())) == is_told


def test_how_a_law_was_fitted_is_told_in_words() -> None:
    assert _recipe(Recipe(n_starts=8)) == "Fitted to the target with least squares; 8 starts."
    told = _recipe(
        Recipe("log", "huber", 0.05, scale_weight=0.25, ridge=0.001, shrinkage=2.0, n_starts=4)
    )
    assert told == (
        "Fitted to the log of the target with Huber's loss, that bends at 0.05 standard "
        "deviations, rows weighed towards the far end (exponent 0.25), a ridge of 0.001 on "
        "constants that are not linear, priors learnt across groups (strength 2); 4 starts."
    )
    assert "all groups with exponents" in _recipe(Recipe(tied="slopes"))
    scales = {"gap": "what the target leaves", "log_gap": "the log of what the target leaves"}
    for scale, words in scales.items():
        assert f"Fitted to {words} to its ceiling with" in _recipe(Recipe(scale))


@pytest.mark.parametrize(
    ("at_bound", "end"),
    [(0, "minimum."), (1, "minimum; 1 constant at a bound."), (3, "; 3 constants at a bound.")],
)
def test_constants_at_a_bound_are_counted(at_bound: int, end: str) -> None:
    facts = {"converged": 0.5, "agree": 0.75, "at_bound": float(at_bound)}
    told = _diagnostics(cast("Any", SimpleNamespace(n_fits=4, facts=facts)))
    assert told.startswith("2 of 4 fits converged; 75 % of the starts reached the same minimum")
    assert told.endswith(end)
