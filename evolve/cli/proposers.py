"""Verb `bench proposers`: grammar and language models at equal cost, judged without a test row."""

from __future__ import annotations

from typing import Annotated

import typer

from evolve.cli.bench import FIRST_SEED, Evaluations, Seeds, bench, tasks_named
from evolve.cli.lists import Texts, parted, seeds_in
from evolve.cli.models import BaseUrl, Models, ModelsFile, model_config
from evolve.cli.options import Json, ManyValued, TasksDirs, Workers, parse_time
from evolve.cli.output import print_note

DEFAULT_BUDGET = 600
DEFAULT_TASKS = ["data_constrained"]
HEADINGS = "case variant seed champion forecast by_score best constants seconds formula"


@bench.command(cls=ManyValued)
def proposers(
    names: Annotated[Texts, typer.Option("--tasks", help="Tasks, by name.")] = DEFAULT_TASKS,
    seeds: Seeds = FIRST_SEED,
    evaluations: Evaluations = None,
    time: Annotated[
        str, typer.Option("--time", help="End each search after this time, not by evaluations.")
    ] = "",
    model: Models = None,
    base_url: BaseUrl = None,
    models_file: ModelsFile = None,
    workers: Workers = None,
    tasks_dirs: TasksDirs = None,
    json: Json = False,
) -> None:
    """Search with the grammar, a model and both, and score on training scales left out.

    Without a model, published programs serve as the replies of one.
    Example: python -m evolve bench proposers --tasks data_constrained --evaluations 600
    """
    from evolve.bench.nested import cases, run_case
    from evolve.bench.proposers import variants
    from evolve.bench.tasks import machine
    from evolve.cli.options import n_cores
    from evolve.cli.output import print_json, print_table
    from evolve.errors import EvolveError

    seconds, numbers = parse_time(time) if time else None, seeds_in(seeds)
    models = parted(model, lambda _: False)
    budget = evaluations or (2**40 if seconds else DEFAULT_BUDGET)
    config = None
    if models or models_file:
        fields, limits = {"base_url": base_url}, (None, None, 0.0)
        config = model_config(("llm",), models, fields, models_file, limits, "", None, None)
    results = []
    for case in cases(tasks_named(names, tasks_dirs), []):
        changes = variants(case[0].name.partition(" ")[0], config)
        for seed in numbers:
            for name, change in changes.items():
                try:
                    cores = workers or n_cores()
                    result = run_case(case, seed, budget, cores, name, change, seconds)
                except EvolveError as error:
                    print_note(f"{case[0].name} {name}: left out, {error}")
                    continue
                results.append(result)
                words = f"champion {result.champion:.4f}, forecast {result.forecast:.4f}"
                words += f" in {result.seconds:.0f} s"
                print_note(f"{result.case} {seed} {name}: {words}")
    if json:
        print_json({"machine": machine(), "lines": [result.to_data() for result in results]})
        return
    rows = [
        [result.case, result.variant, result.seed, result.champion, result.forecast,
         result.by_score, result.best, result.n_constants, round(result.seconds), result.formula]
        for result in results
    ]  # fmt: skip
    print_table(HEADINGS.split(), rows, title=machine())
