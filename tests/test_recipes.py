"""What `docs/extending.md` adds to a registry works like what is there: one class, one line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from run_of_literature import store_of
from small_tasks import SPACES, entry_of, power_task, random_candidates

from evolve.cli.app import call
from evolve.evaluation.executor import EXECUTORS, make_executor
from evolve.evaluation.problem import EvaluationProblem
from evolve.evaluation.requests import EvaluateRequest, Request
from evolve.export import FORMATS, subject_of
from evolve.law.canonical import canonical
from evolve.search.archive import Archive
from evolve.search.memory import MemoryJournal, search_in_memory
from evolve.search.operators import OPERATORS
from evolve.search.problem import make_search_problem
from evolve.search.proposers.registry import PROPOSERS
from evolve.tasks.folds import make_folds
from evolve.tasks.importers import IMPORTERS, import_from
from evolve.tasks.task import load_task

PAGE = Path(__file__).resolve().parent.parent / "docs" / "extending.md"
REGISTRIES = {
    "OPERATORS": OPERATORS,
    "PROPOSERS": PROPOSERS,
    "EXECUTORS": EXECUTORS,
    "FORMATS": FORMATS,
    "IMPORTERS": IMPORTERS,
}
SPACE = SPACES["three logs"]


@pytest.fixture(autouse=True)
def registries_as_they_were() -> Iterator[None]:
    before = [(registry, dict(registry)) for registry in REGISTRIES.values()]
    yield
    for registry, names in before:
        registry.clear()
        registry.update(names)  # type: ignore[arg-type]


def added_to(registry: str) -> Any:
    """Run the page's recipes as far as one that adds to a registry; return what it added."""
    before = set(REGISTRIES[registry])
    namespace: dict[str, Any] = {}
    for text in re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(), re.M | re.S):
        lines = [line for line in text.splitlines() if not re.match(r"del |print\(", line)]
        exec("\n".join(lines), namespace)
        if added := set(REGISTRIES[registry]) - before:
            (name,) = added
            return REGISTRIES[registry][name]
    raise AssertionError(f"the page adds nothing to {registry}")


def test_the_operator_changes_a_law() -> None:
    operator = added_to("OPERATORS")
    parent = random_candidates(SPACE, 1)[0]
    child = operator(parent, parent, SPACE, np.random.default_rng(0))
    assert canonical(child.law.root) != canonical(parent.law.root)


def test_the_proposer_gives_one_unseen_proposal_a_generator() -> None:
    proposer, archive = added_to("PROPOSERS")(SPACE), Archive()
    archive.tell(
        entry_of(i, candidate, -float(i), parents=())
        for i, candidate in enumerate(random_candidates(SPACE, 9))
    )
    rngs = [np.random.default_rng([3, i]) for i in range(6)]
    proposals = proposer.ask(archive, rngs, {"taken"})
    keys = [proposal.key for proposal in proposals]
    assert len(keys) == len(set(keys)) == 6
    assert not set(keys) & archive.seen
    assert proposer.ask(Archive(), rngs, ()) == []


def test_a_search_asks_the_proposer_that_it_names() -> None:
    added_to("PROPOSERS")
    problem, journal = make_search_problem(power_task(), 0, ("other-recipes",)), MemoryJournal()
    n_evaluations = len(problem.starts) + 8
    search_in_memory(problem, n_evaluations, 0, journal)
    names = [entry.operator for entry in journal.entries[len(problem.starts) :]]
    assert names == ["other_recipe"] * 8


def test_the_executor_answers_in_order_what_this_process_answers() -> None:
    added_to("EXECUTORS")
    task = power_task()
    problem = EvaluationProblem(task, tuple(make_folds(task)))
    candidates = random_candidates(SPACES["one log"], 4)
    requests: list[Request] = [EvaluateRequest(c, float("inf")) for c in candidates]
    answers = [make_executor(problem, 0, name=n).map(requests) for n in (None, "backwards")]
    scores = [[answer.score for answer in some] for some in answers]  # type: ignore[union-attr]
    assert scores[0] == scores[1]
    assert len(set(scores[0])) > 1


def test_the_exporter_writes_the_constants(tmp_path: Path) -> None:
    task = load_task("sft")
    with store_of(task, tmp_path / "run") as store:
        subject = subject_of(store, task)
    rows = [line.split(",") for line in added_to("FORMATS")(subject).splitlines()]
    assert rows[0][:3] == ["group", "target", "c0"]
    assert len(rows) == 1 + task.n_groups
    written = [[float(value) for value in row[2:]] for row in rows[1:]]
    np.testing.assert_array_equal(written, np.concatenate([*subject.constants.values()]))


def test_the_command_line_knows_an_exporter_by_its_line_of_the_registry(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    store_of(load_task("sft"), tmp_path / "run").close()
    words = ["export", "run", "--runs-dir", str(tmp_path), "--format", "csv"]
    assert call(words) == 2
    assert "--format: 'csv' is none of program, law" in capfd.readouterr().err
    added_to("FORMATS")
    assert call(words) == 0
    assert capfd.readouterr().out.startswith("group,target,c0")


def test_the_importer_reads_a_row_a_file(tmp_path: Path) -> None:
    (tmp_path / "result-1.json").write_text('{"params": 1e8, "loss": 3.5}')
    (tmp_path / "result-2.json").write_text('{"params": 1e9, "loss": 2.5}')
    added_to("IMPORTERS")
    assert import_from("plain", tmp_path).columns == {"params": [1e8, 1e9], "loss": [3.5, 2.5]}
