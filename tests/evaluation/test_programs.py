"""Programs that cannot be traced are judged like candidates, and held to the contract."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from small_tasks import power_task, task_of

from evolve.errors import EvolveError
from evolve.evaluation.evaluator import Evaluator
from evolve.evaluation.failed import ProgramFailedError
from evolve.evaluation.fitted import fit_rows
from evolve.evaluation.foreign import FailedError, score_program
from evolve.evaluation.predict import slopes_of
from evolve.evaluation.problem import EvaluationProblem
from evolve.evaluation.programs import ProgramRunner
from evolve.evaluation.record import Evaluation
from evolve.law.graph import evaluate
from evolve.law.program import Program, RowNames, parse_program, program_size
from evolve.sandbox import ForeignLane
from evolve.scoring.objective import score
from evolve.scoring.price import price_of
from evolve.tasks.folds import make_folds
from evolve.tasks.task import Task

# A law that branches on its data and brings its own fit.
BRANCH = """
import numpy as np
from scipy.optimize import least_squares
# EVOLVE-BLOCK-START
def scaling_law_func(X, params):
    a, b, c = params
    if X[0, 0] > 0:
        return {law}
    return np.zeros(len(X))
def fit_scaling_law(X, y):
    {before}
    def gaps(p):
        return scaling_law_func(X, p) - y
    return least_squares(gaps, [1.0, 5.0, 0.5]).x
# EVOLVE-BLOCK-END
"""
HONEST = "a + b * X[:, 0] ** -c"


def program(law: str = HONEST, before: str = "pass") -> Program:
    return parse_program(BRANCH.format(law=law, before=before))


def problem_of(task: Task) -> EvaluationProblem:
    return EvaluationProblem(task, tuple(make_folds(task)))


def evaluated(evaluator: Evaluator, form: Program) -> Evaluation:
    (found,) = evaluator.evaluate([form], float("inf"))
    return found


@pytest.fixture(scope="module")
def task() -> Task:
    return power_task()


@pytest.fixture(scope="module")
def evaluator(task: Task) -> Iterator[Evaluator]:
    with Evaluator(problem_of(task), 0) as made:
        yield made


@pytest.fixture(scope="module")
def two_groups() -> Task:
    x = np.tile(np.geomspace(1.0, 1000.0, 12), 2)[:, None]
    group = np.repeat([0, 1], 12)
    y = (1.0 + group)[:, None] + 3.0 * x**-0.5
    return task_of(x, y, group, folds={"axes": ["a"]})


@pytest.fixture(scope="module")
def lane() -> Iterator[ForeignLane]:
    with ForeignLane() as made:
        yield made


def test_a_program_gets_a_score_on_every_fold_and_a_size(task: Task, evaluator: Evaluator) -> None:
    form = program()
    found = evaluated(evaluator, form)
    assert (found.status, found.message, found.stage) == ("ok", "", 1)
    assert [fold.name for fold in found.folds] == [fold.name for fold in make_folds(task)]
    assert found.n_constants == 3
    assert found.complexity == program_size(form)
    price = price_of(3, program_size(form), task.train.n_values)
    assert found.score == pytest.approx(score(found.folds, price))


def test_the_size_of_a_program_counts_its_law_and_not_its_fit() -> None:
    long_fit = program(before="y = y + 1.0 - 1.0 + 2.0 - 2.0")
    assert program_size(long_fit) == program_size(program())
    assert program_size(program(law=f"({HONEST}) * 2.0 + 1.0")) == program_size(program()) + 2


@pytest.mark.parametrize(
    ("law", "before", "status", "message"),
    [
        ("a + b * (X[:, 0] - X[:, 0].mean())", "pass", "bad-answer", "batch of rows"),
        (f"({HONEST}) / (X[:, 9])", "pass", "exception", "IndexError"),
        (f"np.where(X[:, 0] > 1e9, np.inf, {HONEST})", "pass", "ok", ""),
        (HONEST, "raise ValueError('no')", "exception", "no"),
        (HONEST, "return np.ones(40)", "rejected", "40 for each group and target"),
        (HONEST, "return np.ones((3, 2))", "bad-answer", "expected shape (1, p)"),
    ],
)
def test_a_program_that_breaks_a_rule_is_an_evaluation_with_a_status(
    evaluator: Evaluator, law: str, before: str, status: str, message: str
) -> None:
    found = evaluated(evaluator, program(law, before))
    assert found.status == status
    assert message in found.message
    assert (found.score is None) == (status != "ok")


def test_a_program_with_more_constants_than_the_task_allows_is_refused(
    evaluator: Evaluator,
) -> None:
    text = BRANCH.format(law="a + 0.0 * X[:, 0]", before="return np.ones(40)")
    found = evaluated(evaluator, parse_program(text.replace("a, b, c = params", "a = params[0]")))
    assert found.status == "rejected"
    assert found.message == "constants: 40 for each group and target, the task allows 5"


def test_a_program_that_is_not_finite_beyond_the_rows_fails(
    task: Task, evaluator: Evaluator
) -> None:
    wide = f"np.where(X[:, 0] > {task.train.X[:, 0].max() * 2:g}, np.nan, {HONEST})"
    found = evaluated(evaluator, program(wide))
    assert (found.status, found.score) == ("not-finite", None)


def test_a_fit_cannot_use_what_another_groups_fit_has_left(
    two_groups: Task, lane: ForeignLane
) -> None:
    text = program(
        before="return np.array([float(len(SEEN)), 0.0, 0.0]) if not SEEN.append(1) else y"
    )
    text = parse_program(
        text.text.replace("# EVOLVE-BLOCK-START", "# EVOLVE-BLOCK-START\nSEEN = []")
    )
    scored = score_program(text, two_groups, two_groups.train, lane)
    assert [c[0] for c in scored.constants.values()] == [1.0, 1.0]


CENTRED = "a + b * (X[:, 0] - X[:, 0].mean())"
LAW = """
# EVOLVE-BLOCK-START
def law(input_data, group="all"):
    middle = sum(row["a"] for row in input_data) / len(input_data)
    return [{"y": 1.0 + {row}} for row in input_data]
