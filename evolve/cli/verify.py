"""Verb `verify`: a run's elites fitted and scored again, in both lanes, in new processes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from evolve.cli.app import app
from evolve.cli.options import RUNS, AllowWeak, Json, RunsDir, TasksDirs, TrustRun, Workers

if TYPE_CHECKING:
    from evolve.runs.verify import Check

HEADINGS = ("entry", "constants", "stored score", "score now", "lanes differ by", "")


@app.command(epilog="Example: python -m evolve verify data_constrained-0-1")
def verify(
    name: Annotated[str, typer.Argument(metavar="RUN", help="A run's name or folder.")],
    workers: Workers = None,
    runs_dir: RunsDir = RUNS,
    tasks_dirs: TasksDirs = None,
    allow_weak: AllowWeak = False,
    replay: Annotated[
        bool,
        typer.Option("--replay", help="Search again too, models' replies read from the run."),
    ] = False,
    trust_run: TrustRun = False,
    json: Json = False,
) -> None:
    """Fit and score every law that a run kept again; exit code 1 if anything differs.

    With --replay, the whole search is run again from its seed, without network: replies of models
    are those stored, and every entry must come out the same.
    """
    from evolve.cli.options import n_cores
    from evolve.cli.output import print_json, print_table
    from evolve.runs.folders import find_run
    from evolve.runs.provenance import require_same_rows, task_of
    from evolve.runs.run import require_trust, stored_problem
    from evolve.runs.store import Store
    from evolve.runs.verify import all_hold, replay_run
    from evolve.runs.verify import verify as check_run

    with Store.open(find_run(name, runs_dir), write=False) as store:
        task = task_of(store, tasks_dirs or ())
        require_same_rows(store, task)
        checks = check_run(store, task, workers or n_cores(), allow_weak=allow_weak)
        if replay:
            require_trust(store, trusted=trust_run, asks=False)
            problem = stored_problem(store, tasks_dirs or ())
            checks.append(replay_run(store, problem, workers or n_cores()))
    good = all_hold(checks)
    if json:
        print_json({"run": name, "holds": good, "checks": [c.to_data() for c in checks]})
    else:
        print_table(HEADINGS, [_row(c) for c in checks])
        bad = sum(not c.holds for c in checks)
        print(f"{len(checks)} checks, " + ("no difference" if good else f"{bad} differ"))
    if not good:
        raise typer.Exit(1)


def _row(check: Check) -> tuple[object, ...]:
    gap = None if check.foreign is None else f"{check.foreign:.1e}"
    verdict = check.problem or "same"
    return check.index, check.n_constants, check.stored, check.fast, gap, verdict
