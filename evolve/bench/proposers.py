"""Grammar, language model and both, at equal cost, judged on rows that no search has seen.

Where no model is named, published programs and laws of the literature serve as one: they are cut
into replies such as models write, and are known to be good. The package's own laws of the
literature are then no first candidates of any search, so that only the replies have them.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from evolve.bench.measure import r2_of
from evolve.evaluation.fitted import FittedLaw, fit_rows
from evolve.evaluation.requests import form_of
from evolve.law.canonical import key
from evolve.law.program import read_program
from evolve.law.trace import trace_law
from evolve.search.archive import Archive
from evolve.search.champion import choose
from evolve.search.memory import MemoryJournal, search_in_memory
from evolve.search.problem import SearchProblem, make_search_problem
from evolve.search.proposers.llm.calls import Connect
from evolve.search.proposers.llm.exchange import OK, Messages, Reply
from evolve.search.proposers.llm.reply import program_of
from evolve.search.proposers.llm.settings import Model, ModelConfig
from evolve.search.proposers.seeds import seed_files
from evolve.tasks.folders import shipped_folders
from evolve.tasks.task import Table, Task

VARIANTS = {
    "grammar": ("grammar",),
    "model": ("llm",),
    "grammar and model": ("grammar", "llm"),
}
RECORDED = Model("recorded", "recorded", "http://localhost/v1", at_once=1)
PUBLISHED = "published"
CALLS = 1000

Change = Callable[[SearchProblem], SearchProblem]


class Recorded:
    """A model that says what was written down, one reply after the other, again and again."""

    def __init__(self, replies: Sequence[str]) -> None:
        """Take the replies."""
        self._replies, self._next, self._lock = list(replies), 0, threading.Lock()

    def ask(self, messages: Messages) -> Reply:
        """The next reply, whatever is asked."""
        del messages
        with self._lock:
            number, self._next = self._next, self._next + 1
        if number >= len(self._replies):
            return Reply(OK, "I have no further idea.", 1, 1)
        text = self._replies[number]
        return Reply(OK, text, 1000, len(text) // 4)


def recorded(task_name: str) -> list[str]:
    """Published programs and laws of the literature of a task, as replies of a model."""
    folders = shipped_folders("seeds")
    paths = [p for f in folders for p in sorted((f / PUBLISHED).glob(f"{task_name}_*.py"))]
    names: set[str] = set()
    replies = []
    for path in [*paths, *seed_files(task_name)]:
        if path.name not in names:
            names.add(path.name)
            text = read_program(path).text
            replies.append(f"A law that may do better:\n\n```python\n{text}```\n\nIt is known.")
    return replies


def variants(
    task_name: str, config: ModelConfig | None = None, calls: int = CALLS
) -> dict[str, Change]:
    """How each variant changes a search.

    Args:
        task_name: Whose recorded replies serve where no model is named.
        config: The user's models, if any.
        calls: Most requests to a recorded model.
    """
    models, connect = config, None
    if models is None:
        replies = recorded(task_name)
        models = ModelConfig((RECORDED,), calls=min(calls, 4 * len(replies)), wait=60.0)
        connect = _connect(replies)

    def change(proposers: tuple[str, ...]) -> Change:
        used = models if "llm" in proposers else ModelConfig()

        def changed(problem: SearchProblem) -> SearchProblem:
            starts = tuple(p for p in problem.starts if p.origin != "literature" or config)
            return replace(
                problem, starts=starts, proposers=proposers, models=used, connect=connect
            )

        return changed

    return {name: change(proposers) for name, proposers in VARIANTS.items()}


def _connect(replies: Sequence[str]) -> Connect:
    """A connection to a recorded model, anew for each search."""
    return lambda model, sleep: Recorded(replies)


@dataclass(frozen=True, slots=True)
class Descent:
    """What became of a reply.

    Attributes:
        reply: R² of the reply's own law and fit on the rows taken out; None where it failed.
        traced: Whether its law was traced.
        refitted: R² of its law as the engine fitted it.
        descendant: R² of the one of its descendants that the choice of a champion prefers.
        generation: Steps from the reply to that.
        n_descendants: Entries that came of it.
    """

    reply: float | None
    traced: bool
    refitted: float | None
    descendant: float | None
    generation: int
    n_descendants: int

    def to_data(self) -> dict[str, Any]:
        """JSON value."""
        return asdict(self)


def descent(
    case: tuple[Task, Table], reply: str, seed: int, evaluations: int, workers: int
) -> Descent:
    """Search with one recorded reply, and follow what came of it.

    First candidates of the reply's own form are left out, so that only the reply has it. Its law
    is traced in this process: it is one of the package's.

    Args:
        case: An inner task and the rows taken out of it.
        reply: What the model says, once.
        seed: Seed of the run.
        evaluations: Evaluations in total.
        workers: Number of worker processes.
    """
    task, outer = case
    problem = make_search_problem(task, seed)
    models = ModelConfig((RECORDED,), calls=1, wait=60.0)
    program = program_of(reply)
    law = trace_law(program.text, len(task.feature_names), len(task.target_names))
    starts = tuple(
        p for p in problem.starts if p.candidate and key(law, p.candidate.recipe) != p.key
    )
    problem = replace(problem, starts=starts, proposers=("grammar", "llm"), models=models)
    journal = MemoryJournal()
    search_in_memory(replace(problem, connect=_connect([reply])), evaluations, workers, journal)
    own = _r2(fit_rows(task, program), task, outer)
    generation: dict[int, int] = {}
    for entry in journal.entries:
        if entry.origin == "model":
            generation[entry.index] = 0
        elif (parent := next(iter(entry.parents), None)) in generation:
            generation[entry.index] = generation[parent] + 1
    family = [journal.entries[index] for index in generation]
    scored = [e for e in family if generation[e.index] and e.evaluation.score is not None]
    if not family or not scored:
        return Descent(own, bool(family and family[0].law), None, None, 0, len(scored))
    archive = Archive()
    archive.tell(scored)
    best = choose(task, archive, workers).champion
    first = _r2(fit_rows(task, form_of(family[0])), task, outer)
    last, steps = _r2(best.fitted, task, outer), generation[best.entry.index]
    return Descent(own, family[0].law is not None, first, last, steps, len(scored))


def _r2(fitted: FittedLaw, task: Task, outer: Table) -> float:
    """R² on rows that were taken out."""
    return r2_of(outer.Y, fitted.predict(outer.X, [task.group_names[g] for g in outer.group]))
