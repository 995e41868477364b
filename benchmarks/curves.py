"""Training curves whose points go together: how often intervals hold what they promise to.

    python benchmarks/curves.py --seeds 100
    python benchmarks/curves.py --seeds 4 --evaluations 400

Without a budget the true law is given by its name, and fitted. Then the first two columns say how
often the true law at runs beyond the rows lies within 90 % intervals of the constants alone, as if
points were runs and as the engine has it; the last say how often those runs lie within the
forecasts' intervals. With a budget, a search finds the law, and there are the last alone.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from statistics import NormalDist

import numpy as np

from evolve.bench.coverage import Coverage, measure, search_forecast_model
from evolve.bench.curves import CORRELATIONS, KINDS, LAW, make_curves, true_values
from evolve.evaluation.fitted import fit_rows
from evolve.evaluation.requests import form_of
from evolve.forecast.spread import open_constants
from evolve.runs.picks import forecast_model_of_law
from evolve.search.named import named_entry
from evolve.tasks.task import Table, Task

LEVEL = 0.9


def share_of_law(task: Task, test: Table) -> float:
    """Share of some rows where the true law lies within the interval of the constants alone."""
    fitted = fit_rows(task, form_of(named_entry(task, LAW)))
    (name,) = task.group_names
    gaps = np.abs(fitted.predict(test.X, name) - true_values(test.X))
    loose = open_constants(fitted.law, fitted.constants[name], fitted.covariance[name], test.X)
    return float(np.mean(gaps <= NormalDist().inv_cdf(0.5 + LEVEL / 2) * loose))


def forecast(task: Task, test: Table, seed: int, evaluations: int, workers: int) -> Coverage:
    """How the forecasts fare, of the law by its name or of what a search finds."""
    if evaluations:
        model = search_forecast_model(task, seed, evaluations, workers)
    else:
        model = forecast_model_of_law(task, named_entry(task, LAW))
    if model is None:
        raise SystemExit(f"{task.name} seed {seed}: nothing could be fitted")
    return measure(task, test, model, "curves", seed)


def main() -> None:
    """Print a row for each kind of curve."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=20, help="How many tables of each kind.")
    parser.add_argument("--evaluations", type=int, default=0, help="Of a search; 0 for none.")
    parser.add_argument("--workers", type=int, default=1)
    asked = parser.parse_args()
    print("curves          alike  law, as if runs  law, as told  runs in 50 %  in 90 %  width")
    for kind in KINDS:
        for correlation in CORRELATIONS if kind == KINDS[0] else CORRELATIONS[1:]:
            rows = []
            for seed in range(asked.seeds):
                task, test = make_curves(kind, correlation, seed)
                alone = replace(task, train=replace(task.train, run=None))
                law = (
                    [np.nan, np.nan]
                    if asked.evaluations
                    else [share_of_law(each, test) for each in (alone, task)]
                )
                found = forecast(task, test, seed, asked.evaluations, asked.workers)
                rows.append([*law, *found.inside, found.width])
            words = " ".join(f"{value:12.3f}" for value in np.mean(rows, axis=0))
            print(f"{kind:<15} {correlation:5g} {words}", flush=True)


if __name__ == "__main__":
    main()
