"""A table of laws says why its first row need not have the best score."""

from __future__ import annotations

from dataclasses import replace

import pytest

from evolve.cli.choice import HEADINGS, LEGEND, _print_finalists
from evolve.cli.ending import print_rows
from evolve.runs.choices import why_not_the_best_score
from evolve.runs.results import ResultRow


def row(kind: str, size: int, score: float | None, name: str = "add_term") -> ResultRow:
    return ResultRow(kind, name, size, size, score, 0.9, 0.9, f"y = c0 + {size}", {}, "")


def test_a_champion_of_a_worse_score_than_another_law_is_explained_in_a_line() -> None:
    champion, better = row("champion", 5, -6.1), row("size", 7, -6.6)
    words = why_not_the_best_score([champion, row("size", 5, -6.1), better])
    assert words.startswith("the law of size 7 has the better score")
    assert words.endswith("beyond the data decided")
    alike = replace(better, n_constants=5)
    words = why_not_the_best_score([champion, alike])
    assert words.startswith("another law of its size, entry 7, has the better score")
    words = why_not_the_best_score([champion, replace(alike, formula=champion.formula)])
    assert words.startswith("the same form fitted otherwise, entry 7, has the better score")
    by_name = row("literature", 6, -7.0, "hoffmann_2022")
    assert why_not_the_best_score([champion, better, by_name]).startswith("hoffmann_2022 has")


@pytest.mark.parametrize("score", [-6.0, -6.1, -6.10001, None])
def test_nothing_is_explained_where_no_law_is_shown_with_a_better_score(
    score: float | None,
) -> None:
    assert not why_not_the_best_score([row("champion", 5, -6.1), row("size", 7, score)])
    assert not why_not_the_best_score([])


@pytest.mark.parametrize("chosen", [True, False])
def test_the_table_of_a_run_says_so_once_it_has_chosen(
    chosen: bool, capfd: pytest.CaptureFixture[str]
) -> None:
    print_rows([row("champion", 5, -6.1), row("size", 7, -6.6)], ["params"], chosen=chosen)
    assert ("decided: show --choice" in capfd.readouterr().out) == chosen


FINALISTS = [[f"{i}{'*' * (i == 15)}", *["-1.234"] * (len(HEADINGS) - 1)] for i in range(20)]


@pytest.mark.parametrize("width", [40, 80])
def test_a_narrow_terminal_has_the_leading_finalists_side_by_side_the_champion_first(
    width: int, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    _print_finalists(HEADINGS, FINALISTS)
    lines = capfd.readouterr().out.splitlines()
    (first,) = (line.split()[1:] for line in lines if line.startswith("entry"))
    assert first[:3] == ["15*", "0", "1"]
    assert max(map(len, lines)) <= width
    assert f"{20 - len(first)} more finalists" in " ".join(lines)
    assert len(lines) < 20


def test_a_wide_terminal_has_a_line_for_each_finalist(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    _print_finalists(HEADINGS, FINALISTS)
    lines = [line for line in capfd.readouterr().out.splitlines() if line]
    assert [line.split()[0] for line in lines[-20:]] == [texts[0] for texts in FINALISTS]


def test_a_line_of_the_legend_is_one_whatever_the_width() -> None:
    assert not [line for line in LEGEND.splitlines() if line.startswith(" ")]
    assert "* the champion" in LEGEND.splitlines()[-1]


def test_a_long_formula_of_a_law_that_has_a_name_is_left_to_show(
    capfd: pytest.CaptureFixture[str],
) -> None:
    long = "y = " + " + ".join(f"c{k}*x{k}" for k in range(60))
    known = replace(row("literature", 60, -6.0, "wu_2024"), formula=long)
    print_rows([known, replace(known, kind="size")], ["x"], chosen=True)
    out = " ".join(capfd.readouterr().out.split())
    assert "wu_2024: long, show RUN --law wu_2024 has it" in out
    assert out.count("c59*x59") == 1
