"""The card at the head of a report says what its run was found to be worth, and why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from evolve.evaluation.record import Entry
from evolve.forecast.by_group import GroupError
from evolve.forecast.verdict import CARE, HOLDS, NONE, Verdict
from evolve.report.gather import Findings, gather
from evolve.report.sanity import Check, checks_of, finalists_table, groups_table
from evolve.report.tables import Cell
from evolve.runs.choices import FinalistRow
from evolve.tasks.spec import PhysicsSpec
from evolve.tasks.task import load_task
from evolve.tasks.together import Relation
from tests.report_runs import small_run

VERDICT = Verdict(HOLDS, ("R2 0.9 on held-out rows",), 0.9, "last value", 0.4, 1.5, 0.8, 0.1, 0.0)


def finalist(entry: Entry, **changes: Any) -> FinalistRow:
    numbers = ("held_out_loss", "held_out_error", "refit_loss", "size", "against_physics")
    more = ("outside", "disagreement", "judgement", "weight", "distance")
    fields = dict.fromkeys((*numbers, *more), 0.25)
    fields |= {
        "index": entry.index,
        "champion": False,
        "n_constants": 2,
        "losses": {"1 far": -2.0},
    }
    return FinalistRow(**{**fields, **changes})


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Findings]:
    task = load_task("parallel")
    with small_run(task, tmp_path_factory.mktemp("runs") / "r", 3) as store:
        yield gather(store, task)


@pytest.fixture
def judged(found: Findings) -> Findings:
    """The run as if it had been chosen from two finalists and judged."""
    leader, champion = (elite.entry for elite in found.elites[:2])
    rows = (
        finalist(leader, judgement=-3.0, weight=0.7, against_physics=0.0),
        finalist(champion, champion=True, judgement=-2.9, weight=0.3, against_physics=0.0),
    )
    return replace(found, verdict=VERDICT, finalists=rows, finalist_entries=(leader, champion))


def named(found: Findings) -> dict[str, Check]:
    return {check.name: check for check in checks_of(found)}


def test_a_run_that_was_not_judged_says_so_first(found: Findings) -> None:
    first = checks_of(replace(found, chosen=False))[0]
    assert (first.name, first.value, first.mark) == ("Verdict", "not judged", "")
    assert "has not ended" in first.notes[0]
    assert "R² of the forecast on held-out rows" not in named(found)


@pytest.mark.parametrize(("word", "mark"), [(HOLDS, "good"), (CARE, "care"), (NONE, "bad")])
def test_the_verdict_stands_first_with_its_reasons(word: str, mark: str, judged: Findings) -> None:
    first = checks_of(replace(judged, verdict=replace(VERDICT, verdict=word)))[0]
    assert (first.value, first.mark) == (word, mark)
    assert first.notes == ("R2 0.9 on held-out rows.",)


def test_the_forecast_is_held_against_the_best_baseline(judged: Findings) -> None:
    check = named(judged)["R² of the forecast on held-out rows"]
    assert check.value == "0.9000 against 0.4000"
    assert "last value" in check.notes[0]
    worse = replace(VERDICT, gain=-0.1)
    assert (
        named(replace(judged, verdict=worse))["R² of the forecast on held-out rows"].mark == "bad"
    )


def test_a_forecast_that_tells_nothing_is_not_good_beside_a_baseline_that_is_worse(
    judged: Findings,
) -> None:
    useless = replace(VERDICT, held_out_r2=-0.2, baseline_r2=-3.0)
    check = named(replace(judged, verdict=useless))["R² of the forecast on held-out rows"]
    assert check.mark == "bad"


def under(found: Findings, physics: PhysicsSpec) -> Findings:
    """A run whose task declares this of every law."""
    spec = found.task.spec.model_copy(update={"physics": physics})
    return replace(found, task=replace(found.task, spec=spec))


def test_nothing_declared_is_no_judgement(judged: Findings) -> None:
    check = named(under(judged, PhysicsSpec()))["Physics"]
    assert (check.value, check.mark) == ("nothing declared", "")


def test_bounds_of_a_target_are_physics_too(judged: Findings) -> None:
    spec = under(judged, PhysicsSpec()).task.spec
    targets = [spec.targets[0].model_copy(update={"bounds": [0.0, 100.0]})]
    bounded = spec.model_copy(update={"targets": targets})
    check = named(replace(judged, task=replace(judged.task, spec=bounded)))["Physics"]
    assert check.value == f"{targets[0].name} is between 0 and 100"
    assert check.notes == ("Declared or guessed; no interval goes beyond.",)


def test_physics_that_the_champion_breaks_is_bad(judged: Findings) -> None:
    declared = under(judged, PhysicsSpec(floor=0.5, ceiling=9.0))
    kept = named(declared)["Physics"]
    assert (kept.value, kept.mark) == ("kept", "good")
    assert "stays above 0.5, stays below 9" in kept.notes[0]
    rows = (declared.finalists[0], replace(declared.finalists[1], against_physics=0.125))
    broken = named(replace(declared, finalists=rows))["Physics"]
    assert (broken.value, broken.mark) == ("broken at 12.5 % of points", "bad")
    facts = {"fits": [{"against_physics": 0.0}, {"against_physics": 0.25}]}
    evaluation = replace(declared.best.evaluation, facts=facts)
    most = replace(declared, best=replace(declared.best, evaluation=evaluation), finalists=rows)
    assert named(most)["Physics"].value == "broken at 25.0 % of points"


def test_fits_are_counted_and_a_program_that_cannot_run_here_is_said(judged: Findings) -> None:
    assert judged.model is not None
    n = judged.task.n_groups * len(judged.task.target_names)
    assert named(judged)["Converged fits"].value.endswith(f" of {n}")
    for share, mark in ((1.0, "good"), (0.5, "care")):
        facts = {"converged": share, "agree": 0.75}
        check = named(replace(judged, model=replace(judged.model, facts=facts)))["Converged fits"]
        assert (check.value, check.mark) == (f"{round(n * share)} of {n}", mark)
        assert check.notes == ("75 % of the starts reached the same minimum.",)
    own = replace(judged, model=replace(judged.model, facts={"against_physics": 0.0}))
    assert named(own)["Fit of all rows"].value == "by the program itself"
    none = named(replace(judged, model=None, unfitted="the sandbox is weak"))["Fit of all rows"]
    assert (none.value, none.notes) == ("not made again", ("the sandbox is weak",))


def test_the_champions_distance_from_the_forecast_has_its_weight_beside_it(
    judged: Findings,
) -> None:
    check = named(judged)["Distance"]
    assert check.value == "0.2500"
    assert check.notes[1] == "It counts 30 % of the forecast."


def test_the_table_of_finalists_has_a_column_for_every_fold(judged: Findings) -> None:
    table = finalists_table(judged)
    assert table is not None
    assert table.headings[-1] == "fold 1 far"
    assert table.headings[2] == "law"  # seen without a scroll to the side
    assert [row[0].value for row in table.rows] == [f.index for f in judged.finalists]
    assert table.marked == (False, True)
    column = table.headings.index("weight")
    assert [row[column].text for row in table.rows] == ["0.7000", "0.3000"]


def test_a_run_without_a_choice_has_no_table_of_finalists(found: Findings) -> None:
    assert finalists_table(found) is None


def test_features_that_move_together_are_named(
    found: Findings, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "Features that move together" not in named(found)
    both = Relation("tokens", ("params",), 0.004, "20 * params")
    monkeypatch.setattr("evolve.report.sanity.relations", lambda task: [both])
    check = named(found)["Features that move together"]
    assert (check.value, check.mark) == ("tokens is 20 * params to 0.4 %", "care")
    assert check.notes[0].startswith("No row shows what params and tokens do")


def test_groups_are_held_against_their_own_baselines(found: Findings) -> None:
    good, bad = (GroupError(n, 9, e, 0.1, "mean", 1.0) for n, e in (("a", 0.5), ("b", 2.0)))
    warned = replace(found, groups=[bad, good])
    check = named(warned)["Groups"]
    assert (check.value, check.mark) == (
        "better than their own mean or last value in 1 of 2",
        "bad",
    )
    assert check.notes[0].startswith("In 1 of 2 groups")
    table = groups_table(warned)
    assert table is not None
    assert table.marked == (True, False)
    assert table.rows[0][3] == Cell("10 %", 0.1)
    wild = groups_table(replace(found, groups=[replace(bad, relative=6e10), good]))
    assert wild is not None
    assert wild.rows[0][3].text == "more than a million times"
    assert named(replace(found, groups=[good, good]))["Groups"].mark == "good"
    assert "Groups" not in named(replace(found, groups=[good]))
    assert groups_table(replace(found, groups=[good])) is None
