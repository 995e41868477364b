"""Run one search session: warm up, search, choose the champion, store table and forecast model."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from evolve.evaluation.loading import loading_fitter
from evolve.evaluation.predict import UNANSWERED
from evolve.files import write_file
from evolve.fitting.code_cache import is_cold
from evolve.forecast.verdict import Verdict
from evolve.runs.database import has_log
from evolve.runs.machine import machine_remark
from evolve.runs.notes import NODES, SANDBOX
from evolve.runs.results import ResultRow, save_results
from evolve.runs.run import carry_on
from evolve.runs.settings import RunCallback, RunConfig
from evolve.runs.stopping import StoppedError, Stopping
from evolve.runs.store import Store
from evolve.runs.tabulate import result_rows
from evolve.sandbox import Limits, SandboxReport
from evolve.search.champion import Choice
from evolve.search.epochs import Node
from evolve.search.machines import HERE, Machines
from evolve.search.problem import SearchProblem
from evolve.tasks.task import Task

PROGRAM_NAME = "champion.py"
NO_LOG = (
    "the file system of this run maps no shared memory: its database has a rollback journal in "
    "place of a log, and whoever reads the run may wait for a batch"
)
SLOW_S = 8.0  # loading the fitter takes longer only where it is compiled again


class ProgressListener(RunCallback, Protocol):
    """A progress listener that also shows messages to the user."""

    def say(self, text: str) -> None:
        """A line for the reader."""


@dataclass(frozen=True, slots=True)
class SessionResult:
    """How a session ended.

    Attributes:
        rows: The run's table: champion (or best so far), best of each size, literature.
        choice: The champion and its finalists; None if none was chosen.
        verdict: What its forecasts are worth; None if no champion was chosen or it gave none.
        stopped: Whether a signal ended it.
    """

    rows: list[ResultRow]
    choice: Choice | None
    verdict: Verdict | None
    stopped: bool


def hold_session(
    store: Store,
    problem: SearchProblem,
    settings: RunConfig,
    workers: int,
    sandbox: SandboxReport | None,
    stopping: Stopping,
    listener: ProgressListener,
    machines: Machines = HERE,
    began: float | None = None,
) -> SessionResult:
    """Search until the budget is spent or a signal comes, and keep what was found.

    Args:
        store: A new or resumed run, open for writing.
        problem: From its task and seed.
        settings: Seed and budget.
        workers: Number of worker processes.
        sandbox: What this machine can enforce, kept with the run; None where no process starts.
        stopping: Entered by the caller.
        listener: Follows the run; entered by the caller.
        machines: Where candidates are evaluated.
        began: When its seconds began, by the monotonic clock; with the search if None.
    """
    nodes: dict[str, Any] = dict(store.note(NODES) or {})

    def on_node(node: Node) -> None:
        if nodes.get(node.host) != node.sandbox:
            nodes[node.host] = node.sandbox
            store.set_note(NODES, nodes)
            listener.say(f"{node.host} takes part: sandbox level {node.sandbox['level']}")

    if sandbox is not None:
        store.set_note(SANDBOX, sandbox.as_dict())
    for remark in [*remarks(sandbox, settings), *sample_remarks(problem.task)]:
        listener.say(remark)
    if len(store) and (elsewhere := machine_remark(store.versions)):
        listener.say(elsewhere)
    if not has_log(store.path):
        listener.say(NO_LOG)
    choice = None
    with suppress(StoppedError), fitter_loaded(machines.driving(workers), listener):
        _, choice = carry_on(store, problem, settings, workers, listener, machines, on_node, began)
    stopping.settle()
    rows, verdict = finish_run(store, problem, choice, listener)
    return SessionResult(rows, choice, verdict, stopping.asked())


def finish_run(
    store: Store, problem: SearchProblem, choice: Choice | None, listener: ProgressListener
) -> tuple[list[ResultRow], Verdict | None]:
    """Keep the run's table, its forecast model and the verdict on them.

    Returns:
        The rows of the table, and the verdict; None if no champion was chosen, or one that is a
        program which gives no forecast, which is then said.
    """
    from evolve.runs.forecasts import build_forecast_model  # loads the compiler, for those who fit

    rows = result_rows(store, problem, choice)
    save_results(store, rows, chosen=choice is not None)
    if choice is None:
        return rows, None
    try:
        return rows, build_forecast_model(store, problem.task, choice)
    except UNANSWERED as error:
        listener.say(f"the run keeps no forecasts, its champion gave none: {error}")
        return rows, None


def why_no_law(store: Store, result: SessionResult) -> str:
    """Say why no law of a run has a score, by its most frequent failure; nothing if one has."""
    if any(row.score is not None for row in result.rows):
        return ""
    endings = Counter(
        (entry.evaluation.status, entry.evaluation.message.partition("\n")[0])
        for entry in store.each()
    )
    if not endings:
        return "no law has a score, nothing was evaluated"
    statuses: Counter[str] = Counter()
    for (status, _), n in endings.items():
        statuses[status] += n
    (status, n), ((_, message), _) = statuses.most_common(1)[0], endings.most_common(1)[0]
    return (
        f"no law has a score: {n} of {statuses.total()} evaluations ended as {status}"
        + (f", most of all with: {message}" if message else "")
        + "; look at the table for values that no law can meet"
    )


def write_program(path: Path, text: str) -> None:
    """Write the champion's program, or that of the best so far, beside its run.

    Raises:
        EvolveError: It cannot be written.
    """
    write_file(path, text, "; the run itself is kept")


def remarks(sandbox: SandboxReport | None, settings: RunConfig) -> list[str]:
    """What a user should know before the search begins."""
    texts = []
    if sandbox is not None and sandbox.gaps:
        texts.append(f"sandbox level {sandbox.level} on this machine: {'; '.join(sandbox.gaps)}")
    if settings.seconds is not None:
        texts.append(
            "with a time limit the run depends on the speed of this machine; it may not repeat"
        )
    return texts


def sample_remarks(task: Task) -> list[str]:
    """What a user should know of the rows that a search works on."""
    if not task.is_sampled:
        return []
    n_groups = len(np.unique(task.train.group[task.sample]))
    share = "an even share of every group and scale"
    if n_groups < task.n_groups:
        share = f"an even share of every scale in {n_groups:,} of {task.n_groups:,} groups"
    return [
        f"the search works on {len(task.sample):,} of {task.train.n_rows:,} rows, {share}; "
        "finalists are fitted to all rows"
    ]


@contextmanager
def fitter_loaded(workers: int, listener: ProgressListener) -> Iterator[None]:
    """The fitter loaded while inside, where workers are forked; say so where it is compiled first.

    Args:
        workers: Number of worker processes; with 0 it is loaded into this process.
        listener: Hears that the fitter is compiled.
    """
    words = "compiling the fitter, once after installation (about 10 seconds)"
    with loading_fitter(workers) as parent:
        notice = threading.Timer(0.0 if is_cold() else SLOW_S, lambda: listener.say(words))
        notice.daemon = True
        notice.start()
        try:
            if parent is not None:
                parent.wait_until_ready(Limits().start_s)
            else:
                from evolve.fitting.fit import warm  # loads the compiler, for those who fit

                warm()
        finally:
            notice.cancel()
        yield
