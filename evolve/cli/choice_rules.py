"""Verb `bench choice`: ways to forecast from the same finalists, judged without any test row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evolve.cli.bench import FIRST_SEED, Evaluations, Names, Seeds, bench
from evolve.cli.nested import DEFAULT_BUDGET, Families, each_case, left_out_if_it_fails
from evolve.cli.options import Json, ManyValued, TasksDirs, Workers
from evolve.cli.output import print_note

if TYPE_CHECKING:
    from evolve.bench.choice import ChoiceResult


@bench.command("choice", cls=ManyValued)
def choice_rules(
    names: Names = None,
    families: Families = None,
    seeds: Seeds = FIRST_SEED,
    evaluations: Evaluations = None,
    workers: Workers = None,
    tasks_dirs: TasksDirs = None,
    json: Json = False,
) -> None:
    """Search without the largest training scales; forecast these by every rule of choice.

    Example: python -m evolve bench choice --tasks sft --families none --evaluations 600
    """
    from evolve.bench.choice import compare
    from evolve.cli.options import n_cores

    budget, n_workers = evaluations or DEFAULT_BUDGET, workers or n_cores()
    results = []
    for case, seed in each_case(names, families, seeds, tasks_dirs):
        with left_out_if_it_fails(case):
            results.append(compare(case, seed, budget, n_workers))
            words = ", ".join(f"{name} {r2:.3f}" for name, r2 in results[-1].r2.items())
            print_note(f"{case[0].name} {seed}: {words}")
    _show(results, json=json)


def _show(results: list[ChoiceResult], *, json: bool) -> None:
    """A row a rule: its mean over the cases, its least R², and how often it is below 0."""
    from evolve.bench.choice import means
    from evolve.bench.tasks import machine
    from evolve.cli.output import print_json, print_table

    by_rule = means(results) if results else {}
    if json:
        lines = [result.to_data() for result in results]
        print_json({"machine": machine(), "lines": lines, "means": by_rule})
        return
    rows = []
    for name, mean in by_rule.items():
        own = [result.r2[name] for result in results]
        rows.append([name, len(own), mean, min(own), sum(r2 < 0.0 for r2 in own)])
    print_table(["rule", "cases", "mean R2", "least R2", "below 0"], rows, title=machine())
