"""What is asked of a program's answer beyond its form: shapes, finite numbers, no dependence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from evolve.sandbox.outcome import Outcome


def random_batches(X: Sequence[np.ndarray], seed: int) -> list[tuple[int, np.ndarray]]:
    """Group number and rows of two random batches a group, all in random order."""
    rng, batches = np.random.default_rng([seed, 0x5A7C]), []
    for i, x in enumerate(X):
        order, half = rng.permutation(len(x)), (len(x) + 1) // 2
        batches += [(i, rows) for rows in (order[:half], order[half:]) if len(rows)]
    return [batches[k] for k in rng.permutation(len(batches))]


def compared(
    outcome: Outcome,
    batches: Sequence[tuple[int, np.ndarray]],
    predictions: Sequence[np.ndarray],
    tolerance: float,
) -> Outcome:
    """The predictions of batches put together, or a failure where they differ."""
    if not outcome.ok:
        return outcome
    again = [np.full_like(whole, np.nan) for whole in predictions]
    for (i, rows), part in zip(batches, outcome.arrays, strict=True):
        if part.size != again[i][rows].size:
            return refused(outcome, f"predictions: their shape depends on the rows (group {i})")
        again[i][rows] = part.reshape(again[i][rows].shape)
    for i, (merged, whole) in enumerate(zip(again, predictions, strict=True)):
        if not np.allclose(merged, whole, rtol=tolerance, atol=0.0):
            return refused(outcome, f"predictions: depend on the batch of rows (group {i})")
    return replace(outcome, arrays=tuple(again))


def checked(outcome: Outcome, what: str, n_rows: list[int] | list[None]) -> Outcome:
    """`outcome`, or a failure if its arrays are not what was asked for."""
    if not outcome.ok:
        return outcome
    arrays, message = outcome.arrays, ""
    if len(arrays) != len(n_rows):
        message = f"{what}: {len(n_rows)} groups expected, {len(arrays)} came"
    for i, (array, n) in enumerate(zip(arrays, n_rows, strict=False)):
        is_empty = n is not None and n > 0 and not array.size
        if array.ndim > 2 or is_empty or (n is not None and array.shape[:1] != (n,)):
            message = f"{what}: expected shape ({n}, …) for group {i}, got {array.shape}"
        elif not np.isfinite(array).all():
            where = tuple(int(k) for k in np.argwhere(~np.isfinite(array))[0])
            message = f"{what}: must be finite, group {i} holds {array[where]} at {where}"
        if message:
            break
    return refused(outcome, message) if message else outcome


def refused(outcome: Outcome, message: str) -> Outcome:
    """The failure in place of an answer that is not what was asked for."""
    return replace(outcome, status="bad-answer", message=message, arrays=())
