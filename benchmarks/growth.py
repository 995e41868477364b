"""How the time of an evaluation grows with rows, groups and features of a table.

    python benchmarks/growth.py                       # up to 100,000 rows and 1,000 groups
    python benchmarks/growth.py --most-rows 10000 --evaluations 60

Tables are made: a floor and a power law of each feature, in 1 % noise. Each is searched in this
process with the same budget and seed; what is counted are processor seconds of the search, which
other load hardly changes, without the choice of the champion. The exponent is the slope of log
seconds over log size through the last three sizes, where the fixed cost of an evaluation counts
least.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from evolve.fitting.fit import warm  # noqa: E402
from evolve.search.memory import MemoryJournal, islands_in_memory  # noqa: E402
from evolve.search.problem import make_search_problem  # noqa: E402
from evolve.tasks.spec import Feature, FoldSpec, PhysicsSpec, Target, TaskSpec  # noqa: E402
from evolve.tasks.task import Table, Task  # noqa: E402

NOISE = 0.01
FEATURES = (1, 2, 4, 8)
PLAIN_ROWS, PLAIN_FEATURES, ROWS_OF_GROUP = 400, 2, 12


def made(n_rows: int, n_groups: int, n_features: int) -> Task:
    """A table of a sum of power laws, each group with a floor of its own."""
    rng = np.random.default_rng([n_rows, n_groups, n_features])
    x = 10.0 ** rng.uniform(0.0, 3.0, size=(n_rows, n_features))
    group = np.arange(n_rows) % n_groups
    powers = x ** -rng.uniform(0.2, 0.5, size=n_features)
    y = (1.0 + 0.5 * rng.random(n_groups)[group] + powers.sum(axis=1)) * np.exp(
        NOISE * rng.normal(size=n_rows)
    )
    names = [f"size_{j}" for j in range(n_features)]
    spec = TaskSpec(
        title="A sum of power laws",
        source="made",
        licence="none",
        max_constants=2 * n_features + 1,
        groups=["group"] if n_groups > 1 else [],
        features=[Feature(name=name, scale="log") for name in names],
        targets=[Target(name="loss")],
        folds=FoldSpec(axes=names[:1]),
        physics=PhysicsSpec(floor=0.0),
    )
    labels = tuple(f"g{g:04d}" for g in range(n_groups)) if n_groups > 1 else ("all",)
    return Task("made", Path("made"), spec, labels, Table(x, y[:, None], group))


def seconds_of(task: Task, evaluations: int) -> float:
    """Processor seconds of a search, all of which goes on in this process."""
    problem = make_search_problem(task, 0)
    began = time.process_time()
    islands_in_memory(problem, evaluations, 0, MemoryJournal())
    return time.process_time() - began


def sizes(most_rows: int, most_groups: int) -> Iterator[tuple[str, list[int], list[Task]]]:
    """What grows, its sizes, and the tables."""
    rows = [n for n in (10**2, 10**3, 10**4, 10**5, 10**6) if n <= most_rows]
    yield "rows", rows, [made(n, 1, PLAIN_FEATURES) for n in rows]
    groups = [n for n in (1, 10, 100, 1000) if n <= most_groups]
    yield "groups", groups, [made(ROWS_OF_GROUP * n, n, 1) for n in groups]
    yield "features", list(FEATURES), [made(PLAIN_ROWS, 1, n) for n in FEATURES]


def main() -> None:
    """Read the command line; print a line for each size and an exponent for what grows."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--most-rows", type=int, default=10**5)
    parser.add_argument("--most-groups", type=int, default=1000)
    parser.add_argument("--evaluations", type=int, default=128)
    given = parser.parse_args()
    warm()
    for what, numbers, tasks in sizes(given.most_rows, given.most_groups):
        seconds = []
        for number, task in zip(numbers, tasks, strict=True):
            seconds.append(seconds_of(task, given.evaluations))
            pace = given.evaluations / seconds[-1]
            print(f"{what:9} {number:8}  {seconds[-1]:7.2f} s  {pace:7.2f}/s", flush=True)
        slope = np.polyfit(np.log(numbers[-3:]), np.log(seconds[-3:]), 1)[0]
        print(f"{what:9} exponent {slope:.2f}", flush=True)


if __name__ == "__main__":
    main()
