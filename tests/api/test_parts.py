"""Answers of several parts are shown part by part, in words and in a notebook."""

from __future__ import annotations

import pandas as pd

from evolve.api.designs import Design
from evolve.api.plans import Plan
from evolve.api.plots import Plots
from evolve.forecast.verdict import Verdict

PLAN = Plan(
    best=pd.Series({"params": 1e9, "point": 2.5}),
    budgets=pd.DataFrame({"budget": [1e20, 1e21], "point": [2.7, 2.5]}),
    next_runs=pd.DataFrame(),
    outside=True,
    together=("<b>tokens</b> follow params",),
)


def test_parts_stand_under_their_names_and_empty_ones_do_not() -> None:
    shown = repr(PLAN)
    assert shown.startswith("<Plan>\nbest:\nparams    1.000000e+09\npoint     2.500000e+00\n")
    assert f"budgets:\n{PLAN.budgets!r}\n" in shown
    assert "outside: True\n" in shown
    assert "next_runs" not in shown
    assert "exponents" not in shown
    assert "dtype" not in shown


def test_a_notebook_shows_tables_and_no_markup_of_the_words() -> None:
    shown = PLAN._repr_html_()
    assert shown.count("<table") == 2
    assert "<strong>outside</strong>: True" in shown
    assert "next_runs" not in shown
    assert "&lt;b&gt;tokens" in shown


def test_what_only_code_reads_is_not_shown() -> None:
    design = Design(pd.DataFrame({"runs": [1]}), pd.DataFrame(), {"forecast": 2.0}, {}, None)  # type: ignore[arg-type]
    assert repr(design).endswith("truth: {'forecast': 2.0}")
    assert "designed" not in repr(design)


def test_a_verdict_is_shown_as_its_line() -> None:
    verdict = Verdict("holds", ("it does", "so far"), 0.99, "mean", 0.1, 2.0, 0.9, 0.01, 0.0)
    assert repr(verdict) == "<Verdict: holds: it does; so far>"


def test_pictures_say_which_there_are() -> None:
    class _Run:
        name = "a-0-1"

    assert repr(Plots(_Run())).startswith("<Plots of a-0-1: fit, residuals, front, curve, isoflop")
