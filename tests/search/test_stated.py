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


def constants_of(text: str) -> dict[str, float]:
    """What is found for the constants of a formula, by name."""
    task = table()
    row = row_of(task, named_entry(task, text), "literature")
    return dict(zip(row.constant_names, np.ravel(row.constants["all"]), strict=True))


@pytest.mark.parametrize(
    ("text", "constants"),
    [
        ("E + A/params^a + B/`train/tokens`^b", {"E": 1.7, "A": 400, "a": 0.34, "B": 410}),
        ("loss = E + A*params^-0.34 + B*`train/tokens`^-b", {"A": 400, "B": 410, "b": 0.28}),
        ("E - A*params^-a + B*`train/tokens`^b", {"A": -400, "a": 0.34, "B": 410, "b": -0.28}),
        ("E*(1 + A/params^a) + B/`train/tokens`^b", {"E": 1.7, "A": 400 / 1.7, "a": 0.34}),
        ("E + exp(g - a*log(params)) + B/`train/tokens`^b", {"g": np.log(400), "a": 0.34}),
        (
            "E + (Nc/params)^alpha + (`train/tokens`/Dc)^-beta",
            {"Nc": 400 ** (1 / 0.34), "alpha": 0.34, "Dc": 410 ** (1 / 0.28), "beta": 0.28},
        ),
    ],
)
def test_constants_come_back_with_the_names_and_the_signs_of_the_formula(
    text: str, constants: dict[str, float]
) -> None:
    found = constants_of(text)
    assert {name: found[name] for name in constants} == pytest.approx(constants, rel=2e-3)


def test_no_spelling_of_a_formula_costs_more_than_another() -> None:
    one, other = (
        named_entry(table(), text).evaluation
        for text in ("E + A/params^a + B/`train/tokens`^b", "B*exp(-b*log(`train/tokens`)) + E - "
                     "(-A)*params^-a")
    )  # fmt: skip
    assert one.complexity == other.complexity
    assert one.score == pytest.approx(other.score, abs=1e-3)


def test_a_formula_is_shown_as_it_was_typed() -> None:
    task = table()
    entry = named_entry(task, "loss = E - A*params^-a + B/`train/tokens`^b")
    row = row_of(task, entry, "literature")
    assert entry.origin == "user"
    assert row.name == "loss = E - A*params^-a + B/`train/tokens`^b"
    assert row.formula == "loss = E - A*params^-a + B/`train/tokens`^b"
    values = "loss = 1.7 + 400*params^-0.34 + 410*`train/tokens`^-0.28"
    assert row.valued_formula.startswith(values)
    assert "E, A, a, B, b = " in entry.text


def test_the_program_of_a_formula_is_the_law_that_was_stated() -> None:
    task = table()
    entry = named_entry(task, "E + A*log(params/1e9 + 0.37)^2")
    traced = trace_law(entry.text, 2, 1)
    stated = named_law(task, "E + A*log(params/1e9 + 0.37)^2").candidate.law
    assert traced.root is stated.root
    assert formula(stated, task.feature_names) == "E + A*log(params/1e9 + 0.37)^2"


@pytest.mark.parametrize(
    ("text", "kept", "held"),
    [
        ("E + F + A/params^a", "E + A/params^a", "F = 0"),
        ("E + A*B/params^a", "E + A/params^a", "B = 1"),
        ("E - A*log(params/N0)", "E - A*log(params)", "N0 = 1"),
        ("E + A/(k*params)^a", "E + A/params^a", "k = 1"),
        ("E + exp(k)*A/params^a", "E + A/params^a", "k = 0"),
        ("E + A/params^a + B/params^a", "E + A/params^a", "B = 0"),
    ],
)
def test_a_constant_that_no_rows_tell_from_others_is_held_and_that_is_told(
    text: str, kept: str, held: str
) -> None:
    task = table()
    named = named_law(task, text)
    assert formula(named.candidate.law, task.feature_names) == kept
    n = named.candidate.law.n_constants
    said = f", whose {n + 1} constants are {n}: no rows tell more apart; {held}"
    assert named.title == text + said


def test_where_none_can_be_held_the_simplest_spelling_is_fitted() -> None:
    named = named_law(table(), "E + exp(F)*G + (A + B)*log(params)")
    assert named.candidate.law.n_constants == 2
    assert "constants are 2: no rows tell more apart" in named.title


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


@pytest.mark.parametrize(
    "text", ["val/loss = E + A/params^a", "loss = E + A/params^a", "E + B/train/tokens^b"]
)
def test_a_name_that_is_no_plain_word_is_told_to_stand_in_backticks(text: str) -> None:
    columns = [{"name": "params"}, {"name": "train/tokens"}]
    x = np.column_stack([N, D])
    task = task_of(x, LOSS, features=columns, targets=[{"name": "val/loss"}], max_constants=8)
    name = "train/tokens" if "tokens" in text else "val/loss"
    with pytest.raises(EvolveError) as caught:
        named_law(task, text)
    is_quoted = f"write `{name}`, as it is no plain word" in str(caught.value)
    assert is_quoted == (name in text)


def test_a_column_of_groups_is_no_constant() -> None:
    task = task_of(np.r_[N, N], np.r_[LOSS, LOSS], np.repeat([0, 1], len(N)), max_constants=4)
    with pytest.raises(EvolveError, match="'family' is a column of groups, no constant"):
        named_law(task, "family + E*a^-k")


def test_every_column_that_a_formula_names_must_be_a_feature() -> None:
    require_columns("E + A/params^a", ["params"], ["params", "tokens"])
    with pytest.raises(EvolveError, match="tokens must be among them, as the law names it"):
        require_columns("E + A/params^a + B/tokens^b", ["params"], ["params", "tokens"])


@pytest.mark.parametrize("word", ["image", "images", "Images_Sen"])
def test_a_constant_with_nearly_the_name_of_a_column_that_is_no_feature_is_told(word: str) -> None:
    columns = ["params", "images_seen", "err"]
    with pytest.raises(EvolveError) as caught:
        require_columns(f"E + A/params^a + B/{word}^b", ["params"], columns, columns[1:])
    told = f"there is no column {word!r} (did you mean 'images_seen'?); a constant needs another"
    assert told in str(caught.value)
    for apart in (
        "E + A/params^image1e9",
        "err = E + A/params^a",
        "E + exp(-A*params)",
        "scaling",
    ):
        require_columns(apart, ["params", "err"], columns, ["images_seen", "explained"])


def test_a_constant_whose_name_says_what_a_column_is_is_told() -> None:
    with pytest.raises(EvolveError, match="no column 'params' .did you mean 'N'.."):
        require_columns("A*params^-a*D^b", ["D"], ["N", "D", "lr"], ["N"])
    task = task_of(np.column_stack([N, D]), LOSS, features=[{"name": "N"}, {"name": "D"}])
    with pytest.raises(EvolveError, match="no feature 'tokens' .did you mean 'D'..; a constant"):
        named_law(task, "E + A/N^a + B/tokens^b")
