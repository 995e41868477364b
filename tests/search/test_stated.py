"""A formula of the user's own is fitted as the law that it says."""

from __future__ import annotations

import numpy as np
import pytest

from evolve.errors import EvolveError
from evolve.law.printer import formula
from evolve.law.trace import trace_law
from evolve.runs.tabulate import row_of
from evolve.search.named import named_entry, named_law
from evolve.search.stated import require_columns
from tests.small_tasks import task_of

N = np.array([1e7 * 4**i for i in range(5) for _ in range(5)])
D = np.array([1e9 * 4**j for _ in range(5) for j in range(5)])
LOSS = 1.7 + 400 * N**-0.34 + 410 * D**-0.28


def table():  # type: ignore[no-untyped-def]
    """Losses of models and data."""
    return task_of(
        np.column_stack([N, D]),
        LOSS,
        features=[{"name": "params"}, {"name": "train/tokens"}],
        targets=[{"name": "loss"}],
        max_constants=8,
    )


@pytest.mark.parametrize(
    ("text", "constants"),
    [
        ("E + A/params^a + B/`train/tokens`^b", [1.7, 400, -0.34, 410, -0.28]),
        ("loss = E + A*params^-0.34 + B*`train/tokens`^-b", [1.7, 400, 410, -0.28]),
    ],
)
def test_names_that_are_no_columns_are_fitted_and_numbers_stay(
    text: str, constants: list[float]
) -> None:
    task = table()
    entry = named_entry(task, text)
    row = row_of(task, entry, "literature")
    assert entry.origin == "user"
    assert row.name == text
    assert sorted(np.ravel(row.constants["all"])) == pytest.approx(sorted(constants), rel=2e-3)


def test_the_program_of_a_formula_is_the_law_that_was_stated() -> None:
    task = table()
    entry = named_entry(task, "E + A*log(params/1e9 + 0.37)^2")
    traced = trace_law(entry.text, 2, 1)
    stated = named_law(task, "E + A*log(params/1e9 + 0.37)^2").candidate.law
    assert formula(traced, task.feature_names) == formula(stated, task.feature_names)
    assert formula(stated, task.feature_names) == "c0 + c1*log(0.37 + params/1e9)^2"


def test_constants_that_no_rows_tell_apart_are_one_and_that_is_told() -> None:
    named = named_law(table(), "E + F + A/params^a")
    assert named.candidate.law.n_constants == 3
    assert named.title == "E + F + A/params^a, whose 4 constants are 3: no rows tell more apart"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("E + A/params^a + B*parmas", r"no feature 'parmas' \(did you mean 'params'\?\)"),
        ("E + A/parms^a", r"must have a feature .* \(did you mean 'params'\?\)"),
        ("E + * params", r"missing before '\*' at character 5"),
        ("loss = E + * params", r"missing before '\*' at character 12"),
        ("acc = E + A*params", "must be of loss, it is of 'acc'"),
        ("E + A*params + loss", "'loss' is the target, no constant"),
        ("1.5 + params^-0.3", "must have a constant to fit"),
        ("E - E + A", "must have a feature"),
        ("E + A/params^a + nan", "'nan' is no finite number, and no constant"),
        ("E + Inf*params^a", "'Inf' is no finite number, and no constant"),
        ("E + A*1e400/params^a", r"must have numbers below 1e\+300"),
        ("E + A*`param`^a", r"no feature 'param' \(did you mean 'params'\?\)"),
        ("E + A*params*0", "no more than a number"),
        ("__import__('os').system('true') + params", "cannot hold"),
        ("hofman-2022", r"no law 'hofman-2022' \(did you mean 'hoffmann_2022'\?\)"),
        (
            "brokn power of train/tokens",
            r"mean 'broken power of train/tokens'\?",
        ),
        ("sum of pwers", r"no law .* \(did you mean 'sum of powers'\?\)"),
    ],
)
def test_what_is_wrong_with_a_formula_is_told_in_a_line(text: str, said: str) -> None:
    with pytest.raises(EvolveError, match=said):
        named_law(table(), text)


def test_a_target_that_is_no_plain_word_stands_in_backticks() -> None:
    task = task_of(N, LOSS, targets=[{"name": "val/loss"}], max_constants=4)
    word = task.feature_names[0]
    named = named_law(task, f"`val/loss` = E + A/{word}^k")
    assert named.candidate.law.n_constants == 3
    assert named.title == f"`val/loss` = E + A/{word}^k"
    with pytest.raises(EvolveError, match="must be of val/loss, it is of 'train/loss'"):
        named_law(task, f"`train/loss` = E + A/{word}^k")


def test_a_column_of_groups_is_no_constant() -> None:
    task = task_of(np.r_[N, N], np.r_[LOSS, LOSS], np.repeat([0, 1], len(N)), max_constants=4)
    with pytest.raises(EvolveError, match="'family' is a column of groups, no constant"):
        named_law(task, "family + E*a^-k")


def test_every_column_that_a_formula_names_must_be_a_feature() -> None:
    require_columns("E + A/params^a", ["params"], ["params", "tokens"])
    with pytest.raises(EvolveError, match="tokens must be among them, as the law names it"):
        require_columns("E + A/params^a + B/tokens^b", ["params"], ["params", "tokens"])
