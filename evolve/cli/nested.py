"""Verbs `bench nested` and `bench ablate`: engine and ingredients judged without any test row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from evolve.cli.bench import FIRST_SEED, Evaluations, Names, Seeds, bench, tasks_named
from evolve.cli.lists import NONE, Texts, names_in, seeds_in
from evolve.cli.options import Json, ManyValued, TasksDirs, Workers
from evolve.cli.output import print_note

if TYPE_CHECKING:
    from evolve.bench.nested import NestedResult
    from evolve.tasks.task import Table, Task

    Case = tuple[Task, Table]

Families = Annotated[
    Texts, typer.Option("--families", help="Known laws, by name, or none [default: all].")
]
Variants = Annotated[
    Texts, typer.Option("--variants", help="What to compare with the full engine [default: all].")
]
DEFAULT_BUDGET = 600


@bench.command(cls=ManyValued)
def nested(
    names: Names = None,
    families: Families = None,
    seeds: Seeds = FIRST_SEED,
    evaluations: Evaluations = None,
    workers: Workers = None,
    tasks_dirs: TasksDirs = None,
    json: Json = False,
) -> None:
    """Search without the largest training scales, and score on these; compare ways to choose.

    Example: python -m evolve bench nested --tasks "data_constrained sft" --families none
    """
    from evolve.bench.nested import FULL

    results = _run([FULL], names, families, seeds, evaluations, workers, tasks_dirs)
    _show(results, json=json)


@bench.command(cls=ManyValued)
def ablate(
    variants: Variants = None,
    names: Names = None,
    families: Families = None,
    seeds: Seeds = FIRST_SEED,
    evaluations: Evaluations = None,
    workers: Workers = None,
    tasks_dirs: TasksDirs = None,
    json: Json = False,
) -> None:
    """As nested, with one ingredient of the engine taken out at a time, or divided into islands.

    Example: python -m evolve bench ablate --tasks sft --families none --evaluations 600
    """
    from evolve.bench.ablate import VARIANTS
    from evolve.bench.nested import FULL

    chosen = names_in("--variants", variants, list(VARIANTS), "variant")
    chosen = list(dict.fromkeys([FULL, *chosen]))
    results = _run(chosen, names, families, seeds, evaluations, workers, tasks_dirs)
    _show(results, json=json)


def _run(
    variants: Sequence[str],
    names: Texts,
    families: Texts,
    seeds: list[str],
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
    names: Texts, families: Texts, seeds: list[str], tasks_dirs: TasksDirs
) -> Iterator[tuple[Case, int]]:
    """Nested cases of tasks and of known laws, each with every seed.

    Raises:
        EvolveError: A task or a family is not known.
    """
    from evolve.bench.families import FAMILIES
    from evolve.bench.nested import cases

    laws = names_in("--families", families, list(FAMILIES), "known law", none=True)
    numbers, tasks = seeds_in(seeds), [] if names == [NONE] else tasks_named(names, tasks_dirs)
    for case in cases(tasks, laws):
        for seed in numbers:
            yield case, seed


@contextmanager
def left_out_if_it_fails(case: Case) -> Iterator[None]:
    """Say in a line on stderr that a case could not be searched, and go on."""
    from evolve.errors import EvolveError

    try:
        yield
    except EvolveError as error:
        print_note(f"{case[0].name}: left out, {error}")


def _show(results: Sequence[NestedResult], *, json: bool) -> None:
    """A row a case, and the means of every variant over real tasks and over known laws."""
    from evolve.bench.nested import differences
    from evolve.bench.tasks import machine
    from evolve.cli.output import print_json, print_table

    by_variant, apart = _means(results), differences(results)
    if json:
        lines = [result.to_data() for result in results]
        data = {"lines": lines, "means": by_variant, "differences": apart}
        print_json({"machine": machine(), **data})
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
    if apart:
        cells = [list(row.values()) for row in apart]
        title = "from the full engine: mean difference over cases, standard error (±)"
        print_table(list(apart[0]), cells, title=title)


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
