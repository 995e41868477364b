from __future__ import annotations

import re

import pytest

from evolve.search.problem import make_search_problem
from evolve.search.rules import FormRules
from evolve.tasks.task import load_task


@pytest.mark.parametrize(
    ("name", "template", "said"),
    [
        ("data_constrained", "", "power of unique_tokens"),
        ("data_constrained", "E + A*tokens^-a + @(params)", "late power of params"),
        ("domain_mixture", "", "power of other_1"),
    ],
)
def test_programs_of_first_laws_say_by_columns_what_made_them(
    name: str, template: str, said: str
) -> None:
    problem = make_search_problem(load_task(name), 0, rules=FormRules(template=template))
    first = [p for p in problem.starts if p.origin == "initial"]
    texts = [problem.text_of(p) for p in first]
    assert any(f"made by {said}." in text for text in texts)
    assert not any(re.search(r"made by .*\b(of|in) \d+\b(?! products)", text) for text in texts)
