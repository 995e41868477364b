"""Rows that scatter to one side of a law are said to do so; rows that scatter evenly are not."""

from __future__ import annotations

import re

import numpy as np
import pytest

from evolve.forecast.leaning import FEWEST_ROWS, leaning_of
from evolve.tasks.table import Table


def rows(noise: np.ndarray, scale: float = 0.02) -> tuple[Table, np.ndarray]:
    """A table whose targets are a law times noise, and the law's predictions."""
    n = len(noise)
    law = np.linspace(4.0, 2.0, n)[:, None]
    y = law * np.exp(scale * noise[:, None])
    return Table(np.arange(1.0, n + 1)[:, None], y, np.zeros(n, dtype=int)), law


def test_noise_of_one_sign_leans_to_its_side() -> None:
    noise = np.random.default_rng(0).exponential(size=60) - 1.0
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


def test_few_rows_and_residuals_of_no_account_say_nothing() -> None:
    noise = np.random.default_rng(0).exponential(size=60) ** 2
    assert leaning_of(*rows(noise, 1e-6), relative=True) == ""
    assert leaning_of(*rows(noise, 0.1), relative=True) == ""
    table, law = rows(noise, 0.005)
    assert leaning_of(table, law, relative=True)
    few = table.at(np.arange(FEWEST_ROWS - 1))
    assert leaning_of(few, law[: FEWEST_ROWS - 1], relative=True) == ""
