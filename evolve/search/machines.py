"""Where the epochs of a run go: this machine's processes, a Dask or a Ray cluster, through joblib.

Work and data are moved by joblib's backends alone.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from joblib import Parallel, delayed, parallel_config
from joblib.parallel import get_active_backend

from evolve.errors import Argument, EvolveError, nearest
from evolve.evaluation.evaluator import Evaluator
from evolve.evaluation.record import Entry
from evolve.search.archive import Archive
from evolve.search.dask_cluster import dask_client
from evolve.search.epochs import (
    Answer,
    Epoch,
    Node,
    Runner,
    close_evaluators,
    here,
    search_by_epochs,
)
from evolve.search.finalists import seconds_to_choose
from evolve.search.islands import Islands
from evolve.search.jobs import answers_of
from evolve.search.journal import Journal
from evolve.search.loop import Budget, search
from evolve.search.pace import Pace
from evolve.search.problem import SearchProblem
from evolve.search.proposers.registry import LLM

LOCAL, JOBLIB = "local", "joblib"
EXECUTORS = (LOCAL, "loky", "dask", "ray", JOBLIB)
IDLE_SECONDS = 60
OWN = frozenset({"LokyBackend", "MultiprocessingBackend", "SequentialBackend", "ThreadingBackend"})


@dataclass(frozen=True, slots=True)
class Machines:
    """Where the epochs of a run go; it changes nothing in the result.

    Attributes:
        executor: ``local`` for batches shared among worker processes of this machine; ``loky``,
            ``dask`` or ``ray`` for epochs as jobs of these; ``joblib`` for jobs of the backend
            that the caller has chosen by `joblib.parallel_config`.
        address: Of a scheduler (Dask) or cluster (Ray) that is there; empty to start one here.
        require: Least level of the sandbox on every machine; empty for any.
    """

    executor: str = LOCAL
    address: str = ""
    require: str = ""

    def __post_init__(self) -> None:
        """Check what was given.

        Raises:
            EvolveError: There is no such executor, or it takes no address.
        """
        if self.executor not in EXECUTORS:
            hint = nearest(self.executor, EXECUTORS)
            rule = f": {self.executor!r} is none of {', '.join(EXECUTORS)}{hint}"
            raise EvolveError(Argument("executor"), rule)
        if self.address and self.executor not in ("dask", "ray"):
            raise EvolveError(
                Argument("address"), f": {self.executor} takes none, dask and ray do"
            )

    @property
    def by_epochs(self) -> bool:
        """Whether epochs are jobs, in place of batches shared among this machine's workers."""
        return self.executor != LOCAL

    def driving(self, n_workers: int) -> int:
        """Worker processes that the driver itself needs, of so many."""
        return min(n_workers, 1) if self.by_epochs else n_workers


HERE = Machines()


def machines_here(executor: str | None = None, address: str = "", require: str = "") -> Machines:
    """Those asked for; else those of `joblib.parallel_config`, where it names a cluster."""
    if executor is None:
        backend, _ = get_active_backend()
        executor = LOCAL if type(backend).__name__ in OWN else JOBLIB
    return Machines(executor, address, require)


@contextmanager
def jobs_on(machines: Machines, n_workers: int) -> Iterator[Runner]:
    """What runs jobs there; what was started for it ends with the context.

    Args:
        machines: Where.
        n_workers: Processes, where they are started here.

    Raises:
        EvolveError: The library that it needs is not installed, or nothing answers at its address.
    """
    with ExitStack() as stack:
        stack.callback(close_evaluators)
        n_jobs = _started(stack, machines, n_workers)
        pool = stack.enter_context(Parallel(n_jobs=n_jobs, batch_size=1, pre_dispatch="all"))

        driver = os.getpid() if machines.executor == "loky" else None

        def run(problem: SearchProblem, jobs: Sequence[Epoch]) -> Sequence[Answer]:
            return answers_of(pool, problem, jobs, driver)

        yield run