# EVOLVE-BLOCK-END
"""


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        (BRANCH.format(law=CENTRED, before="pass"), False),
        (BRANCH.format(law=HONEST, before="pass"), True),
        (LAW.replace("{row}", "row['a'] - middle"), False),
        (LAW.replace("{row}", "row['a']"), True),
    ],
)
def test_what_is_scored_may_not_depend_on_the_rows_beside_it(
    two_groups: Task, lane: ForeignLane, text: str, holds: bool
) -> None:
    names = two_groups.feature_names[0], two_groups.target_names[0]
    form = parse_program(text.replace('"a"', f'"{names[0]}"').replace('"y"', f'"{names[1]}"'))
    if holds:
        assert len(score_program(form, two_groups, two_groups.train, lane).predictions) == 24
    else:
        with pytest.raises(FailedError, match="depend on the batch of rows"):
            score_program(form, two_groups, two_groups.train, lane)


def test_a_fitted_program_predicts_and_knows_its_groups(
    two_groups: Task, lane: ForeignLane
) -> None:
    runner = ProgramRunner(lane)
    fitted = fit_rows(two_groups, program(), runner)
    assert fitted.candidate is None
    assert fitted.n_constants == 3
    assert fitted.train_r2 == pytest.approx(1.0, abs=1e-6)
    names = [two_groups.group_names[g] for g in two_groups.train.group]
    predictions = fitted.predict(two_groups.train.X, names, runner)
    np.testing.assert_allclose(predictions, fitted.predictions)
    with pytest.raises(EvolveError, match="group: 'c' was not fitted"):
        fitted.predict(two_groups.train.X, "c", runner)


def test_a_program_without_constants_is_fitted_all_the_same(task: Task, lane: ForeignLane) -> None:
    text = program("1.0 + 3.0 * X[:, 0] ** -0.4", "return np.zeros(0)").text
    form = parse_program(text.replace("    a, b, c = params\n", ""))
    fitted = fit_rows(task, form, ProgramRunner(lane))
    assert fitted.n_constants == 0
    assert fitted.constants["all"].shape == (1, 0)


def test_slopes_of_a_program_are_those_of_its_formula(task: Task) -> None:
    x, constants = task.train.X[:5], np.array([[1.0, 2.0, 0.5]])
    moved = slopes_of(program(), x, constants, 0)
    logs, power = np.log(x[:, 0]), x[:, 0] ** -0.5
    wanted = np.stack([np.ones(5), power, -2.0 * logs * power], axis=1)
    np.testing.assert_allclose(moved, wanted, rtol=1e-6)


def test_a_program_is_traced_where_programs_run(lane: ForeignLane) -> None:
    runner = ProgramRunner(lane)
    straight = BRANCH.format(law=HONEST, before="pass").replace("if X[0, 0] > 0:", "if True:")
    names = RowNames(("x",), ("y",), ("all",))
    traced = runner.trace(parse_program(straight), names)
    assert traced.law.n_constants == 3
    with pytest.raises(ProgramFailedError, match="trace: bad-answer"):
        runner.trace(program(), names)


def test_a_law_that_holds_its_constants_is_traced_with_constants_to_fit(lane: ForeignLane) -> None:
    text = "def law(rows, group):\n    return [{'y': 1.7 + 3.1 * r['x'] ** -0.34} for r in rows]\n"
    traced = ProgramRunner(lane).trace(parse_program(text), RowNames(("x",), ("y",), ("all",)))
    x = np.array([[2.0], [3.0]])
    values = evaluate(traced.law.root, x, np.array([1.7, 3.1, -0.34]))
    np.testing.assert_allclose(np.sort(values), np.sort(1.7 + 3.1 * x[:, 0] ** -0.34))


@pytest.mark.parametrize("amplitude", [0.0, 1e-12, 2.0])
def test_slopes_of_a_program_with_a_tiny_rate_are_those_of_its_formula(amplitude: float) -> None:
    form = program("1.0 + b * np.exp(-c * X[:, 0]) + 0.0 * a")
    x, rate = np.array([[1e8], [1e9], [4e9]]), 3e-10
    moved = slopes_of(form, x, np.array([[1.0, amplitude, rate]]), 0)
    decay = np.exp(-rate * x[:, 0])
    np.testing.assert_allclose(moved[:, 1], decay, rtol=1e-6)
    if amplitude == 2.0:
        np.testing.assert_allclose(moved[:, 2], -amplitude * x[:, 0] * decay, rtol=1e-6)
