"""Every law of a search has the form that the user asks for, from the first candidate on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from small_tasks import entry_of, power_task

from evolve.cli.app import call
from evolve.errors import EvolveError
from evolve.law.candidate import Candidate
from evolve.law.graph import features_of
from evolve.law.shown import shown_operations
from evolve.runs.run import stored_problem
from evolve.runs.store import Store
from evolve.search.archive import Archive
from evolve.search.problem import make_search_problem, plain_space_of
from evolve.search.proposers.seeds import GivenSeed, given_seeds, left_out
from evolve.search.rules import FormRules, ruled_space
from evolve.tasks.task import load_task

SEED = '''"""Mine."""

import numpy as np

from evolve.fitting import fit_law


# EVOLVE-BLOCK-START
def scaling_law_func(data_points, params):
    X = np.atleast_2d(data_points)
    return params[0] + np.exp(-params[1] * X[:, 1])


def fit_scaling_law(data_points, loss_values):
    return fit_law(scaling_law_func, data_points, loss_values, n_constants=2)


# EVOLVE-BLOCK-END
'''


def searched(rules: FormRules) -> list[Candidate]:
    """First candidates and what the grammar makes of them."""
    problem, archive = make_search_problem(power_task(), 0, rules=rules), Archive()
    firsts = [proposal.genome for proposal in problem.starts]
    archive.tell(entry_of(i, c, -float(i), parents=()) for i, c in enumerate(firsts))
    rngs = [np.random.default_rng([1, i]) for i in range(24)]
    made = problem.proposer().ask(archive, rngs, ())
    assert len(made) == len(rngs)
    return [*firsts, *(proposal.genome for proposal in made)]


def test_every_law_has_the_template_and_its_free_part_evolves() -> None:
    rules = FormRules("E + A*a^-s + @(b)")
    template = make_search_problem(power_task(), 0, rules=rules).space.template
    assert template is not None
    parts = {template.free_part(candidate.law.root) for candidate in searched(rules)}
    assert None not in parts
    assert len(parts) > 8


def test_every_law_uses_the_features_that_it_must() -> None:
    rules = FormRules(must_use=("b",))
    assert all(1 in features_of(c.law.root) for c in searched(rules))


def test_no_law_has_an_operation_that_is_forbidden() -> None:
    shown = [shown_operations(c.law.root) for c in searched(FormRules(forbid_operators=("tanh",)))]
    assert not any("tanh" in operations for operations in shown)
    assert any("pow" in operations for operations in shown)
    only = searched(FormRules(only_operators=("+", "*", "^")))
    assert frozenset().union(*(shown_operations(c.law.root) for c in only)) <= {
        *("add", "sub", "mul", "pow"),
    }


@pytest.mark.parametrize(
    ("rules", "problem"),
    [
        (FormRules(must_use=("aa",)), "must_use: 'aa' is none of a, b (did you mean 'a'?)"),
        (FormRules(forbid_operators=("tan",)), "forbid_operators: 'tan' is none of "),
        (FormRules("p + q*a + r*b + s*a*b + t*b*b + @(b)"), "the free part needs one"),
        (FormRules(only_operators=("sin",)), "no law of the first candidates has the form"),
    ],
)
def test_rules_that_cannot_be_kept_are_refused(rules: FormRules, problem: str) -> None:
    with pytest.raises(EvolveError) as caught:
        make_search_problem(power_task(), 0, rules=rules)
    assert problem in str(caught.value)


def test_a_given_program_is_evaluated_first_and_one_of_another_form_is_named() -> None:
    problem = make_search_problem(power_task(), 0, given=[GivenSeed("mine", SEED)])
    assert (problem.starts[0].operator, problem.starts[0].origin) == ("mine", "user")
    ruled = make_search_problem(
        power_task(), 0, rules=FormRules(must_use=("a",)), given=[GivenSeed("mine", SEED)]
    )
    (line,) = left_out(ruled.seeds, ruled.starts)
    assert line.startswith("mine.py ")
    assert "does not have the form asked for" in line


def test_a_program_may_be_given_as_a_text_or_a_file(tmp_path: Path) -> None:
    (tmp_path / "law.py").write_text(SEED)
    names = [(seed.name, seed.text) for seed in given_seeds([SEED, tmp_path / "law.py"])]
    assert names == [("seed_1", SEED), ("law", SEED)]


@pytest.mark.slow
def test_the_command_line_takes_seeds_and_rules_and_the_run_keeps_them(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    seed = tmp_path / "mine.py"
    seed.write_text(SEED.replace("X[:, 1]", "X[:, 1] / 1e9"))
    words = ["--task", "data_constrained", "--evaluations", "5", "--run", "r", "--quiet"]
    words += ["--runs-dir", str(tmp_path), "--seed-law", str(seed), "--must-use", "params"]
    assert call([*words, "--forbid-operator", "tanh sin", "--workers", "1"]) == 0
    seed.unlink()  # the run has its text
    with Store.open(tmp_path / "r", write=False) as store:
        problem = stored_problem(store)
        assert problem.space.must_use == (1,)
        mine = [p for p in problem.starts if p.operator == "mine"]
        assert [p.origin for p in mine] == ["user", *["initial"] * 4]
        assert [entry.operator for entry in store.each()].count("mine") == 1
    capfd.readouterr()
    assert call(["--task", "data_constrained", "--template", "E + @(param)"]) == 2
    assert "--template: @(…) names no feature 'param'" in capfd.readouterr().err


@pytest.mark.parametrize("word", ["params", "params_"])
def test_a_template_calls_features_as_formulas_do_or_as_it_once_had_to(word: str) -> None:
    space = plain_space_of(load_task("data_constrained"))
    rules = FormRules(template=f"E + A*tokens^-a + @({word})")
    template = ruled_space(space, rules, ["unique_tokens", "params", "tokens"]).template
    assert template is not None
    assert template.features == (1,)
