"""A reply becomes a candidate where its law can be traced, a program elsewhere, or a verdict."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from small_tasks import archive_of, power_task, random_candidates

from evolve.evaluation.programs import ProgramRunner
from evolve.law.program import RowNames
from evolve.law.recipe import Recipe
from evolve.search.archive import Archive
from evolve.search.problem import space_of
from evolve.search.proposers.llm.exchange import Exchange, Reply
from evolve.search.proposers.llm.translate import Translator
from evolve.search.proposers.protocol import Proposal
from evolve.search.rules import NO_RULES, FormRules, ruled_space

FIT = """
def fit_scaling_law(data_points, loss_values):
    return fit_law(scaling_law_func, data_points, loss_values, n_constants=2, loss="huber")
"""
OWN_FIT = """
def fit_scaling_law(data_points, loss_values):
    return np.array([1.0, 0.5])
"""
LAW = "def scaling_law_func(X, p):\n    return p[0] + np.exp(p[1] * np.log(X[:, 0]))\n"
BRANCH = "def scaling_law_func(X, p):\n    return p[0] + p[1] * (X[:, 0] if X.any() else 0.0)\n"
TASK = power_task()
SPACE = space_of(TASK)
NAMES = RowNames(TASK.feature_names, TASK.target_names, TASK.sldbench_labels)


@pytest.fixture(scope="module")
def runner() -> Iterator[ProgramRunner]:
    runner = ProgramRunner()
    yield runner
    runner.close()


def proposal(
    runner: ProgramRunner, reply: str, archive: Archive | None = None, rules: FormRules = NO_RULES
) -> Proposal:
    space = ruled_space(SPACE, rules, TASK.feature_names)
    exchange = Exchange(0, 32, "tiny", "rewrite", (3,), (), Reply("ok", reply))
    translator = Translator(space, runner, NAMES, [1.0] * len(TASK.feature_names))
    return translator.proposal_of(exchange, "", archive or Archive())


def verdict(found: Proposal) -> str:
    assert found.verdict is not None
    assert found.verdict.score is None
    return f"{found.verdict.status}: {found.verdict.message}"


def test_a_traced_law_is_a_candidate_with_the_recipe_that_it_states(runner: ProgramRunner) -> None:
    found = proposal(runner, LAW + FIT)
    assert found.verdict is None
    assert found.genome.recipe == Recipe(loss="huber")
    assert (found.operator, found.parents, found.origin) == ("tiny rewrite", (3,), "model")


def test_a_law_with_a_fit_of_its_own_is_fitted_as_the_best_law_is(runner: ProgramRunner) -> None:
    archive = archive_of(random_candidates(SPACE, 3))
    best = archive.elites()[0].genome.recipe
    assert proposal(runner, LAW + OWN_FIT, archive).genome.recipe == best


def test_a_law_that_holds_its_constants_is_fitted_anew(runner: ProgramRunner) -> None:
    held = "def law(d, group):\n    return [{'y0': 0.37 + 1.9 * r['a'] ** -0.31} for r in d]\n"
    found = proposal(runner, held)
    assert found.verdict is None
    assert found.genome.law.n_constants == 3


@pytest.mark.parametrize(
    "reply",
    [
        "y0 = E + A*a^-s",
        "Sure! A law:\n\n- **L(a, b)** = 1.69 + 406.4/a**0.34.\n",
        "x = 3\n```\ny0 = E + A * np.exp(-s * ln(a))\n```\nwhere E is the floor.",
        "y0 = E + A*a^-s\ny0 = E + y0*a^-s",
        "y0 = E + A*a^-s + B*b^",
    ],
)
def test_a_formula_is_a_law_with_the_recipe_of_the_best(runner: ProgramRunner, reply: str) -> None:
    program = "def scaling_law_func(X, p):\n    return p[0] + p[1] * X[:, 0] ** -p[2]\n"
    assert proposal(runner, reply).key == proposal(runner, program).key


def test_another_spelling_of_a_law_has_the_same_key(runner: ProgramRunner) -> None:
    other = LAW.replace("np.exp(p[1] * np.log(X[:, 0]))", "X[:, 0] ** p[1]")
    assert proposal(runner, LAW + FIT).key == proposal(runner, other + FIT).key


def test_a_program_that_cannot_be_traced_is_run_as_it_is(runner: ProgramRunner) -> None:
    found = proposal(runner, BRANCH + OWN_FIT)
    assert (found.candidate, found.verdict) == (None, None)
    assert found.program is not None
    assert found.key.startswith("program ")


@pytest.mark.parametrize("reply", [LAW + FIT, BRANCH + OWN_FIT, "no program", "y0 = E + A*a^-s"])
def test_a_reply_traced_ahead_gives_the_same_proposal_without_being_traced_again(
    runner: ProgramRunner, reply: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    traced: list[str] = []
    trace = runner.trace
    monkeypatch.setattr(runner, "trace", lambda p, names: traced.append(p.id) or trace(p, names))
    translator = Translator(SPACE, runner, NAMES, [1.0] * len(TASK.feature_names))
    exchange = Exchange(0, 32, "tiny", "rewrite", (3,), (), Reply("ok", reply))
    translator.look_ahead(exchange, reply, "")
    n_ahead = len(traced)
    ahead = translator.proposal_of(exchange, "", Archive())
    assert len(traced) == n_ahead == ("def" in reply)
    assert ahead == translator.proposal_of(exchange, "", Archive())


@pytest.mark.parametrize(
    ("reply", "problem"),
    [
        ("no", "rejected: reply: holds no program"),
        (
            "y0 = E + A*s",
            "rejected: reply: holds no program (no function scaling_law_func) and no",
        ),
        (BRANCH, "rejected: it has no fit_scaling_law, and "),
        (LAW.replace("p[0]", "0.37") + FIT, "rejected: the law "),
        ("y0 = E + A*a**10**10**10", "rejected: the law is too large, or a number in it is inf"),
        ("y0 = E + (a*b)**10**10**10", "rejected: the law is too large, or a number in it is inf"),
        ("def law(input_data, group):\n    return [{}]\n", "rejected: its constants cannot be fi"),
    ],
)
def test_what_may_not_run_has_a_verdict(runner: ProgramRunner, reply: str, problem: str) -> None:
    assert verdict(proposal(runner, reply)).startswith(problem)


ATTACKS = sorted((Path(__file__).parents[3] / "attacks/programs").rglob("*.py"))


def test_after_hostile_replies_the_next_law_is_traced_as_ever(runner: ProgramRunner) -> None:
    for path in ATTACKS[::8]:
        found = proposal(runner, f"Try this:\n```python\n{path.read_text('utf-8')}\n```\n")
        assert found.verdict is None or found.verdict.score is None
        assert found.candidate is None or found.verdict is None
    assert proposal(runner, LAW + FIT).genome.recipe == Recipe(loss="huber")


def test_a_law_keeps_the_rules_of_the_user_or_has_a_verdict(runner: ProgramRunner) -> None:
    rules = FormRules("E + @(a)")
    assert proposal(runner, LAW + FIT, rules=rules).verdict is None
    product = LAW.replace("p[0] +", "p[0] *") + FIT
    assert "template" in verdict(proposal(runner, product, rules=rules))
    must = FormRules(must_use=("b",))
    assert "lacks a feature" in verdict(proposal(runner, LAW + FIT, rules=must))
    assert "nothing says" in verdict(proposal(runner, BRANCH + OWN_FIT, rules=must))


def test_a_completion_is_the_rest_of_the_line_that_the_prompt_left_open(
    runner: ProgramRunner,
) -> None:
    prompt = (("text", "y0 = E + A*b\ny0 ="),)
    open_line = Exchange(
        0, 32, "tiny", "rewrite", (3,), prompt, Reply("ok", " E + A*a^-s\ny0 = 1")
    )
    translator = Translator(SPACE, runner, NAMES, [1.0] * len(TASK.feature_names))
    key = translator.proposal_of(open_line, "", Archive()).key
    assert key == proposal(runner, "y0 = E + A*a^-s").key
