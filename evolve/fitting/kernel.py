"""The compiled entry: refine every start of many problems in one call.

The same statements run compiled (numba) or as plain Python over numpy rows; only the functions
that go over rows differ, and a test holds the two to the same numbers.
"""

from __future__ import annotations

from evolve.fitting.compiled import entry
from evolve.fitting.refine import Problems, refine
from evolve.fitting.workspace import LANES, Aim, CompiledLaw, Data, Ends
from evolve.typing import Ints


@entry
def run(
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
    # One call, which is compiled once: a number that is written in a call is a type of its own.
    n_small = order.shape[0] - n_large
    for i in range(n_large + (n_small > 0)):
        end, n_lanes = (i + 1, 1) if i < n_large else (order.shape[0], LANES)
        refine(Problems(law, data, offsets, aim, ends, order[i:end]), n_lanes)
