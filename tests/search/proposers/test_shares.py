"""Targets between declared bounds get forms that stay there."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from small_tasks import SPACES, task_of

from evolve.law.graph import Law, Node, constants_of, evaluate, renumber, walk
from evolve.search.problem import make_search_problem, space_of
from evolve.search.proposers.shares import share_forms
from evolve.tasks.task import Task

SHARES = SPACES["shares"]
X = np.geomspace(1.0, 1e3, 20)


def coverage(top: float, kept: float = 1.0) -> Task:
    """Hits of ever more samples, in shares of `top`, of which `kept` is the most."""
    targets = [{"name": "y0", "bounds": [0.0, top]}]
    y = top * kept * (1.0 - np.exp(-0.05 * X**0.4))
    return task_of(X, y, targets=targets, folds={"axes": ["a"]}, max_constants=5)


def test_only_shares_have_them() -> None:
    assert share_forms(replace(SHARES, share_of=None)) == {}
    assert set(share_forms(SHARES)) == {
        name + end
        for name in ("logistic share", "share hit", "share missed", "logistic share of powers")
        for end in ("", " to a ceiling", " from a floor")
    }


@pytest.mark.parametrize("changes", [{}, {"ceiling": 1.0, "either_way": False}])
def test_alone_they_stay_between_0_and_1_however_large_the_sizes(
    changes: dict[str, float],
) -> None:
    rows = np.array([[1e-6, 1e-3], [1.0, 1.0], [1e9, 1e6]])
    for name, root in share_forms(replace(SHARES, **changes)).items():
        if not name.endswith(("ceiling", "floor")):
            law = Law(*renumber(root))
            values = evaluate(law.root, rows, np.full(law.n_constants, 0.3))
            assert ((values >= 0.0) & (values <= 1.0)).all(), name


@pytest.mark.parametrize("name", ["share hit", "share missed", "logistic share of powers"])
def test_from_a_floor_they_go_the_same_way_as_alone(name: str) -> None:
    rows, forms = np.array([[1.0, 1.0], [50.0, 2.0]]), share_forms(SHARES)
    for end in (" from a floor", " to a ceiling"):
        alone, beside = (Law(*renumber(forms[text])) for text in (name, name + end))
        shares = evaluate(alone.root, rows, np.full(alone.n_constants, 0.2))
        (amplitude,) = set(constants_of(beside.root)) - _inside(beside.root)
        constants = np.full(beside.n_constants, 0.2)
        constants[amplitude] = 0.5
        told = evaluate(beside.root, rows, constants)
        assert np.sign(np.diff(told)) == np.sign(np.diff(shares))
        assert ((told > 0.5) if end == " from a floor" else (told < 0.5)).all()


def _inside(root: Node) -> set[int]:
    """Numbers of the constants within shares."""
    return {number for n in walk(root) if n.op == "exp" for number in constants_of(n)}


def test_names_say_what_targets_do_where_what_they_leave_is_seen() -> None:
    seen, of_gap = share_forms(SHARES), share_forms(replace(SHARES, ceiling=1.0))
    rows = np.array([[1.0, 1.0], [50.0, 2.0]])
    for name in ("share hit", "share missed"):
        law, gap = (Law(*renumber(forms[name])) for forms in (seen, of_gap))
        constants = np.full(3, -0.2)
        told = 1.0 - evaluate(gap.root, rows, constants)
        np.testing.assert_allclose(told, evaluate(law.root, rows, constants))


@pytest.mark.parametrize("top", [1.0, 100.0])
@pytest.mark.parametrize("kept", [0.4, 0.99])
def test_a_search_begins_with_them_in_the_units_of_the_table(top: float, kept: float) -> None:
    problem = make_search_problem(coverage(top, kept), 0)
    assert space_of(problem.task).share_of == top
    (hit, *_) = [p for p in problem.starts if p.operator == "share hit"]
    amount = "" if top == 1.0 else "100 * "
    assert f"return {top:g} - {amount}np.exp(-np.exp(c0 - c1 * log_a))" in problem.text_of(hit)


def test_bounds_that_do_not_begin_at_0_are_no_whole() -> None:
    targets = [{"name": "y0", "bounds": [-1.0, 1.0]}]
    y = -0.9 + 0.2 * X**0.1
    assert space_of(task_of(X, y, targets=targets, folds={"axes": ["a"]})).share_of is None
