"""Quality over wall time on one table: pyoperon, gplearn, named laws by others, and this engine.

    PYTHON_PEERS=PEERS/bin/python python benchmarks/peers.py --task data_constrained

where PEERS is a virtual environment with ``pyoperon==0.6.2 gplearn==0.4.3`` or, of Python 3.12,
``simple-scaling-laws==0.2.0``, which fits each of its laws and chooses none. All see the same
training rows, of a table with one group and one target; features are given to the peers over their
medians. Each has the same wall time on one thread, start-up of the interpreter left out, in turns.
What is measured are the table's test rows, which nobody was given: R² of each one's own choice,
for pyoperon also of the law of its front with the least BIC, for this engine its forecast and its
champion.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
METHODS = ("pyoperon", "gplearn", "scipy", "evolve")  # and simple-scaling-laws, elsewhere
NEVER = 10**9  # generations and evaluations: the time ends a search


def operon(x: Any, y: Any, z: Any, seconds: float, seed: int) -> dict[str, Any]:
    """The own choice of pyoperon, and the law of its front with the least BIC."""
    from pyoperon.sklearn import SymbolicRegressor

    symbols = "add,sub,mul,div,exp,log,pow,constant,variable"
    model = SymbolicRegressor(
        allowed_symbols=symbols,
        optimizer_iterations=5,
        generations=NEVER,
        max_evaluations=NEVER,
        max_time=max(1, round(seconds)),
        objectives=["r2", "length"],
        random_state=seed,
    ).fit(x, y)
    front = model.pareto_front_
    least = min(front, key=lambda law: law["bayesian_information_criterion"])
    said = model.evaluate_model(least["tree"], z)
    return {"own choice": model.predict(z), "least BIC": said}


def gplearn(x: Any, y: Any, z: Any, seconds: float, seed: int) -> dict[str, Any]:
    """The best program of as many generations of gplearn as there is time for."""
    from gplearn.genetic import SymbolicRegressor

    began, said, generations = time.monotonic(), np.full(len(z), np.nan), 0
    functions = ("add", "sub", "mul", "div", "log", "sqrt", "inv")
    model = SymbolicRegressor(
        population_size=1000,
        generations=1,
        function_set=functions,
        warm_start=True,
        parsimony_coefficient="auto",
        random_state=seed,
    )
    while time.monotonic() - began < seconds:
        generations += 1
        model.set_params(generations=generations)
        said = model.fit(x, y).predict(z)
    return {"own choice": said}


def scipy_sum_of_powers(x: Any, y: Any, z: Any, seconds: float, seed: int) -> dict[str, Any]:
    """E + sum of A x^-a over the features, from as many starts as there is time for.

    Form and loss, Huber's on logs, are those of Hoffmann et al. 2022, section 3.3.
    """
    from scipy.optimize import least_squares

    rng, began, best = np.random.default_rng(seed), time.monotonic(), (math.inf, None)
    k = x.shape[1]

    def law(c: Any, rows: Any) -> Any:
        with np.errstate(over="ignore"):
            powers = np.exp(c[1 : k + 1] - c[k + 1 :] * np.log(rows))
        return np.exp(c[0]) + powers.sum(axis=1)

    def gaps(c: Any) -> Any:
        return np.nan_to_num(np.log(law(c, x)) - np.log(y), nan=1e3, posinf=1e3, neginf=-1e3)

    while time.monotonic() - began < seconds:
        start = np.concatenate([rng.normal(0.0, 1.0, k + 1), rng.uniform(0.05, 1.0, k)])
        fit = least_squares(gaps, start, loss="huber", f_scale=1e-3)
        if fit.cost < best[0]:
            best = (fit.cost, fit.x)
    return {"own choice": law(best[1], z)}


def simple_scaling_laws(x: Any, y: Any, z: Any, seconds: float, seed: int) -> dict[str, Any]:
    """Every law of simple-scaling-laws that takes these features, fitted once."""
    from simple_scaling_laws import available_laws

    said = {}
    for law in available_laws():
        try:
            said[law] = simple_scaling_law(law, (x, y, z), "loss", (), 50, seed)
        except ValueError as error:  # a law of one feature, or of two
            print(f"{law}: {error}", file=sys.stderr)
    return said


def simple_scaling_law(
    law: str, rows: tuple[Any, Any, Any], role: str, bounds: Sequence[float], draws: int, seed: int
) -> Any:
    """What one law of simple-scaling-laws says: the median of its draws, as its own forecast is.

    Args:
        law: Its name there.
        rows: `(n, k)` and `(n,)` to be fitted, `(m, k)` to be forecast.
        role: ``loss``, which lets terms only fall, or anything else, which lets them rise.
        bounds: Of the target; 0 and 1 make it fit the logit.
        draws: Of its bootstrap; 0 for the constants themselves, which no draw takes part in.
        seed: Of its bootstrap.

    Raises:
        ValueError: The law does not take these features.
    """
    import polars
    from simple_scaling_laws import fit
    from simple_scaling_laws.metrics import from_fitting_scale

    x, y, z = rows
    target = "test_loss__y" if role == "loss" else "test_metric__y"
    columns = [f"{'dataset' if j else 'model'}_size__x{j}" for j in range(x.shape[1])]
    runs = polars.DataFrame(
        {"training_run_id": [str(i) for i in range(len(y))], target: y}
        | {name: x[:, j] for j, name in enumerate(columns)}
    )
    points = polars.DataFrame({name: z[:, j] for j, name in enumerate(columns)})
    support = "unit" if list(bounds) == [0.0, 1.0] else "real"
    described = {
        target: {"support": support, "direction": "lower" if role == "loss" else "higher"}
    }
    model = fit(
        runs,
        law=law,
        primary_target=target,
        targets=described,
        n_draws=max(draws, 1),
        seed=seed,
    )
    if draws:
        return model.predict(points)[f"{target}__median"].to_numpy()
    values = model.law.evaluate(model.fits[target].params, model.fitting_predictors(points))
    return from_fitting_scale(values, model.target_kind(target))


PEERS: dict[str, Callable[..., dict[str, Any]]] = {
    "pyoperon": operon,
    "gplearn": gplearn,
    "scipy": scipy_sum_of_powers,
    "simple-scaling-laws": simple_scaling_laws,
}


def run_peer(name: str, rows: Path, seconds: float, seed: int) -> None:
    """Search with a peer in this process and print what it says of the test features."""
    data = np.load(rows)
    said = PEERS[name](data["x"], data["y"], data["z"], seconds, seed)
    print(json.dumps({kind: np.asarray(v, dtype=float).tolist() for kind, v in said.items()}))


def search(task: Any, test: Any, seconds: float, seed: int) -> dict[str, Any]:
    """What this engine's forecast and its champion say."""
    from evolve.scoring.combine import combine
    from evolve.search.memory import search_in_memory
    from evolve.search.problem import make_search_problem

    choice = search_in_memory(make_search_problem(task, seed), NEVER, 0, seconds=seconds)
    assert choice is not None
    names = [task.group_names[g] for g in test.group]
    values = np.array([f.fitted.predict(test.X, names) for f in choice.finalists])
    weights = np.array([f.weight for f in choice.finalists])
    forecast = combine(values, weights)[0]
    return {"forecast": forecast, "champion": choice.champion.fitted.predict(test.X, names)}


