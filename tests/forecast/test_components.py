"""Noise is put down to runs, to test sets that they share, and to single rows."""

from __future__ import annotations

import numpy as np
import pytest

from evolve.forecast.components import variance_components
from evolve.typing import Array, Ints

RUNS, SETS, TIMES = 24, 6, 2
KNOWN = {"runs": 0.3**2, "sets": 0.5**2, "within": 0.2**2}


def design(keep: float, rng: np.random.Generator) -> tuple[Ints, Ints, Array]:
    """Runs and sets of rows, some left out, and slopes of a line in what a run is set to."""
    run, of_set = (part.ravel() for part in np.mgrid[:RUNS, :SETS, :TIMES][:2])
    kept = rng.random(len(run)) < keep
    run, of_set = run[kept], of_set[kept]
    return run, of_set, np.column_stack([np.ones(len(run)), np.log(1.0 + run)])


def residuals(run: Ints, of_set: Ints, slopes: Array, rng: np.random.Generator) -> Array:
    deviations = {name: np.sqrt(variance) for name, variance in KNOWN.items()}
    y = deviations["runs"] * rng.standard_normal(RUNS)[run]
    y += deviations["sets"] * rng.standard_normal(SETS)[of_set]
    y += deviations["within"] * rng.standard_normal(len(run))
    left: Array = y - slopes @ np.linalg.lstsq(slopes, y, rcond=None)[0]
    return left


@pytest.mark.parametrize("keep", [1.0, 0.6])
def test_variances_are_those_that_rows_were_made_with(keep: float) -> None:
    rng = np.random.default_rng(5)
    found = []
    for _ in range(300):
        run, of_set, slopes = design(keep, rng)
        left = residuals(run, of_set, slopes, rng)
        found.append(variance_components(left, slopes, [run, of_set]))
    values = np.array(found)
    error = values.std(axis=0) / np.sqrt(len(values))
    known = np.array(list(KNOWN.values()))
    assert (np.abs(values.mean(axis=0) - known) < 4 * error).all()
    assert (error < 0.06 * known).all()


def test_a_set_left_out_of_the_question_is_noise_of_rows() -> None:
    rng = np.random.default_rng(6)
    run, of_set, slopes = design(1.0, rng)
    left = residuals(run, of_set, slopes, rng)
    both = variance_components(left, slopes, [run, of_set])
    alone = variance_components(left, slopes, [run])
    assert both is not None
    assert alone is not None
    assert alone[-1] > 2 * both[-1]


def test_what_rows_do_not_tell_apart_has_no_answer() -> None:
    rng = np.random.default_rng(7)
    run, of_set, slopes = design(1.0, rng)
    left = residuals(run, of_set, slopes, rng)
    once = np.arange(len(run))
    assert variance_components(left, slopes, [once]) is None
    assert variance_components(left, slopes, [run, run]) is None
    assert variance_components(left, np.ones((len(run), 10**5)), [run]) is None
    assert variance_components(np.full(len(run), np.nan), slopes, [run]) is None
