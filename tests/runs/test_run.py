"""A run is the same however it came about, and goes on only under what it was made with."""

from __future__ import annotations

import random
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from store_service import entry, most_held

from evolve.api.progress import NullProgress
from evolve.errors import SandboxError, StoreError
from evolve.evaluation.problem import failed
from evolve.evaluation.record import Entry
from evolve.law.recipe import FIRST_NAMES
from evolve.report.tables import statuses_table
from evolve.runs.choices import load_finalists
from evolve.runs.crosscheck import disagreements
from evolve.runs.folders import find_run, free_name, list_runs
from evolve.runs.places import layout_of
from evolve.runs.provenance import describe_task_change, require_same_rows, task_of
from evolve.runs.query import query
from evolve.runs.results import load_results, save_results
from evolve.runs.run import (
    carry_on,
    create_run,
    fork_run,
    require_same,
    settings_of,
    stored_problem,
)
from evolve.runs.session import finish_run
from evolve.runs.settings import RunConfig
from evolve.runs.store import Store
from evolve.runs.tabulate import find_row, result_rows
from evolve.runs.verify import replay_run
from evolve.search.archive import Archive
from evolve.search.champion import Choice
from evolve.search.inherit import warm_start_from
from evolve.search.problem import SearchProblem, make_search_problem
from evolve.tasks.task import load_task

ROOT = Path(__file__).resolve().parents[2]
N = 80  # evaluations: 32 starts, then mutations, the last batch cut short


class Recorder(NullProgress):
    """Ends the search after some batches and keeps what it was told."""

    def __init__(self, n_batches: int = 1000) -> None:
        super().__init__()
        self.left = n_batches
        self.n_replayed = 0
        self.chose = False
        self.said: list[str] = []

    def say(self, text: str) -> None:
        self.said.append(text)

    def replayed(self, best: Entry | None, statuses: Mapping[str, int]) -> None:
        super().replayed(best, statuses)
        self.n_replayed = sum(statuses.values())

    def batch(self, best: Entry | None, entries: Sequence[Entry]) -> bool:
        self.left -= 1
        return super().batch(best, entries) and self.left > 0

    def choosing(self) -> None:
        self.chose = True


@pytest.fixture(scope="module")
def problem() -> SearchProblem:
    whole = make_search_problem(load_task("parallel", [ROOT / "tasks"]), 0)
    return replace(whole, starts=whole.starts[:32])


@pytest.fixture(scope="module")
def finished(
    problem: SearchProblem, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Choice]:
    """A run of one worker that went through without a break."""
    folder = tmp_path_factory.mktemp("runs") / "whole"
    settings = RunConfig(0, N)
    with create_run(folder, problem, settings) as store:
        _, choice = carry_on(store, problem, settings, 1, Recorder())
        assert choice is not None
        save_results(store, result_rows(store, problem, choice), chosen=True)
    return folder, choice


def digest(folder: Path) -> str:
    with Store.open(folder, write=False) as store:
        return store.digest()


