"""The champion and every elite of a run hold a fitted law, and predict by it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from report_runs import small_run

import evolve
from evolve.api.champion import Champion, RunLaw
from evolve.api.run import Run
from evolve.errors import EvolveError
from evolve.law.candidate import Candidate
from evolve.law.graph import Law, call, const, feat
from evolve.law.recipe import Recipe
from evolve.runs.results import ResultRow
from evolve.tasks.task import load_task
from tests.small_tasks import task_of

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run of a shipped task with two groups, without a search."""
    folder = tmp_path_factory.mktemp("runs") / "parallel-small"
    small_run(load_task("parallel", [ROOT / "tasks"]), folder, 8).close()
    return evolve.load(folder)


@pytest.fixture(scope="module")
def laws(run: Run) -> list[RunLaw]:
    """The champion, and the best law of every size."""
    sizes = sorted(set(run.elites["constants"]))
    return [run.champion, *(run.elite(size=int(size)) for size in sizes)]


def frame_of(run: Run) -> pd.DataFrame:
    """The training rows as a user would give them."""
    task = run.task
    frame = pd.DataFrame(task.train.X, columns=list(task.feature_names))
    groups = pd.Series([task.group_names[g] for g in task.train.group])
    return frame.assign(**{task.spec.groups[0]: groups})


def test_a_law_predicts_the_training_rows_as_its_fit_does(run: Run, laws: list[RunLaw]) -> None:
    rows = frame_of(run)
    rows.index = pd.Index([f"row {i}" for i in range(len(rows))])
    for law in laws:
        predicted = law.predict(rows)
        assert list(predicted.columns) == list(run.task.target_names)
        assert list(predicted.index) == list(rows.index)
        np.testing.assert_allclose(predicted.to_numpy(), law.fitted.predictions, rtol=1e-9)


def test_rows_may_be_a_mapping_or_records_which_are_numbered(run: Run, laws: list[RunLaw]) -> None:
    rows = frame_of(run).head(3)
    for given in (rows.to_dict("list"), rows.to_dict("records")):
        pd.testing.assert_frame_equal(laws[0].predict(given), laws[0].predict(rows))
        pd.testing.assert_frame_equal(run.predict(given), run.predict(rows))


def test_a_fit_made_again_has_the_constants_of_the_run(laws: list[RunLaw]) -> None:
    for law in laws:
        again = np.concatenate(list(law.fitted.constants.values()))
        np.testing.assert_allclose(law.constants.to_numpy(), again, rtol=1e-9)


def test_errors_are_the_roots_of_the_covariance_where_rows_fix_the_constants(
    laws: list[RunLaw],
) -> None:
    compared = 0
    for law in laws:
        assert law.errors.shape == law.constants.shape
        for group in law.row.constants:
            (errors,) = law.errors.loc[[group]].to_numpy()
            if (errors < 1e3 * np.abs(law.constants.loc[[group]].to_numpy()[0])).all():
                roots = np.sqrt(np.diag(law.covariance(group).to_numpy()))
                np.testing.assert_allclose(errors, roots, rtol=1e-3)
                compared += 1
    assert compared


def test_an_elite_is_found_by_its_entry(run: Run) -> None:
    index = int(run.elites["index"].iloc[-1])
    law = run.elite(entry=index)
    assert law.row.index == index
    with pytest.warns(DeprecationWarning, match="line is now row"):
        assert law.line is law.row
    assert repr(law).startswith(f"<Entry {index}: ")
    assert not isinstance(law, Champion)
    assert isinstance(run.champion, Champion)


@pytest.mark.parametrize(
    ("given", "rule"),
    [({}, "give one of size, entry and law"), ({"size": 3, "entry": 1}, "exclude each other")],
)
def test_an_elite_is_asked_for_in_one_way(run: Run, given: dict[str, int], rule: str) -> None:
    with pytest.raises(EvolveError, match=rule):
        run.elite(**given)


def test_values_stand_in_no_formula_where_groups_have_their_own(laws: list[RunLaw]) -> None:
    assert {law.valued_formula for law in laws} == {""}


def test_a_champion_is_printed_in_one_line(run: Run) -> None:
    assert repr(run.champion).startswith("<Champion: ")
    assert "\n" not in repr(run.champion)


def test_a_wrong_group_is_refused_with_those_there_are(run: Run) -> None:
    names = ", ".join(run.task.group_names)
    with pytest.raises(EvolveError, match=f"group: must be one of {names}, it is 'x'"):
        run.champion.covariance("x")
    with pytest.raises(EvolveError, match="group: must be one of"):
        run.champion.covariance()


def test_each_target_has_an_expression_in_which_its_own_feature_comes_first() -> None:
    x = np.random.default_rng(1).uniform(0.1, 0.9, (12, 3))
    task = task_of(x, np.stack([x[:, 0], x[:, 1], x[:, 2]], axis=1), own=True)
    root = call("add", call("mul", const(0), feat(0)), call("mul", const(1), feat(1)))
    law = Law(root, 2, own_feature_first=True)
    constants = {"all": [[1.0, 0.1], [2.0, 0.2], [3.0, 0.3]]}
    row = ResultRow("champion", "", 0, 2, 0.0, 1.0, 1.0, "", constants, "")
    found = RunLaw(task, row, Candidate(law, Recipe()))
    rows = pd.DataFrame(x[:2], columns=list(task.feature_names))
    predicted = found.predict(rows)
    for target in task.target_names:
        expression = found.to_sympy(target=target)
        values = [
            float(
                expression.subs({symbol: one[symbol.name] for symbol in expression.free_symbols})
            )
            for _, one in rows.iterrows()
        ]
        np.testing.assert_allclose(values, predicted[target], rtol=1e-12)
