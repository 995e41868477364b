"""Whether systems come out best as often as the chance that `compare` gives them says.

    python benchmarks/chances.py 45

Each time three systems follow the sum of powers of Hoffmann et al. 2022 (equation 2), with
constants that differ by 0.2, 1, 3 or 10 %. Each is fitted to 25 runs with noise of 1 %, one new
run of each is made at ten times the largest, and the lowest of the three is the best. The form of
the law is known here, so that no rivals widen the intervals.
"""

from __future__ import annotations

import argparse
from itertools import pairwise

import numpy as np
import pandas as pd

import evolve
from evolve.api.named import NamedFit
from evolve.forecast.ranking import rank
from evolve.forecast.sides import make_sides
from evolve.typing import Array

N_SYSTEMS = 3
CONSTANTS = np.array([1.8, 0.9, 0.3, 0.7, 0.4])
DIFFERENT = (0.002, 0.01, 0.03, 0.1)  # deviation of the logarithms of constants
NOISE = 0.01
SIZES, DATA = np.geomspace(2e7, 2e9, 5), np.geomspace(1e9, 1e11, 5)
AT = {"params": 2e10, "tokens": 1e12}
ENDS = (0.0, 0.2, 0.5, 0.8, 1.0)


def loss(constants: Array, params: Array, tokens: Array) -> Array:
    """The loss that a system would have without noise."""
    floor, a, alpha, b, beta = constants
    return np.asarray(floor + a * (params / 1e9) ** -alpha + b * (tokens / 1e10) ** -beta)


def fitted(constants: Array, rng: np.random.Generator) -> NamedFit:
    """The law fitted to a grid of runs of a system."""
    params, tokens = (part.ravel() for part in np.meshgrid(SIZES, DATA))
    values = loss(constants, params, tokens) * np.exp(NOISE * rng.standard_normal(len(params)))
    frame = pd.DataFrame({"params": params, "tokens": tokens, "loss": values})
    return evolve.fit_named_law(frame, "loss", "hoffmann_2022")


def once(share: float, seed: int) -> list[tuple[float, bool]]:
    """Each system's chance, and whether it came out best."""
    rng = np.random.default_rng(seed)
    moved = np.exp(share * rng.standard_normal((N_SYSTEMS, len(CONSTANTS))))
    fits = [fitted(constants, rng) for constants in CONSTANTS * moved]
    tasks, models = [fit.task for fit in fits], [fit.forecast_model for fit in fits]
    standings = rank(make_sides(tasks, models, group=None, target=None, level=0.9), AT).standings
    place = np.array([AT["params"]]), np.array([AT["tokens"]])
    made = [float(loss(constants, *place)[0]) for constants in CONSTANTS * moved]
    new = np.array(made) * np.exp(NOISE * rng.standard_normal(N_SYSTEMS))
    return [(each.chance, i == new.argmin()) for i, each in enumerate(standings)]


def main() -> None:
    """Print how often systems of like chances came out best."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("n", type=int, nargs="?", default=45, help="times three systems of each")
    n = parser.parse_args().n
    print("differ by  chance      systems   mean   came out best")
    for share in DIFFERENT:
        said, came = np.array([pair for seed in range(n) for pair in once(share, seed)]).T
        for low, high in pairwise(ENDS):
            own = (said >= low) & ((said < high) | (high == ENDS[-1]))
            if own.any():
                words = f"{share:9.1%}  {low:.1f} to {high:.1f} {own.sum():9}"
                print(f"{words} {said[own].mean():8.3f} {came[own].mean():8.3f}", flush=True)


if __name__ == "__main__":
    main()
