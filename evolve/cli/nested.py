"""Verbs `bench nested` and `bench ablate`: engine and ingredients judged without any test row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from evolve.cli.bench import Evaluations, Names, Seeds, bench, tasks_named
from evolve.cli.options import Json, TasksDirs, Workers
from evolve.cli.output import print_note

if TYPE_CHECKING:
    from evolve.bench.nested import NestedResult
    from evolve.tasks.task import Table, Task

    Case = tuple[Task, Table]

Families = Annotated[
    str, typer.Option("--families", help="Known laws, comma-separated; 'all' or 'none'.")
]
DEFAULT_BUDGET = 600


@bench.command()
def nested(
    names: Names = "",
    families: Families = "all",
    seeds: Seeds = "0",
    evaluations: Evaluations = None,
    workers: Workers = None,
    tasks_dirs: TasksDirs = None,
    json: Json = False,
) -> None:
    """Search without the largest training scales, and score on these; compare ways to choose.

    Example: python -m evolve bench nested --tasks "data_constrained sft" --families none
    """
    results = _run(["full"], names, families, seeds, evaluations, workers, tasks_dirs)
    _show(results, json=json)


@bench.command()
def ablate(
    names: Names = "",
    families: Families = "all",
    seeds: Seeds = "0",
    evaluations: Evaluations = None,
    workers: Workers = None,
    tasks_dirs: TasksDirs = None,
    json: Json = False,
) -> None:
    """As nested, with one ingredient of the engine taken out at a time.

    Example: python -m evolve bench ablate --tasks sft --families none --evaluations 600
    """
    from evolve.bench.ablate import VARIANTS

    results = _run(list(VARIANTS), names, families, seeds, evaluations, workers, tasks_dirs)
    _show(results, json=json)


def _run(
    variants: Sequence[str],
    names: str,
    families: str,
    seeds: str,
    evaluations: int | None,
    workers: int | None,
    tasks_dirs: TasksDirs,
) -> list[NestedResult]:
    """The results of all variants, cases and seeds, each printed on stderr when it is there."""
    from evolve.bench.ablate import VARIANTS
    from evolve.bench.nested import run_case
    from evolve.cli.options import n_cores

    budget, n_workers = evaluations or DEFAULT_BUDGET, workers or n_cores()
    results = []
    for case, seed in each_case(names, families, seeds, tasks_dirs):
        for variant in variants:
            with left_out_if_it_fails(case):
                result = run_case(case, seed, budget, n_workers, variant, VARIANTS[variant])
                results.append(result)
                words = f"champion {result.champion:.4f}, best {result.best:.4f}"
                words = f"{result.case} {seed} {variant}: {words}, {result.seconds:.0f} s"
                print_note(words)
    return results


def each_case(
    names: str, families: str, seeds: str, tasks_dirs: TasksDirs
) -> Iterator[tuple[Case, int]]:
    """Nested cases of tasks and of known laws, each with every seed.

    Raises:
        EvolveError: A task or a family is not known.
    """
    from evolve.bench.nested import cases

    tasks = [] if names == "none" else tasks_named(names, tasks_dirs)
    for case in cases(tasks, families_named(families)):
        for seed in map(int, seeds.split()):
            yield case, seed


@contextmanager
def left_out_if_it_fails(case: Case) -> Iterator[None]:
    """Say in a line on stderr that a case could not be searched, and go on."""
    from evolve.errors import EvolveError

    try:
        yield
    except EvolveError as error:
        print_note(f"{case[0].name}: left out, {error}")


def families_named(words: str) -> list[str]:
    """Names of known laws.

    Raises:
        EvolveError: one is not known.
    """
    from evolve.bench.families import FAMILIES
    from evolve.errors import EvolveError, nearest

    if words in ("all", "none"):
        return list(FAMILIES) if words == "all" else []
    names = [name.strip() for name in words.split(",") if name.strip()]
    for name in names:
        if name not in FAMILIES:
            raise EvolveError(f"bench: no family {name!r}{nearest(name, FAMILIES)}")
    return names


def _show(results: Sequence[NestedResult], *, json: bool) -> None:
    """A row a case, and the means of every variant over real tasks and over known laws."""
    from evolve.bench.tasks import machine
    from evolve.cli.output import print_json, print_table

    by_variant = _means(results)
    if json:
        lines = [result.to_data() for result in results]
        print_json({"machine": machine(), "lines": lines, "means": by_variant})
        return
    headings = "case variant seed champion forecast by_score by_train best constants formula"
    rows = [
        [r.case, r.variant, r.seed, r.champion, r.forecast, r.by_score, r.by_train, r.best,
         r.n_constants, r.formula]
        for r in results
    ]  # fmt: skip
    print_table(headings.split(), rows, title=machine())
    if by_variant:
        cells = [list(row.values()) for row in by_variant]
        print_table(list(by_variant[0]), cells, title="means over cases")


def _means(results: Sequence[NestedResult]) -> list[dict[str, object]]:
    """Means of every variant over known laws and over tasks, a row each."""
    from evolve.bench.families import FAMILIES
    from evolve.bench.nested import means

    rows: list[dict[str, object]] = []
    for variant in dict.fromkeys(result.variant for result in results):
        for kind in ("known laws", "tasks"):
            matching = [
                r
                for r in results
                if r.variant == variant
                and any(r.case.startswith(f"{name},") for name in FAMILIES)
                == (kind == "known laws")
            ]
            if matching:
                head: dict[str, object] = {"variant": variant, "cases": kind}
                rows.append({**head, "n": len(matching), **means(matching)})
    return rows
