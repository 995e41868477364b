"""A task's seed files, laws of the literature and the user's own, as first candidates of a run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from evolve.errors import ProgramError
from evolve.evaluation.programs import shared_runner
from evolve.evaluation.record import Origin
from evolve.law.candidate import Candidate
from evolve.law.canonical import key
from evolve.law.program import Program, RowNames, parse_program, read_program, title_of
from evolve.law.recipe import Recipe
from evolve.law.trace import trace_law, trace_recipe
from evolve.search.operators import SearchSpace
from evolve.search.proposers.grammar import allowed_recipe, finish, free_part
from evolve.search.proposers.protocol import Proposal
from evolve.search.view import inward, outward
from evolve.tasks.folders import shipped_folders
from evolve.tasks.names import OWN_SEEDS
from evolve.tasks.task import Task

# A program and the names of its task to law and recipe; a `ProgramError` says why not.
Trace = Callable[[Program, RowNames], Candidate]


class GivenSeed(NamedTuple):
    """A program that the user gives for one run."""

    name: str
    text: str


@dataclass(frozen=True)
class Seed:
    """A starting program.

    Attributes:
        name: The file's name without its suffix.
        title: First line of the program's docstring.
        program: The program.
        candidate: Its law and recipe as the file states them; None where the law cannot be
            traced, its fit is no plain `fit_law` call, or the task allows fewer constants.
        why_not: What keeps it from being a candidate; empty for one.
        runs: Whether a search evaluates it: as a candidate, or as a program with its own fit.
        origin: ``literature`` for the package's files, ``user`` for those beside the task.
    """

    name: str
    title: str
    program: Program
    candidate: Candidate | None
    why_not: str = ""
    runs: bool = True
    origin: Origin = "literature"


def seed_files(task_name: str) -> list[Path]:
    """The package's seed files of a task, by name; none for a task it does not know."""
    paths: dict[str, Path] = {}
    for folder in shipped_folders("seeds"):
        for path in sorted((folder / task_name).glob("*.py")):
            paths.setdefault(path.name, path)
    return [paths[name] for name in sorted(paths)]


def own_seed_files(task: Task) -> list[Path]:
    """The user's own programs for a task, by name.

    They stand in a folder ``seeds`` beside the task's tables, or, where the task is
    ``tasks/NAME``, in ``seeds/NAME`` beside ``tasks``.
    """
    home = task.folder.resolve()
    folders = (home / OWN_SEEDS, home.parent.parent / OWN_SEEDS / task.name)
    shipped = {folder / task.name for folder in shipped_folders("seeds")}
    paths = [path for f in folders if f not in shipped for path in f.glob("*.py")]
    return sorted(paths, key=lambda path: (path.name, path))


def read_seeds(task: Task, space: SearchSpace, given: Sequence[GivenSeed] = ()) -> list[Seed]:
    """Read and trace the seeds of a task: the package's, those beside the task, those given.

    The package's are traced here; those of others run in the sandbox, for tracing runs them.

    Args:
        task: Gives the name and the numbers of features and targets.
        space: What the task allows.
        given: The user's programs for this run.

    Raises:
        ProgramError: A file breaks the program contract.
        SandboxError: This machine cannot run programs of others.
    """
    shipped = [
        _seed(path.stem, read_program(path), task, space, _trace_here)
        for path in seed_files(task.name)
    ]
    own = [(path.stem, read_program(path)) for path in own_seed_files(task)]
    own += [(seed.name, parse_program(seed.text, f"seed {seed.name!r}")) for seed in given]
    if own:
        trace = shared_runner().trace
        seeds = (_seed(name, program, task, space, trace) for name, program in own)
        shipped += (replace(seed, origin="user") for seed in seeds)
    return [_ruled(seed, space) for seed in shipped] if space.ruled else shipped


def given_seeds(given: Sequence[str | Path]) -> tuple[GivenSeed, ...]:
    """The user's programs for a run.

    Args:
        given: Files, or whole program texts (with line ends).

    Raises:
        ProgramError: One cannot be read, or breaks the program contract.
    """
    seeds = []
    for number, item in enumerate(given, 1):
        if isinstance(item, str) and "\n" in item:
            seeds.append(GivenSeed(f"seed_{number}", parse_program(item, f"seed {number}").text))
        else:
            seeds.append(GivenSeed(Path(item).stem, read_program(Path(item)).text))
    return tuple(seeds)


def _ruled(seed: Seed, space: SearchSpace) -> Seed:
    """The seed in the form that the user asks for; one of another form is not evaluated."""
    if not seed.runs:
        return seed
    if seed.candidate is None:
        why = "it cannot be traced, so that nothing says whether it has the form asked for"
        return replace(seed, why_not=why, runs=False)
    part = free_part(inward(seed.candidate, space), space)
    made = None if part is None else finish(part, space)
    candidate = None if made is None else outward(made, space)
    why = "" if candidate else "it does not have the form asked for"
    return replace(seed, candidate=candidate, why_not=why, runs=candidate is not None)


def seed_proposals(seeds: Sequence[Seed], space: SearchSpace) -> list[Proposal]:
    """The seeds as proposals, traced ones in their simplest form; the operator is their name."""
    proposals: dict[str, Proposal] = {}
    for seed in seeds:
        if seed.candidate is not None:
            law = seed.candidate.law
            if space.template is None:
                law = replace(law, own_feature_first=space.own_feature_first)
            recipe = allowed_recipe(seed.candidate.recipe, space)
            candidate = inward(Candidate(law, recipe), space)
            name = key(candidate.law, candidate.recipe)
            law_of_task = outward(candidate, space)
            proposals.setdefault(name, Proposal(law_of_task, name, seed.name, (), seed.origin))
        elif seed.runs:
            name = f"program {seed.program.id}"
            proposals.setdefault(
                name, Proposal(None, name, seed.name, (), seed.origin, seed.program)
            )
    return list(proposals.values())


def left_out(seeds: Sequence[Seed], proposals: Sequence[Proposal]) -> list[str]:
    """The user's own programs that no search evaluates, one line each, with the reason.

    Args:
        seeds: From `read_seeds`.
        proposals: First candidates of the run.
    """
    proposed = {p.operator for p in proposals}
    return [
        f"{seed.name}.py in {OWN_SEEDS}/ takes no part in the search: "
        + ("it is the same program as another" if seed.runs else seed.why_not)
        for seed in seeds
        if seed.origin == "user" and seed.name not in proposed
    ]


def _seed(name: str, program: Program, task: Task, space: SearchSpace, trace: Trace) -> Seed:
    candidate, why_not, runs = None, "", True
    names = RowNames(task.feature_names, task.target_names, task.sldbench_labels)
    try:
        traced = trace(program, names)
        if traced.law.n_constants > space.max_constants:
            why_not = f"{traced.law.n_constants} constants, the task allows {space.max_constants}"
            runs = False
        elif program.dialect == "law" and not traced.law.n_constants:
            why_not, runs = "it holds no number to fit", False
        else:
            candidate = traced
    except ProgramError as error:
        why_not = str(error)
        if program.dialect == "law":
            why_not = f"its constants cannot be fitted, for it holds them, and {error}"
            runs = False
    return Seed(name, title_of(program), program, candidate, why_not, runs)


def _trace_here(program: Program, names: RowNames) -> Candidate:
    law = trace_law(program.text, len(names.features), len(names.targets))
    return Candidate(law, trace_recipe(program.text) or Recipe())
