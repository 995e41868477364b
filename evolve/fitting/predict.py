"""Values of a law on rows that each have constants of their own, by its tape."""

from __future__ import annotations

from collections.abc import MutableMapping

import numpy as np

from evolve.fitting.compiled import COMPILED, entry, jit
from evolve.fitting.primitives import forward, forward_at
from evolve.fitting.tape import Tape
from evolve.law.graph import Node
from evolve.typing import Array, Ints

BLOCK = 512  # rows at a time, so that they stay in the cache

Columns = MutableMapping[Node, Array]


def predicted(tape: Tape, x: Array, at: Ints, constants: Array, columns: Columns) -> Array:
    """Value of a law on rows of raw features.

    Args:
        tape: The law.
        x: `(n, f)` raw features, as the target sees them.
        at: `(n,)` which of the constants each row has.
        constants: `(k, p)` constants.
        columns: Values of subtrees without a constant on these rows, filled in.

    Returns:
        `(n,)` values; not finite where the law is not defined.
    """
    out = yielded(tape, tape.column_values(x, columns), at, constants)
    with np.errstate(all="ignore"):
        return np.exp(out) if tape.log_output else out


def yielded(tape: Tape, table: Array, at: Ints, constants: Array) -> Array:
    """`(n,)` what a tape yields: a law's values, or their logarithms.

    Args:
        tape: The law.
        table: `(n_columns, n)` values of its subtrees without a constant.
        at: As in `predicted`.
        constants: Likewise.
    """
    n = len(at)
    n_slots = len(table) + constants.shape[1] + len(tape.literals) + len(tape.steps)
    v, out = np.zeros((n_slots, max(min(BLOCK, n), 1))), np.empty(n)
    with np.errstate(all="ignore"):
        run_tape(
            tape.steps,
            tape.literals,
            table,
            np.ascontiguousarray(constants),
            at,
            v,
            out,
            forward_at(),
        )
    return out


def _place_loops(
    v: Array, columns: Array, constants: Array, literals: Array, at: Ints, begin: int, n: int
) -> None:
    """Fill the slots that are given for `n` rows from `begin` on."""
    first, p = columns.shape[0], constants.shape[1]
    for k in range(first):
        for i in range(n):
            v[k, i] = columns[k, begin + i]
    for k in range(p):
        for i in range(n):
            v[first + k, i] = constants[at[begin + i], k]
    for k in range(literals.shape[0]):
        for i in range(n):
            v[first + p + k, i] = literals[k]


def _place_rows(
    v: Array, columns: Array, constants: Array, literals: Array, at: Ints, begin: int, n: int
) -> None:
    first, last = len(columns), len(columns) + constants.shape[1]
    v[:first, :n] = columns[:, begin : begin + n]
    v[first:last, :n] = constants[at[begin : begin + n]].T
    v[last : last + len(literals), :n] = literals[:, None]


place = jit(_place_loops) if COMPILED else _place_rows


@entry
def run_tape(
    steps: Ints,
    literals: Array,
    columns: Array,
    constants: Array,
    at: Ints,
    v: Array,
    out: Array,
    sweep: int,
) -> None:
    """Fill `out`, `(n,)`, with a law's values.

    Args:
        steps: `(n_steps, 3)` as in `Tape`.
        literals: `(n_literals,)` likewise.
        columns: `(n_columns, n)` values of the constant-free subtrees.
        constants: `(k, p)` constants.
        at: `(n,)` which of them each row has.
        v: `(n_slots, block)` room for so many rows at a time.
        out: Filled.
        sweep: Address of the sweep over a law's steps.
    """
    base, block = v.shape[0] - steps.shape[0], v.shape[1]
    for begin in range(0, out.shape[0], block):
        n = min(block, out.shape[0] - begin)
        place(v, columns, constants, literals, at, begin, n)
        forward(sweep, steps, base, v)
        for i in range(n):  # a slice would bring numba's checks of shapes along
            out[begin + i] = v[v.shape[0] - 1, i]
