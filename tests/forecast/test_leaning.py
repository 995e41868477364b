"""Rows to one side of a law are told of; even noise and a corner that a law misses are not."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import pytest

from evolve.forecast.leaning import FEWEST_ROWS, leaning_of, leans_of
from evolve.tasks.table import Table


def rows(noise: np.ndarray, scale: float = 0.02) -> tuple[Table, np.ndarray]:
    """A table whose targets are a law times noise, and the law's predictions."""
    n = len(noise)
    law = np.linspace(4.0, 2.0, n)[:, None]
    y = law * np.exp(scale * noise[:, None])
    return Table(np.arange(1.0, n + 1)[:, None], y, np.zeros(n, dtype=int)), law


def test_noise_of_one_sign_leans_to_its_side() -> None:
    noise = np.random.default_rng(1).exponential(size=60) - 1.0
    above, below = ends(leaning_of(*rows(noise), relative=True))
    assert above > 2 * below
    above, below = ends(leaning_of(*rows(-noise), relative=False))
    assert below > 2 * above


def ends(text: str) -> tuple[float, float]:
    match = re.search(r"up to ([\d.]+)(?: %)? above the law, ([\d.]+)(?: %)? below", text)
    assert match, text
    return float(match[1]), float(match[2])


@pytest.mark.parametrize("seed", range(20))
def test_even_noise_does_not_lean_nor_does_one_row_far_off(seed: int) -> None:
    noise = np.random.default_rng(seed).normal(size=60)
    assert leaning_of(*rows(noise), relative=True) == ""
    noise[7] = 40.0
    assert leaning_of(*rows(noise), relative=True) == ""


EVEN: dict[str, Callable[[np.random.Generator, int], np.ndarray]] = {
    "normal": lambda rng, n: rng.normal(size=n),
    "laplace": lambda rng, n: rng.laplace(size=n),
    "student": lambda rng, n: rng.standard_t(3, size=n),
}


@pytest.mark.parametrize("n", [24, 100])
@pytest.mark.parametrize("kind", EVEN)
def test_a_fitted_law_leans_in_few_tables_of_even_noise_and_in_most_with_bad_runs(
    kind: str, n: int
) -> None:
    found = {"even": 0, "some lost": 0}
    for seed in range(100):
        rng = np.random.default_rng([seed, n])
        noise = 0.01 * EVEN[kind](rng, n)
        lost = np.where(rng.random(n) < 0.2, rng.uniform(0.1, 0.3, n), 0.0)
        logs = np.column_stack([np.ones(n), rng.uniform(-4.0, 4.0, (n, 2))])
        for name, log_y in {"even": noise, "some lost": noise + lost}.items():
            told = log_y + logs @ [1.0, -0.3, -0.2]
            fitted = logs @ np.linalg.lstsq(logs, told, rcond=None)[0]
            table = Table(np.exp(logs[:, 1:]), np.exp(told)[:, None], np.zeros(n, dtype=int))
            found[name] += leans_of(table, np.exp(fitted)[:, None], relative=True)[0] is not None
    assert found["even"] <= 5
    assert found["some lost"] > (15 if n == 24 else 85)


def test_rows_to_one_side_are_counted_from_the_farthest() -> None:
    noise = np.random.default_rng(0).normal(size=60)
    noise[[5, 17, 23, 40]] = -9.0, -14.0, -20.0, -12.0
    (lean,) = leans_of(*rows(noise), relative=True)
    assert lean is not None
    assert not lean.above
    assert lean.rows.tolist() == [23, 17, 40, 5]


def test_a_corner_that_the_law_misses_does_not_lean_nor_do_points_of_one_run() -> None:
    noise = np.random.default_rng(0).normal(size=60)
    strewn, corner = noise.copy(), noise.copy()
    strewn[[3, 12, 25, 37, 44, 55]] += 15.0
    corner[:6] += 15.0
    assert leaning_of(*rows(strewn), relative=True)
    assert leaning_of(*rows(corner), relative=True) == ""
    table, law = rows(strewn)
    curves = Table(table.X, table.Y, table.group, run=np.arange(60) // 20)
    assert leaning_of(curves, law, relative=True) == ""


def test_few_rows_and_residuals_of_no_account_say_nothing() -> None:
    noise = np.random.default_rng(0).exponential(size=60) ** 2
    assert leaning_of(*rows(noise, 1e-6), relative=True) == ""
    assert leaning_of(*rows(noise, 0.1), relative=True) == ""
    table, law = rows(noise, 0.005)
    assert leaning_of(table, law, relative=True)
    few = table.at(np.arange(FEWEST_ROWS - 1))
    assert leaning_of(few, law[: FEWEST_ROWS - 1], relative=True) == ""