def measure(name: str, given: tuple[Any, Any, Path], seconds: float, seed: int) -> None:
    """Run one method for so long and print a line for each of its answers."""
    task, test, rows = given
    began = time.monotonic()
    if name == "evolve":
        said = search(task, test, seconds, seed)
    else:
        python = os.environ.get("PYTHON_PEERS", sys.executable)
        words = [python, __file__, "--peer", name, "--rows", str(rows)]
        words += ["--seconds", str(seconds), "--seeds", str(seed)]
        ended = subprocess.run(words, check=True, capture_output=True, text=True)
        said = json.loads(ended.stdout.splitlines()[-1])
    took = time.monotonic() - began
    for kind, values in said.items():
        gap = test.Y - np.reshape(np.asarray(values, dtype=float), test.Y.shape)
        r2 = 1.0 - float(np.mean(gap**2) / test.Y.var())
        print(f"{seconds:4g} s  seed {seed}  {name:9} {kind:24} R2 {r2:9.4f}  {took:5.1f} s wall")


def main() -> None:
    """Read the command line; print a line for each budget, seed, method and answer."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--task", default="data_constrained")
    parser.add_argument("--seconds", default="2 10 60")
    parser.add_argument("--seeds", default="0 1 2")
    parser.add_argument("--methods", default=" ".join(METHODS))
    parser.add_argument("--peer", choices=list(PEERS), help=argparse.SUPPRESS)
    parser.add_argument("--rows", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.peer:
        run_peer(given.peer, given.rows, float(given.seconds), int(given.seeds))
        return
    sys.path.insert(0, str(ROOT))
    from evolve.fitting.fit import warm
    from evolve.tasks.task import load_task, load_test

    task = load_task(given.task)
    test = load_test(task)
    if task.n_groups > 1 or len(task.target_names) > 1:
        parser.error(f"--task {given.task}: the peers take one group and one target")
    warm()
    with tempfile.TemporaryDirectory() as folder:
        rows, units = Path(folder) / "rows.npz", np.median(task.train.X, axis=0)
        x, z = task.train.X / units, test.X / units
        np.savez(rows, x=x, y=task.train.Y[:, 0], z=z)
        for seconds in map(float, given.seconds.split()):
            for seed in map(int, given.seeds.split()):
                for name in given.methods.split():
                    measure(name, (task, test, rows), seconds, seed)


if __name__ == "__main__":
    main()
