"""Rows are chosen by a condition, runs without a result are left out, and a line says so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from own_tables import ROWS, start_in, table_of

from evolve.errors import EvolveError
from evolve.tasks.draft import Draft, Wishes, propose

HEADER = "corpus,params,tokens,loss,state"
STATES = ["finished"] * 26 + ["crashed", "running", "", "finished"]
LINES = [f"{row},{state}" for row, state in zip(ROWS, STATES, strict=True)]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    start_in(tmp_path, monkeypatch)


def drafted(lines: list[str], **asked: object) -> Draft:
    wishes = Wishes(("loss",), ("params", "tokens"), **asked)  # type: ignore[arg-type]
    return propose(table_of("\n".join([HEADER, *lines]) + "\n"), "x", wishes)


def decided(draft: Draft) -> list[tuple[str, str]]:
    return [(d.chosen, d.why) for d in draft.decisions if d.what == "rows"]


@pytest.mark.parametrize(
    ("where", "n_rows"),
    [
        ("state == 'finished'", 27),
        ("state != ''", 29),
        ("state == 'finished' and params >= 3e7", 22),
        ("not (state == 'crashed' or state == 'running')", 28),
        ("1e9 < tokens <= 16e9 and corpus == 'web'", 6),
    ],
)
def test_a_condition_chooses_rows(where: str, n_rows: int) -> None:
    draft = drafted(LINES, where=where)
    assert draft.raw.n_rows == n_rows
    assert decided(draft) == [(f"{n_rows} of 30", f"those where {where}")]


@pytest.mark.parametrize("cell", ["", "NaN", "Infinity", "-", "1.7976931348623157e308"])
def test_a_run_without_a_result_is_left_out(cell: str) -> None:
    lines = [*LINES[:3], f"web,1e7,6.4e10,{cell},crashed", *LINES[3:]]
    draft = drafted(lines)
    assert draft.raw.n_rows == 30
    chosen, why = decided(draft)[0]
    assert chosen == "1 left out"
    assert "no finite loss" in why
    assert "row 4 (line 5)" in why


def test_a_result_that_is_a_word_is_refused() -> None:
    with pytest.raises(EvolveError, match=r"'loss' must hold numbers, row 1 holds 'diverged'"):
        drafted(["web,1e7,1e9,diverged,x", *LINES])


def test_a_table_without_any_result_is_refused() -> None:
    lines = [",".join([*line.split(",")[:3], "NaN", "x"]) for line in LINES]
    with pytest.raises(EvolveError, match="'loss' holds no number in any row"):
        drafted(lines)


def test_a_table_of_results_too_large_is_refused_with_the_largest_size() -> None:
    lines = [",".join([*line.split(",")[:3], "2e300", "x"]) for line in LINES]
    with pytest.raises(EvolveError, match=r"at most 1e\+150 in size, row 1 holds 2e\+300"):
        drafted(lines)


def test_a_missing_label_is_no_group_and_how_to_leave_it_out_is_said() -> None:
    with pytest.raises(EvolveError, match=r"row 29 holds nothing .*where 'state != \"\"'"):
        drafted(LINES, groups=("state",))
    draft = drafted(LINES, groups=("state",), where="state != '' and state == 'finished'")
    assert draft.spec.groups == ["state"]


def test_a_condition_on_truth_values_is_the_columns_name() -> None:
    lines = [f"{row},{'True' if k % 3 else 'False'}" for k, row in enumerate(ROWS)]
    assert drafted(lines, where="state").raw.n_rows == 20
    assert drafted(lines, where="not state").raw.n_rows == 10
    assert drafted(lines, where="state == True").raw.n_rows == 20


@pytest.mark.parametrize(
    ("where", "rule"),
    [
        ("stat == 'finished'", r"no column 'stat' \(did you mean 'state'"),
        ("state == 'done'", "must select some rows and leave others, it selects none of 30"),
        ("state = 'finished'", "equal is =="),
        ("__import__('os')", "must compare a column"),
        ("state > 'a'", "must compare state with the text 'a' by == or !="),
    ],
)
def test_a_condition_that_cannot_be_is_refused(where: str, rule: str) -> None:
    with pytest.raises(EvolveError, match=f"where .*{rule}"):
        drafted(LINES, where=where)


@pytest.mark.parametrize("name", ["params (M)", "# params", "eval loss ↓", "tokens [B]"])
def test_a_name_of_several_words_without_backticks_is_written_out_with_them(name: str) -> None:
    lines = [line.replace("params", name, 1) for line in [HEADER, *LINES]]
    raw = table_of("\n".join(lines) + "\n")
    with pytest.raises(EvolveError, match=re.escape(f"write `{name}`, as it is no plain word")):
        propose(raw, "x", Wishes(("loss",), (name, "tokens"), where=f"{name} > 3e7"))
