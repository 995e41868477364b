"""Turns a task's seed files, the laws of the literature, into the first candidates of a run."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from evolve.errors import ProgramError
from evolve.law.candidate import Candidate
from evolve.law.canonical import key, simplify
from evolve.law.program import Program, read_program
from evolve.law.recipe import Recipe
from evolve.law.trace import trace_law, trace_recipe
from evolve.search.operators import Space
from evolve.search.proposers.grammar import allowed_recipe
from evolve.search.proposers.protocol import Proposal
from evolve.tasks.task import Task, shipped_folders


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
    """

    name: str
    title: str
    program: Program
    candidate: Candidate | None
    why_not: str = ""
    runs: bool = True


def seed_files(task_name: str) -> list[Path]:
    """The package's seed files of a task, by name; none for a task it does not know."""
    found: dict[str, Path] = {}
    for folder in shipped_folders("seeds"):
        for path in sorted((folder / task_name).glob("*.py")):
            found.setdefault(path.name, path)
    return [found[name] for name in sorted(found)]


def read_seeds(task: Task, space: Space) -> list[Seed]:
    """Read and trace the seeds of a task.

    Args:
        task: Gives the name and the numbers of features and targets.
        space: What the task allows.

    Raises:
        ProgramError: A file breaks the program contract.
    """
    return [_seed(path, task, space) for path in seed_files(task.name)]


def seed_proposals(seeds: Sequence[Seed], space: Space) -> list[Proposal]:
    """The seeds as proposals, traced ones in their simplest form; the operator is their name."""
    proposals: dict[str, Proposal] = {}
    for seed in seeds:
        if seed.candidate is not None:
            law = simplify(replace(seed.candidate.law, own_feature_first=space.own_feature_first))
            candidate = Candidate(law, allowed_recipe(seed.candidate.recipe, space))
            mark = key(candidate.law, candidate.recipe)
            proposals.setdefault(mark, Proposal(candidate, mark, seed.name, ()))
        elif seed.runs:
            mark = f"program {seed.program.id}"
            proposals.setdefault(mark, Proposal(None, mark, seed.name, (), seed.program))
    return list(proposals.values())


def _seed(path: Path, task: Task, space: Space) -> Seed:
    program = read_program(path)
    title = (ast.get_docstring(ast.parse(program.text)) or path.stem).splitlines()[0]
    candidate, why_not, runs = None, "", program.dialect == "fit"
    try:
        law = trace_law(program.text, len(task.feature_names), len(task.target_names))
        recipe = trace_recipe(program.text) or Recipe()
        if law.n_constants > space.max_constants:
            why_not = f"{law.n_constants} constants, the task allows {space.max_constants}"
            runs = False
        else:
            candidate = Candidate(law, recipe)
    except ProgramError as error:
        why_not = str(error)
    return Seed(path.stem, title, program, candidate, why_not, runs)
