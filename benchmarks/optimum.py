"""Whether the range that `plan` gives for the best model size holds the true one.

    python benchmarks/optimum.py 30

Each table is five isoFLOP levels of seven runs after a law that is known: a sum of powers
(Hoffmann et al. 2022, equation 2) or, for one in four, a power of a sum. Noise multiplies the
loss by 0.1, 0.3 or 1 %. The range is asked for at ten times the compute of the last level.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable

import numpy as np
import pandas as pd

import evolve
from evolve.typing import Array

COMPUTE = "6*params*tokens"
LEVELS = np.geomspace(1e18, 1e20, 5)
BUDGET = 1e21
NOISE = (0.001, 0.003, 0.01)
KAPPA = 0.7

Loss = Callable[[Array, Array], Array]


def law_of(seed: int, rng: np.random.Generator) -> Loss:
    """Loss by parameters and tokens; every fourth a power of a sum."""
    (alpha, beta), floor = rng.uniform(0.25, 0.45, 2), rng.uniform(1.2, 2.0)
    a, b = rng.uniform(0.3, 0.9, 2)

    def loss(params: Array, tokens: Array) -> Array:
        by_size, by_tokens = a * (params / 3e8) ** -alpha, b * (tokens / 1e10) ** -beta
        if seed % 4 == 3:
            mixed = (by_size ** (1 / KAPPA) + by_tokens ** (1 / KAPPA)) ** KAPPA
            return np.asarray(1.5 * mixed + (floor if seed % 8 == 3 else 0.0))
        return np.asarray(floor + by_size + by_tokens)

    return loss


def best_of(loss: Loss, budget: float) -> float:
    """Parameters of the run with the least loss of a budget."""
    params = np.geomspace(1e6, 1e13, 200_001)
    return float(params[np.argmin(loss(params, budget / 6 / params))])


def table(seed: int) -> tuple[pd.DataFrame, float]:
    """Runs of a table, and the true best parameters at the budget."""
    rng = np.random.default_rng(seed)
    loss = law_of(seed, rng)
    runs = []
    for compute in LEVELS:
        shift = np.exp(rng.normal(0.0, 0.15, 7))
        params = best_of(loss, compute) * np.geomspace(0.25, 4.0, 7) * shift
        tokens = compute / 6 / params
        noise = np.exp(rng.normal(0.0, NOISE[seed % len(NOISE)], 7))
        runs.append(np.column_stack([params, tokens, loss(params, tokens) * noise]))
    frame = pd.DataFrame(np.concatenate(runs), columns=["params", "tokens", "loss"])
    return frame, best_of(loss, BUDGET)


def main() -> None:
    """Search the tables and count."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("tables", type=int, nargs="?", default=30)
    parser.add_argument("--evaluations", type=int, default=300)
    asked = parser.parse_args()
    held, widths = 0, []
    for seed in range(asked.tables):
        frame, truth = table(seed)
        with tempfile.TemporaryDirectory() as folder:
            told = {"evaluations": asked.evaluations, "seed": seed, "runs_dir": folder}
            run = evolve.discover(frame, "loss", ["params", "tokens"], progress=False, **told)
            plan = run.plan(budget=BUDGET, compute=COMPUTE)
        if plan.ranges is None or plan.ranges.empty:
            print(f"table {seed}: no range")
            continue
        low, high = plan.ranges.loc["params"]
        held += int(low <= truth <= high)
        widths.append(high / low)
        word = "holds" if low <= truth <= high else "misses"
        print(f"table {seed}: {low:.3g} to {high:.3g} {word} {truth:.3g}", flush=True)
    print(f"{held} of {asked.tables} held; median width a factor of {np.median(widths):.2f}")


if __name__ == "__main__":
    main()