def search_on(
    machines: Machines,
    n_workers: int,
    journal: Journal,
    evaluator: Evaluator,
    islands: Islands,
    problem: SearchProblem,
    *,
    budget: Budget,
    on_batch: Callable[[Archive, Sequence[Entry]], bool],
    on_node: Callable[[Node], None],
) -> Archive:
    """Search there until the budget is spent; the entries are the same everywhere.

    Args:
        machines: Where; what is started for it ends with the search.
        n_workers: Processes, where they are started here.
        journal: Where entries go.
        evaluator: Evaluates candidates where epochs are no jobs.
        islands: Archives without an entry, and what proposes for each.
        problem: The search problem.
        budget: When to end.
        on_batch: Called after each stored batch; False ends the search.
        on_node: Called with the machine of every job.

    Raises:
        EvolveError: Language models take part, and epochs are to be jobs.
    """
    if not machines.by_epochs:
        return search(
            journal,
            evaluator,
            islands,
            problem.starts,
            problem.text_of,
            seed=problem.seed,
            budget=budget,
            on_batch=on_batch,
            seconds_after=lambda archive: seconds_to_choose(problem.task, archive, n_workers),
        )
    if LLM in problem.proposers:
        rule = f": must be local where llm is among the proposers, it is {machines.executor}"
        raise EvolveError(Argument("executor"), rule)
    pace = Pace(
        budget,
        problem.layout.n_parts,
        lambda archive: seconds_to_choose(problem.task, archive, n_workers),
    )
    with jobs_on(machines, max(n_workers, 1)) as run:
        return search_by_epochs(
            journal,
            islands,
            problem,
            run,
            pace=pace,
            token=uuid4().hex,
            require=machines.require,
            on_batch=on_batch,
            on_node=on_node,
        )


def nodes_of(machines: Machines, n_workers: int, n_asked: int = 0) -> list[Node]:
    """The machines that answer, each once, with what their sandboxes can enforce."""
    with ExitStack() as stack:
        n_jobs = _started(stack, machines, n_workers)
        pool = Parallel(n_jobs=n_jobs, batch_size=1, pre_dispatch="all")
        found = pool(delayed(here)(machines.require) for _ in range(n_asked or 4 * n_workers))
    return list({node.host: node for node in found}.values())


def _started(stack: ExitStack, machines: Machines, n_workers: int) -> int | None:
    """Start or join what runs jobs, choose joblib's backend, and say how many jobs at once."""
    if machines.executor == JOBLIB:
        return None  # as the caller has said
    if machines.executor == "dask":
        with _required("dask", "distributed"):
            import distributed
        client = stack.enter_context(dask_client(distributed, machines.address, n_workers))
        stack.enter_context(parallel_config("dask", client=client))
        return -1
    if machines.executor == "ray":
        _start_ray(stack, machines.address, n_workers)
        stack.enter_context(parallel_config("ray"))
        return -1 if machines.address else n_workers
    # Processes of a driver that was killed end by themselves after this time.
    stack.enter_context(parallel_config("loky", idle_worker_timeout=IDLE_SECONDS))
    return n_workers


def _start_ray(stack: ExitStack, address: str, n_workers: int) -> None:
    """Join a Ray cluster, or start one here for this run; and register joblib's backend."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing is told to anybody
    with _required("ray", "ray"):
        import ray
        from ray.util.joblib import register_ray
    if not ray.is_initialized():
        where: dict[str, Any] = {"num_cpus": n_workers, "include_dashboard": False}
        try:
            ray.init(
                log_to_driver=False,
                logging_level=logging.ERROR,
                **({"address": address} if address else where),
            )
        except (ConnectionError, ValueError) as error:
            raise EvolveError(f"ray: nothing answers at {address}: {error}") from None
        stack.callback(ray.shutdown)
    register: Any = register_ray  # it has no types
    register()


@contextmanager
def _required(extra: str, module: str) -> Iterator[None]:
    """Inside, the library of an extra is imported.

    Raises:
        EvolveError: It is not installed.
    """
    try:
        yield
    except ImportError:
        rule = f"{extra} needs {module}, run: pip install 'evolve-laws[{extra}]'"
        raise EvolveError(f"executor: {rule}") from None
