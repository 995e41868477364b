"""Laws of the literature: the seed files, and which columns of a table stand for theirs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Set
from functools import partial
from pathlib import Path

from evolve.law.candidate import Candidate
from evolve.law.graph import features_of
from evolve.law.program import read_program, title_of
from evolve.law.recipe import Recipe
from evolve.law.trace import trace_law, trace_recipe
from evolve.search.proposers.seeds import seed_files
from evolve.tasks.folders import shipped_folders
from evolve.tasks.roles import MEANING, Role, guess_role, words_of
from evolve.tasks.spec import Feature, TaskSpec, read_spec
from evolve.tasks.task import Task

GENERIC = ("sum_of_power_laws",)  # seed files over all features of their tables
MATCHED: tuple[Role, ...] = ("N", "D", "U", "C", "batch", "lr")  # others are matched by name
_COUNTED = {"n", "num", "number", "no", "of", "count", "total"}  # that name no part
_SIZE = "size"  # of a vocabulary how many words it has, of an expert how large each is


def published(task: Task) -> Iterator[tuple[Path, TaskSpec]]:
    """Seed files of the package and the specifications of their tables, the task's own first."""
    folders = {path.parent.name: path.parent for f in shipped_folders("tasks")
               for path in sorted(f.glob("*/task.toml"))}  # fmt: skip
    for folder in sorted(folders, key=lambda name: (name != task.name, name)):
        spec = read_spec(folders[folder] / "task.toml")
        for path in seed_files(folder):
            yield path, spec


def traced(path: Path, spec: TaskSpec) -> Candidate:
    """The law of a seed file over the columns of its own table, and how it is fitted.

    Raises:
        ProgramError: Its program cannot be traced.
    """
    text = read_program(path).text
    law = trace_law(text, len(spec.features), len(spec.targets))
    return Candidate(law, trace_recipe(text) or Recipe())


def columns_for(task: Task, path: Path, spec: TaskSpec) -> tuple[dict[int, int] | None, str]:
    """Which feature of a task stands for each that a seed file uses; or what is missing."""
    same = [f.name for f in spec.features] == list(task.feature_names)
    if same and len(spec.targets) == len(task.target_names):
        return {j: j for j in range(len(spec.features))}, ""
    if len(spec.targets) != 1 or spec.own or task.spec.own or path.stem in GENERIC:
        return None, _its_own_table(path, spec)
    columns: dict[int, int] = {}
    for j in sorted(features_of(traced(path, spec).law.root)):
        feature = spec.features[j]
        places = _standing_for(task, feature)
        if len(places) != 1:
            return None, _why_not(task, feature, places)
        columns[j] = places[0]
    return columns, ""


def _its_own_table(path: Path, spec: TaskSpec) -> str:
    """Which table a law is of alone, and what is asked for in its place."""
    counts = (
        f"{_counted(len(spec.features), 'feature')} and {_counted(len(spec.targets), 'target')}"
    )
    rest = f"the columns of its own table, {path.parent.name}, of whose {counts} it is a law: "
    rest += title_of(read_program(path))
    if path.stem in GENERIC:
        return f"{rest} 'sum of powers' is that of any table"
    return f"{rest} A formula of your own columns is taken in its place"


def _counted(n: int, noun: str) -> str:
    return f"{n} {noun}{'s' * (n != 1)}"


def _standing_for(task: Task, feature: Feature) -> list[int]:
    """Features of a task that are called as another's feature, else those of its role.

    Without columns of that very name those that are called so but for words such as `num`.
    """
    idle = _COUNTED | {_SIZE} if _SIZE in words_of(feature.name).split() else _COUNTED
    for called in (plain, partial(_part, idle=idle)):
        wanted = called(feature.name)
        if found := [j for j, name in enumerate(task.feature_names) if called(name) == wanted]:
            return found
    role = feature.role or guess_role(feature.name)
    if role not in MATCHED:
        return []
    return [j for j, name in enumerate(task.feature_names) if task.roles[name] == role]


def _part(name: str, idle: Set[str]) -> frozenset[str]:
    """What a column's name says without idle words, as `num`: `expert` of `num_experts`."""
    return frozenset(word.removesuffix("s") for word in words_of(name).split() if word not in idle)


def _why_not(task: Task, feature: Feature, columns: list[int]) -> str:
    role, valid = feature.role or guess_role(feature.name), ", ".join(task.feature_names)
    part = f"column of role {role} ({MEANING[role]})"
    if role not in MATCHED:
        part = f"column {feature.name} ({feature.description})"
    if columns:
        names = " and ".join(task.feature_names[j] for j in columns)
        return f"one {part}, there are {names}"
    if role in MATCHED:
        return (
            f"a {part}, none of {valid} is known to be one; "
            f"which is, fit of a table's file and new-task take as --role COLUMN={role}"
        )
    return f"a {part}, none of {valid} is called so"


def plain(name: str) -> str:
    """A name in small letters, its words joined by `_`."""
    return re.sub(r"[\W_]+", "_", name.strip().lower())
