"""Displays count what happens in a run and say where it stands."""

from __future__ import annotations

import io
from collections import Counter
from pathlib import Path

import pytest

from evolve.api.progress import NullProgress, Panel, Plain, Progress, clock, facts, status_line
from evolve.evaluation.record import Entry, Evaluation
from evolve.law.graph import Law, call, const, feat, law_to_data, num
from evolve.law.recipe import Recipe
from evolve.runs.settings import RunConfig
from evolve.scoring.fold import FoldScore
from evolve.search.archive import Archive
from evolve.tasks.task import Task, load_task

ROOT = Path(__file__).resolve().parents[2]
LAW = Law(call("mul", const(0), call("div", feat(0), num(1e9))), 1)


@pytest.fixture
def task() -> Task:
    return load_task("parallel", [ROOT / "tasks"])


def entry(index: int, status: str = "ok", r2: float = 0.9) -> Entry:
    good = status == "ok"
    folds = (FoldScore("far", 4, 1.0 - r2, r2),) if good else ()
    evaluation = Evaluation(status, "", 1.0 - r2 if good else None, 1, folds, 1, 3.0, 0.1, {})
    law, recipe = law_to_data(LAW), Recipe().to_data()
    text, key = f"text {index}", f"key{index}"
    return Entry(index, text, law, recipe, key, (), "made up", evaluation, "mutation")


def progress_after(task: Task, batches: list[list[Entry]], seconds: float = 2.0) -> Progress:
    progress, archive = Progress(total=100), Archive()
    for number, batch in enumerate(batches, 1):
        archive.tell(batch)
        statuses = Counter(e.evaluation.status for e in batch)
        progress.take(task, archive.elites()[0].entry, statuses, number * seconds)
    return progress


def test_progress_counts_failures_by_kind_but_not_screened_candidates(task: Task) -> None:
    batch = [entry(0), entry(1, "timeout"), entry(2, "timeout"), entry(3, "screened")]
    progress = progress_after(task, [batch])
    assert progress.done == 4
    assert progress.failures == {"timeout": 2}


def test_rate_and_time_left_come_from_the_latest_batches(task: Task) -> None:
    progress = progress_after(task, [[entry(0)], [entry(k) for k in range(1, 11)]])
    assert progress.rate() == 5.0
    assert progress.left(4.0) == (100 - 11) / 5.0


def test_time_left_is_the_sooner_of_both_budgets(task: Task) -> None:
    progress = progress_after(task, [[entry(0)], [entry(k) for k in range(1, 11)]])
    progress.seconds = 9.0
    assert progress.left(4.0) == 5.0


def test_nothing_is_foretold_before_two_batches(task: Task) -> None:
    progress = progress_after(task, [[entry(0)]])
    assert progress.rate() is None
    assert progress.left(3.0) is None


def test_the_line_names_best_r2_and_formula_in_the_tasks_own_words(task: Task) -> None:
    line = status_line(progress_after(task, [[entry(0, r2=0.5), entry(1, r2=0.75)]]), 61.0)
    assert line.startswith("1:01: 2 of 100")
    assert "held-out R2 0.7500" in line
    assert "num_params" in line


def test_an_r2_that_explodes_is_told_in_words() -> None:
    progress = Progress()
    progress.best_r2 = -1e117
    assert facts(progress, 0.0)["best held-out R2"] == "below -1,000,000"


def test_facts_stand_in_before_anything_is_known() -> None:
    told = facts(Progress(), 0.0)
    assert told["failures"] == "none"
    assert told["best held-out R2"] == "-"


@pytest.mark.parametrize(("seconds", "text"), [(0, "0:00"), (75.9, "1:15"), (3725, "1:02:05")])
def test_clock_writes_minutes_and_hours(seconds: float, text: str) -> None:
    assert clock(seconds) == text


def follow(display: NullProgress, task: Task, n_batches: int) -> list[bool]:
    archive, answers = Archive(), []
    with display:
        display.began(None, task, RunConfig(0, 100))  # type: ignore[arg-type]
        for number in range(n_batches):
            batch = [entry(number)]
            archive.tell(batch)
            answers.append(display.batch(archive.elites()[0].entry, batch))
        display.choosing()
    return answers


def test_plain_lines_come_at_most_every_few_seconds(task: Task) -> None:
    stream = io.StringIO()
    follow(Plain(stream=stream, every_s=1000.0), task, 5)
    lines = stream.getvalue().splitlines()
    assert len(lines) == 3  # the first, the last, and what comes next
    assert "5 of 100" in lines[1]


def test_silence_is_silent(task: Task, capfd: pytest.CaptureFixture[str]) -> None:
    follow(NullProgress(), task, 3)
    assert capfd.readouterr() == ("", "")


def test_a_display_ends_the_search_when_told_to_stop(task: Task) -> None:
    answers = iter([False, True])
    assert follow(NullProgress(lambda: next(answers)), task, 2) == [True, False]


def test_the_panel_draws_what_the_lines_say(
    task: Task, capsys: pytest.CaptureFixture[str]
) -> None:
    from rich.console import Console

    panel = Panel()
    follow(panel, task, 2)
    capsys.readouterr()
    Console(width=100).print(panel._render())
    drawn = capsys.readouterr().out
    for words in ("choosing the champion", "2 of 100", "0.9000", "num_params"):
        assert words in drawn
