"""The compiled entry: refine every start of some problems in one call.

The same statements run compiled (numba) or as plain Python over numpy rows; only the functions
that go over rows differ, and a test holds the two to the same numbers.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from evolve.fitting.beside import compile_beside, is_wanted_beside
from evolve.fitting.compiled import entry
from evolve.fitting.cost import costs_at, normals_at
from evolve.fitting.loss import losses_at
from evolve.fitting.primitives import backward_at, forward_at
from evolve.fitting.refine import Problems, advance, judge, lanes_of, move
from evolve.fitting.solve import by_reflections_at
from evolve.fitting.workspace import (
    LANES,
    Aim,
    CompiledLaw,
    Data,
    Ends,
    Parts,
    make_room,
    workspace_of,
)
from evolve.typing import Array, Ints


def refine(
    law: CompiledLaw, data: Data, offsets: Ints, aim: Aim, ends: Ends, order: Ints, n_large: int
) -> None:
    """Refine every start of every problem.

    Args:
        law: The law.
        data: The rows of all problems; problem `q` has rows ``offsets[q]:offsets[q + 1]``.
        offsets: `(q + 1,)`.
        aim: What is minimised.
        ends: The starts, overwritten with where they end.
        order: `(q,)` numbers of the problems, those with most rows first.
        n_large: Problems with so many rows that each is refined alone.
    """
    most_rows, side_by_side = offsets[order[0] + 1] - offsets[order[0]], 0
    if n_large < len(order):
        side_by_side = LANES * (offsets[order[n_large] + 1] - offsets[order[n_large]])
    room = make_room(law, len(data.columns), max(most_rows, side_by_side), most_rows)
    whole, real = np.zeros((8, LANES), dtype=np.int64), np.zeros((7, LANES))

    def arguments(parts: Parts) -> tuple[Problems, int, Ints, Array, Array]:
        problems = Problems(law, data, offsets, aim, ends, order, parts)
        return problems, n_large, whole, real, room

    if is_wanted_beside():
        compile_beside(run, arguments(Parts(0, 0, 0, 0)), all_parts)
    run(*arguments(all_parts()))


@lru_cache(maxsize=1)
def all_parts() -> Parts:
    """What the kernel calls that is compiled by itself, or loaded."""
    return Parts(forward_at(), backward_at(), losses_at(), by_reflections_at())


@entry
def run(problems: Problems, n_large: int, whole: Ints, real: Array, room: Array) -> None:
    """Refine every start of some problems, one or as many as there are lanes at a time.

    Every lane goes through the starts of one problem, one after the other, and then takes the
    next. In each round all lanes have their costs computed at once, and their normal matrices
    where any lane has found better constants. What comes of a problem does not depend on those
    beside it.

    Args:
        problems: All of them, those with most rows first.
        n_large: How many of them are refined alone.
        whole: `(8, LANES)` room for where the lanes stand, as `Lanes` names it.
        real: `(7, LANES)` likewise.
        room: From `make_room`.
    """
    law, data, offsets, aim, ends, order, parts = problems
    n_columns = data.columns.shape[0]
    n_small = order.shape[0] - n_large
    for i in range(n_large + (n_small > 0)):
        end, n_lanes = (i + 1, 1) if i < n_large else (order.shape[0], LANES)
        turn = Problems(law, data, offsets, aim, ends, order[i:end], parts)
        n = offsets[order[i] + 1] - offsets[order[i]]
        lanes = lanes_of(whole, real, workspace_of(room, law, n_columns, n, n_lanes))
        while True:
            n_asking, n_better = 0, 0
            for lane in range(n_lanes):
                n_asking += advance(turn, lanes, lane)
            if n_asking == 0:
                break
            costs_at(law, n_columns, aim.loss, lanes.work, parts)
            for lane in range(n_lanes):
                n_better += judge(turn, lanes, lane)
            if n_better > 0:
                normals_at(law, aim.loss, lanes.work, parts)
                for lane in range(n_lanes):
                    move(turn, lanes, lane)