@pytest.mark.slow
def test_two_workers_a_break_and_a_moved_clock_give_the_same_run_as_one_worker_without(
    problem: SearchProblem,
    finished: tuple[Path, Choice],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    jumps = random.Random(0)
    monkeypatch.setattr("time.time", lambda: jumps.uniform(0.0, 4e9))
    monkeypatch.setattr("time.time_ns", lambda: int(jumps.uniform(0.0, 4e18)))
    folder, settings = tmp_path / "broken", RunConfig(0, N)
    with create_run(folder, problem, settings) as store:
        _, choice = carry_on(store, problem, settings, 2, Recorder(n_batches=1))
        assert choice is None
        assert len(store) == 32
    recorder = Recorder()
    with Store.open(folder, write=True) as store:
        require_same(store, problem)
        _, choice = carry_on(store, problem, settings_of(store), 2, recorder)
    assert recorder.n_replayed == 32
    assert digest(folder) == digest(finished[0])
    assert choice is not None
    assert choice.champion.entry.index == finished[1].champion.entry.index


def test_a_run_without_worker_processes_is_the_same_run(
    problem: SearchProblem, finished: tuple[Path, Choice], tmp_path: Path
) -> None:
    settings = RunConfig(0, N)
    with create_run(tmp_path / "alone", problem, settings) as store:
        _, choice = carry_on(store, problem, settings, 0, Recorder())
        assert store.digest() == digest(finished[0])
        assert store.note("lanes") is None
    assert choice is not None
    assert choice.champion.entry.index == finished[1].champion.entry.index


def test_independent_searches_are_the_same_run_with_workers_and_a_break(
    problem: SearchProblem, finished: tuple[Path, Choice], tmp_path: Path
) -> None:
    two, settings = replace(problem, n_seeds=2), RunConfig(0, N, n_seeds=2)
    with create_run(tmp_path / "alone", two, settings) as store:
        _, choice = carry_on(store, two, settings, 0, Recorder())
        assert choice is not None
        finish_run(store, two, choice, Recorder())
        votes = [row.votes for row in load_finalists(store)]
        assert votes == [finalist.votes for finalist in choice.finalists]
        assert set(votes) == {1, 2}
        rows = query(store.entries(), ["a", "b"], sort="index", layout=layout_of(store))
        assert list(rows["search"].dropna()) == [0] * 32 + [1] * 16
        assert set(rows["epoch"].dropna()) == {0}
    with create_run(tmp_path / "broken", two, settings) as store:
        carry_on(store, two, settings, 2, Recorder(n_batches=2))
        assert len(store) == 64
    with Store.open(tmp_path / "broken", write=True) as store:
        again = stored_problem(store)
        assert again.n_seeds == 2
        _, resumed = carry_on(store, two, settings_of(store), 2, Recorder())
        assert replay_run(store, two, 0).holds
    assert digest(tmp_path / "broken") == digest(tmp_path / "alone") != digest(finished[0])
    assert resumed is not None
    assert resumed.champion.entry.index == choice.champion.entry.index


def under_first_names(entry: Entry) -> Entry:
    """An entry as runs stored it before fields of law and recipe were renamed."""
    assert entry.law is not None
    assert entry.recipe is not None
    law = {"rolled" if k == "own_feature_first" else k: v for k, v in entry.law.items()}
    return replace(
        entry, law=law, recipe={FIRST_NAMES.get(k, k): v for k, v in entry.recipe.items()}
    )


def test_a_run_that_was_stored_under_the_first_names_goes_on_to_the_same_end(
    problem: SearchProblem, finished: tuple[Path, Choice], tmp_path: Path
) -> None:
    settings = RunConfig(0, N)
    with Store.open(finished[0], write=False) as store:
        stored = [under_first_names(entry) for entry in store.entries(stop=32)]
    assert stored[0].recipe is not None
    assert "width" in stored[0].recipe
    with create_run(tmp_path / "older", problem, settings) as store:
        store.append(stored)
        carry_on(store, problem, settings, 1, Recorder())
        assert len({entry.key for entry in store.entries()}) == N
        assert store.digest() == digest(finished[0])


def test_a_finished_run_evaluates_nothing_when_resumed(
    problem: SearchProblem, finished: tuple[Path, Choice]
) -> None:
    before = digest(finished[0])
    recorder = Recorder()
    with Store.open(finished[0], write=True) as store:
        carry_on(store, problem, settings_of(store), 1, recorder)
    assert recorder.left == 1000
    assert recorder.chose
    assert digest(finished[0]) == before


def test_a_run_that_has_many_entries_holds_few_of_them(
    problem: SearchProblem, finished: tuple[Path, Choice], tmp_path: Path
) -> None:
    n = 1000
    shutil.copytree(finished[0], tmp_path / "long")
    with Store.open(tmp_path / "long", write=True) as store:
        store.append([entry(index, status="timeout", score=None) for index in range(N, n)])
        recorder = Recorder()
        with most_held() as held:
            _, choice = carry_on(store, problem, RunConfig(0, n), 0, recorder)
            finish_run(store, problem, choice, recorder)
    assert choice is not None
    assert choice.champion.entry.index == finished[1].champion.entry.index
    assert recorder.n_replayed == n
    assert held.most < n / 4


def test_a_run_ends_with_its_table_where_its_champion_gives_no_forecast(
    problem: SearchProblem,
    finished: tuple[Path, Choice],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def no_process(*_: object) -> None:
        raise SandboxError("sandbox: no process starts")

    monkeypatch.setattr("evolve.runs.forecasts.build_forecast_model", no_process)
    shutil.copytree(finished[0], tmp_path / "ended")
    recorder = Recorder()
    with Store.open(tmp_path / "ended", write=True) as store:
        rows, verdict = finish_run(store, problem, finished[1], recorder)
        assert [row.kind for row in load_results(store).rows] == [row.kind for row in rows]
    assert (rows[0].kind, verdict) == ("champion", None)
    assert recorder.said == [
        "the run keeps no forecasts, its champion gave none: sandbox: no process starts"
    ]


def test_an_evaluation_that_ended_at_a_time_limit_is_replayed_as_it_is_stored(
    problem: SearchProblem, finished: tuple[Path, Choice], tmp_path: Path
) -> None:
    with Store.open(finished[0], write=False) as store:
        entries = store.entries()[:32]
    late = replace(entries[3], evaluation=failed("timeout", "no answer within the wall limit"))
    settings = RunConfig(0, 36)
    with create_run(tmp_path / "r", problem, settings) as store:
        store.append([*entries[:3], late, *entries[4:]])
        carry_on(store, problem, settings, 1, Recorder())
        assert store.entry(3) == late
        rows = statuses_table(store.summary()).rows
        assert len(store) == 36
    assert ["timeout", "1"] in [[cell.text for cell in row[:2]] for row in rows]


def test_a_task_that_was_edited_while_its_run_went_on_is_told(
    problem: SearchProblem, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "parallel"
    shutil.copytree(ROOT / "tasks" / "parallel", folder)
    task = load_task(str(folder))
    with create_run(tmp_path / "r", replace(problem, task=task), RunConfig()) as store:
        with monkeypatch.context() as unread:
            unread.delattr("evolve.runs.provenance.load_task")
            assert describe_task_change(store, task) is None
        table = folder / "train.csv"
        table.touch()
        assert describe_task_change(store, task) is None
        table.write_text(table.read_text() + table.read_text().splitlines()[-1] + "\n")
        told = describe_task_change(store, task)
        assert told is not None
        assert "has changed while the run went on" in told
        table.unlink()
        told = describe_task_change(store, task)
        assert told is not None
        assert "train.csv is missing" in told


def test_both_lanes_agree_on_what_was_compared(finished: tuple[Path, Choice]) -> None:
    with Store.open(finished[0], write=False) as store:
        assert len(store.note("lanes")) > 3
        assert disagreements(store) == []


def test_a_foreign_lane_that_cannot_start_ends_no_run(
    problem: SearchProblem, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise SandboxError("sandbox: no process can be forked")

    monkeypatch.setattr("evolve.runs.crosscheck.compare", refuse)
    with create_run(tmp_path / "r", problem, RunConfig(0, 4)) as store:
        _, choice = carry_on(store, problem, RunConfig(0, 4), 1, Recorder())
        assert choice is not None
        assert disagreements(store) == ["sandbox: no process can be forked"]


def test_literature_stands_beside_the_champion(
    problem: SearchProblem, finished: tuple[Path, Choice]
) -> None:
    with Store.open(finished[0], write=False) as store:
        results = load_results(store)
    assert results.chosen
    assert results.rows[0].kind == "champion"
    names = {row.name for row in results.rows if row.kind == "literature"}
    assert names == {seed.name for seed in problem.seeds}
    assert all(row.train_r2 is not None for row in results.rows)
    assert set(results.rows[0].constants) == set(problem.task.group_names)


def test_the_line_of_a_size_is_found_and_a_wrong_size_is_named(
    problem: SearchProblem, finished: tuple[Path, Choice]
) -> None:
    with Store.open(finished[0], write=False) as store:
        assert find_row(store, problem.task, 4).n_constants == 4
        with pytest.raises(StoreError.__mro__[1], match=r"^size: must be one of .*4"):
            find_row(store, problem.task, 17)


def test_a_kept_summary_is_dropped_when_the_run_has_gone_on(
    problem: SearchProblem, tmp_path: Path, finished: tuple[Path, Choice]
) -> None:
    with Store.open(finished[0], write=False) as store:
        entries = store.entries()
    with create_run(tmp_path / "r", problem, RunConfig(0, N)) as store:
        store.append(entries[:20])
        save_results(store, [], chosen=False)
        store.append(entries[20:30])
        results = load_results(store)
        assert (results.rows, results.chosen) == ((), False)
        line = find_row(store, problem.task, None)
    best = min(e.evaluation.score for e in entries[:30] if e.evaluation.score is not None)
    assert line.score == best


def test_a_run_goes_on_to_the_budget_it_was_last_given(
    problem: SearchProblem, tmp_path: Path
) -> None:
    with create_run(tmp_path / "r", problem, RunConfig(0, 20)) as store:
        carry_on(store, problem, RunConfig(0, 24), 1, Recorder())
        assert len(store) == 24
        assert settings_of(store) == RunConfig(0, 24)


def test_a_run_under_changed_rows_begins_anew_with_the_old_elites(
    problem: SearchProblem, finished: tuple[Path, Choice], tmp_path: Path
) -> None:
    changed = replace(problem, task=replace(problem.task, name="changed"))
    with Store.open(finished[0], write=False) as old:
        archive = Archive()
        archive.tell(old.entries())
        store, heir = fork_run(old, changed, tmp_path / "heir", RunConfig(0, N))
    with store:
        assert len(store) == 0
        assert heir.starts[: len(problem.seeds)] == problem.starts[: len(problem.seeds)]
        assert {p.key for p in heir.starts} >= {e.entry.key for e in archive.elites()}
        assert "elite of whole" in {p.operator for p in heir.starts}
        assert warm_start_from(changed, store.note("inherited")) == heir


def test_a_run_whose_folder_no_line_can_name_hands_on_no_elites(
    problem: SearchProblem, finished: tuple[Path, Choice], tmp_path: Path
) -> None:
    odd = tmp_path / "two\nlines"
    shutil.copytree(finished[0], odd)
    with (
        Store.open(odd, write=False) as old,
        pytest.raises(StoreError, match="give the folder a name of one line"),
    ):
        fork_run(old, problem, tmp_path / "heir", RunConfig(0, N))
    assert not (tmp_path / "heir").exists()


def test_a_run_remembers_task_and_settings(problem: SearchProblem, tmp_path: Path) -> None:
    settings = RunConfig(7, None, 12.5)
    with create_run(tmp_path / "r", problem, settings) as store:
        assert settings_of(store) == settings
        assert task_of(store).name == "parallel"
        require_same_rows(store, problem.task)


def test_a_run_never_overwrites_another(problem: SearchProblem, tmp_path: Path) -> None:
    create_run(tmp_path / "r", problem, RunConfig()).close()
    with pytest.raises(StoreError, match="exists; resume it with: python -m evolve resume r"):
        create_run(tmp_path / "r", problem, RunConfig())


@pytest.mark.parametrize("name", ["a b", "-x", "é", "a" * 101])
def test_a_runs_name_must_be_a_plain_word(
    name: str, problem: SearchProblem, tmp_path: Path
) -> None:
    with pytest.raises(StoreError, match="a name must be"):
        create_run(tmp_path / name, problem, RunConfig())


def test_names_count_up_past_what_exists(tmp_path: Path) -> None:
    (tmp_path / "sft-3-1").mkdir()
    assert free_name(tmp_path, "sft", 3) == "sft-3-2"
    assert free_name(tmp_path, "my runs, new", 0) == "my_runs_new-0-1"
    assert free_name(tmp_path, "λ", 0) == "task-0-1"


def test_an_unknown_run_names_the_nearest(problem: SearchProblem, tmp_path: Path) -> None:
    create_run(tmp_path / "parallel-0-1", problem, RunConfig()).close()
    assert list_runs(tmp_path) == ["parallel-0-1"]
    assert find_run("parallel-0-1", tmp_path) == tmp_path / "parallel-0-1"
    with pytest.raises(StoreError, match=r"did you mean 'parallel-0-1'\?"):
        find_run("paralel-0-1", tmp_path)


def test_a_run_says_what_has_changed_and_does_not_go_on(
    problem: SearchProblem, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with create_run(tmp_path / "r", problem, RunConfig()) as store:
        require_same(store, problem)
        other = load_task("sft", [ROOT / "tasks"])
        with pytest.raises(StoreError, match=r"the task \(rows or task.toml\) was \w+, is \w+"):
            require_same(store, replace(problem, task=other))
        with pytest.raises(StoreError, match="the set of starting programs was"):
            require_same(store, replace(problem, starts=problem.starts[:3]))
        monkeypatch.setattr("evolve.search.problem.scoring_version", lambda: "99")
        with pytest.raises(StoreError, match=r"the scoring version was \w+, is 99"):
            require_same(store, problem)
        again = "made with other rows.* put back .*python -m evolve resume r .*--accept-changes"
        with pytest.raises(StoreError, match=again):
            require_same_rows(store, other)
