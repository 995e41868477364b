"""Turns a task and settings into a run: store, workers, search and champion joined.

A run is a folder with one database. What decides its entries is kept there when it is made
(settings, the task's fingerprint, versions), and a run goes on only under the same.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

from evolve import __version__
from evolve.archive import Archive, Elite
from evolve.champion import Choice, choose
from evolve.errors import StoreError, TaskError, nearest
from evolve.evaluate import Evaluator, Setting
from evolve.law.candidate import Candidate, candidate_from_data
from evolve.law.graph import Array
from evolve.law.printer import print_program
from evolve.operators import Space
from evolve.proposers.grammar import Proposal
from evolve.proposers.seeds import Seed, read_seeds, seed_proposals
from evolve.proposers.starting import generic_laws, starting_proposals
from evolve.record import Entry
from evolve.search import BATCH, Budget, search
from evolve.splits import make_folds
from evolve.store import STORE_NAME, Store
from evolve.task import Task, fingerprint, load_task

DEFAULT_EVALUATIONS = 3000
DEFAULT_CONSTANTS = 12
SCORING_VERSION = 1
COMPARED = {
    "fingerprint": "the task (rows or task.toml)",
    "scoring": "the scoring version",
    "starts": "the set of starting programs",
}
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


@dataclass(frozen=True, slots=True)
class Settings:
    """What decides a run besides its task.

    Attributes:
        seed: Seed of every random choice.
        evaluations: Evaluations in total; None for no end but the time.
        seconds: Seconds of a session; the entries then depend on the machine's speed.
    """

    seed: int = 0
    evaluations: int | None = DEFAULT_EVALUATIONS
    seconds: float | None = None

    @property
    def budget(self) -> Budget:
        """When the search ends."""
        return Budget(self.evaluations or 2**62, self.seconds)


class Watcher(Protocol):
    """Whoever follows a run."""

    def began(self, store: Store, task: Task, settings: Settings) -> None:
        """The run is made or opened, and its search is about to begin."""

    def replayed(self, archive: Archive, entries: Sequence[Entry]) -> None:
        """What the store holds already."""

    def batch(self, archive: Archive, entries: Sequence[Entry]) -> bool:
        """A batch is stored; False ends the search."""

    def choosing(self) -> None:
        """The search is over and the champion is being chosen."""


def space_of(task: Task) -> Space:
    """What a task allows candidates to be."""
    features = task.spec.features
    return Space(
        units=tuple(f.unit for f in features),
        logarithmic=tuple(f.scale == "log" for f in features),
        max_constants=task.spec.max_constants or DEFAULT_CONSTANTS,
        rolled=task.spec.own,
        positive=bool((task.train.Y > 0).all()),
        pooled=task.n_groups >= 3,
        has_axes=bool(task.spec.folds.axes),
    )


@dataclass(frozen=True)
class Setup:
    """What a task and a seed fix before the first evaluation.

    Attributes:
        task: The task.
        space: What it allows.
        seeds: Its literature laws.
        starts: The first candidates, literature first.
    """

    task: Task
    space: Space
    seeds: tuple[Seed, ...]
    starts: tuple[Proposal, ...]

    @property
    def versions(self) -> dict[str, Any]:
        """Versions of whatever decides the scores."""
        keys = "".join(p.key for p in self.starts)
        return {
            "evolve": __version__,
            "scoring": SCORING_VERSION,
            "starts": hashlib.sha256(keys.encode()).hexdigest()[:16],
        }

    def text_of(self, proposal: Proposal) -> str:
        """Program text of a proposal."""
        return program_text(self.task, proposal.candidate, proposal.operator)


def program_text(
    task: Task, candidate: Candidate, operator: str, priors: Array | None = None
) -> str:
    """Program text of a candidate.

    Args:
        task: Gives names, units and axes.
        candidate: Law and recipe.
        operator: What made it.
        priors: `(t, 2, p)` centres and precisions learnt across groups, for the text to state.
    """
    return print_program(
        candidate.law,
        candidate.recipe,
        task.feature_names,
        task.target_names,
        doc=f"A law of {task.name}, made by {operator}.",
        units=[f.unit for f in task.spec.features],
        axes=[task.feature_names.index(a) for a in task.spec.folds.axes],
        prior=None if priors is None else (priors[:, 0], priors[:, 1]),
    )


def make_setup(task: Task, seed: int) -> Setup:
    """The space, literature and first candidates of a task."""
    space = space_of(task)
    seeds = read_seeds(task, space)
    proposals = {p.key: p for p in seed_proposals(seeds, space)}
    laws = {p.operator: p.candidate.law.root for p in proposals.values()} | generic_laws(space)
    for proposal in starting_proposals(space, laws, BATCH, seed):
        proposals.setdefault(proposal.key, proposal)
    return Setup(task, space, tuple(seeds), tuple(proposals.values()))


def create_run(folder: Path, setup: Setup, settings: Settings) -> Store:
    """Make a run's folder and database, open for writing.

    Raises:
        StoreError: The run exists, its name is not a folder's name, or it cannot be written.
    """
    if not NAME.fullmatch(folder.name):
        raise StoreError(
            f"run: a name must be letters, digits, '.', '_' and '-', it is {folder.name!r}"
        )
    return Store.create(
        folder,
        settings=asdict(settings),
        task=_task_facts(setup.task),
        versions=setup.versions,
    )


def free_name(runs_dir: Path, task_name: str, seed: int) -> str:
    """The first of ``task-seed-1``, ``task-seed-2``, … that no run has."""
    number = 1
    while (runs_dir / f"{task_name}-{seed}-{number}").exists():
        number += 1
    return f"{task_name}-{seed}-{number}"


def find_run(name: str, runs_dir: Path) -> Path:
    """Folder of an existing run, given by name or path.

    Raises:
        StoreError: There is none; the message names the nearest.
    """
    for folder in (runs_dir / name, Path(name)):
        if (folder / STORE_NAME).is_file():
            return folder
    names = list_runs(runs_dir)
    have = f"there are {', '.join(names[:8])}" if names else "there are no runs"
    raise StoreError(f"no run {name!r} in {runs_dir}{nearest(name, names)}; {have}")


def list_runs(runs_dir: Path) -> list[str]:
    """Names of the runs in a folder."""
    return sorted(path.parent.name for path in runs_dir.glob(f"*/{STORE_NAME}"))


def task_of(store: Store, tasks_dirs: Sequence[Path] = ()) -> Task:
    """The task that a run was made for, from its folder, or by its name if that has moved.

    Raises:
        TaskError: It cannot be loaded.
    """
    folder = Path(store.task["folder"])
    if (folder / "task.toml").is_file() and not tasks_dirs:
        return load_task(str(folder))
    try:
        return load_task(store.task["name"], tasks_dirs)
    except TaskError as error:
        raise TaskError(f"{store.folder}: its task cannot be loaded: {error}") from None


def settings_of(store: Store) -> Settings:
    """The settings a run was made with."""
    return Settings(**store.settings)


def same_rows(store: Store, task: Task) -> None:
    """Require that a task's rows are those a run was made with.

    Raises:
        StoreError: They differ.
    """
    now = fingerprint(task)
    if store.task["fingerprint"] != now:
        raise StoreError(
            f"run {store.folder.name!r} was made with other rows or another task.toml: "
            f"fingerprint was {store.task['fingerprint']}, {task.folder} has {now}"
        )


def require_same(store: Store, setup: Setup) -> None:
    """Require that task and versions are those a run was made with.

    Raises:
        StoreError: Something differs; the message says what.
    """
    was = {"fingerprint": store.task["fingerprint"], **store.versions}
    now = {"fingerprint": fingerprint(setup.task), **setup.versions}
    changed = [
        f"{what} was {was.get(key)}, is {now[key]}"
        for key, what in COMPARED.items()
        if was.get(key) != now[key]
    ]
    if changed:
        raise StoreError(
            f"run {store.folder.name!r} cannot go on, its scores would not compare: "
            f"{'; '.join(changed)}; start a new run"
        )


def carry_on(
    store: Store, setup: Setup, settings: Settings, workers: int, watcher: Watcher
) -> tuple[Archive, Choice | None]:
    """Search until the budget is spent or the watcher ends it, then choose the champion.

    Args:
        store: A new or resumed run, open for writing.
        setup: From its task and seed.
        settings: Seed and budget.
        workers: Number of worker processes.
        watcher: Follows the run.

    Returns:
        The archive, and the champion among its finalists (None if the watcher ended the search
        or nothing has a score).
    """
    watcher.began(store, setup.task, settings)
    folds = tuple(make_folds(setup.task))
    ended = False

    def on_batch(archive: Archive, entries: Sequence[Entry]) -> bool:
        nonlocal ended
        ended = not watcher.batch(archive, entries)
        return not ended

    with Evaluator(Setting(setup.task, folds), workers) as evaluator:
        stored = store.entries()
        if stored:
            known = Archive()
            known.tell(stored)
            watcher.replayed(known, stored)
        archive = search(
            store,
            evaluator,
            setup.space,
            setup.starts,
            setup.text_of,
            seed=settings.seed,
            budget=settings.budget,
            on_batch=on_batch,
        )
    if ended or not archive.cells:
        return archive, None
    watcher.choosing()
    extra = elites_of(literature(setup, store.entries()))
    return archive, choose(setup.task, archive, workers, extra)


def literature(setup: Setup, entries: Sequence[Entry]) -> list[Entry]:
    """The entries of the literature laws under their own recipes, by name."""
    names = {seed.name for seed in setup.seeds}
    found: dict[str, Entry] = {}
    for entry in entries[: len(setup.starts)]:
        if entry.operator in names and not entry.parents:
            found.setdefault(entry.operator, entry)
    return [found[name] for name in sorted(found)]


def elites_of(entries: Sequence[Entry]) -> list[Elite]:
    """Elites of the entries that have a score and a law."""
    return [
        Elite(entry, candidate_from_data(entry.law, entry.recipe), entry.evaluation.score)
        for entry in entries
        if entry.law is not None
        and entry.recipe is not None
        and entry.evaluation.score is not None
    ]


def _task_facts(task: Task) -> dict[str, Any]:
    return {
        "name": task.name,
        "fingerprint": fingerprint(task),
        "folder": str(task.folder.resolve()),
    }
