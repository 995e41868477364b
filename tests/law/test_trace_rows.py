"""A law that holds its constants is traced, and its numbers become constants."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from evolve.errors import ProgramError
from evolve.law.graph import evaluate
from evolve.law.trace_rows import trace_rows
from evolve.tasks.task import load_task

ROOT = Path(__file__).resolve().parents[2]
ONE = ("x",), ("y",), ("all",)
PUBLISHED = {
    "data_constrained": ("data_constrained_codex_o4_mini", 4),
    "sft": ("sft_codex_o4_mini", 2),
    "lr_bsz": ("lr_bsz_codex_gpt_5", 15),
    "domain_mixture": ("domain_mixture_codex_o4_mini", 3),
}


def law(value: str, before: str = "") -> str:
    return f"{before}\ndef law(rows, group):\n    return [{{'y': {value}}} for r in rows]\n"


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_laws_of_tables_of_every_kind_are_freed(name: str) -> None:
    task = load_task(name, [ROOT / "tasks"])
    names = task.feature_names, task.target_names, task.sldbench_labels
    file, n_constants = PUBLISHED[name]
    found = trace_rows((ROOT / "seeds" / "published" / f"{file}.py").read_text(), *names)
    assert found.n_constants == n_constants
    assert found.own_feature_first == (name == "domain_mixture")


def test_a_freed_law_says_the_same_with_the_numbers_that_it_held() -> None:
    found = trace_rows(law("A + 410.7 * (r['x'] / 1e9) ** -b", "A, b = 1.69, 0.28"), *ONE)
    x = np.array([[1e9], [7e9], [3e11]])
    values = evaluate(found.root, x, np.array([1.69, 410.7, 0.28]))
    signed = evaluate(found.root, x, np.array([1.69, 410.7, -0.28]))
    wanted = 1.69 + 410.7 * (x[:, 0] / 1e9) ** -0.28
    assert np.allclose(values, wanted) or np.allclose(signed, wanted)


def test_a_number_that_stands_twice_is_one_constant() -> None:
    assert trace_rows(law("0.37 + 2.9 * r['x'] ** 0.37"), *ONE).n_constants == 2


def test_what_differs_between_groups_is_a_constant_even_where_one_number_is_plain() -> None:
    text = law("K[group] * r['x']", "K = {'a': 2.0, 'b': 3.3}")
    assert trace_rows(text, ("x",), ("y",), ("a", "b")).n_constants == 1
    assert trace_rows(text, ("x",), ("y",), ("a",)).n_constants == 0


@pytest.mark.parametrize("values", [(2.0, 3.0), (2.0, -2.0), (0.5, 1.5)])
def test_plain_numbers_that_differ_between_groups_are_a_constant(
    values: tuple[float, float],
) -> None:
    text = law("r['x'] ** K[group]", f"K = dict(zip('ab', {values}))")
    assert trace_rows(text, ("x",), ("y",), ("a", "b")).n_constants == 1


def test_a_number_and_its_negative_are_one_constant_with_both_signs() -> None:
    found = trace_rows(law("2.9 * r['x'] ** 0.37 + 1.7 * r['x'] ** -0.37"), *ONE)
    x = np.array([[2.0], [7.0]])
    values = evaluate(found.root, x, np.array([2.9, 0.37, 1.7]))
    assert found.n_constants == 3
    assert np.allclose(values, 2.9 * x[:, 0] ** 0.37 + 1.7 * x[:, 0] ** -0.37)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (law("r['x'] if group == 'a' else r['x'] ** 2.2"), "different forms"),
        (law("K[group]", "K = {'a': 1.0}"), "KeyError"),
        ("def law(rows, group):\n    return 3.0\n", "list of one dictionary"),
        ("def law(rows, group):\n    return [{'z': 1.0}]\n", "gives no 'y'"),
        (law("'high'"), "not a number"),
        (law("1.0 if r['x'] > 3 else 2.0"), "cannot be traced"),
        (law(f"sum(r['x'] ** (k + 0.3) for k in range({70}))"), "numbers that may be"),
        ("x = 1\n", "no function law"),
    ],
)
def test_what_cannot_be_freed_says_why(text: str, problem: str) -> None:
    with pytest.raises(ProgramError, match=problem):
        trace_rows(text, ("x",), ("y",), ("a", "b"))
