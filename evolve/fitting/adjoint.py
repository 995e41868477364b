"""Reverse sweep of a tape (reverse-mode derivatives): its operations, and each derivative's row.

A slot that is used once as a summand shares the row of its sum, so sums cost nothing; slots
without constants below them get no row at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from evolve.fitting.primitives import BACK, FORWARD
from evolve.typing import Ints

Step = tuple[int, int, int]  # an operation and its two argument slots, -1 for none

# For each operation and argument: reverse operation, and which of a, b, o(ut) are its x and y.
RULES: dict[str, tuple[tuple[str, str], ...]] = {
    "add": (("copy", "oo"), ("copy", "oo")),
    "sub": (("copy", "oo"), ("minus", "oo")),
    "mul": (("times", "bb"), ("times", "aa")),
    "div": (("over", "bb"), ("quotient", "bo")),
    "neg": (("minus", "oo"),),
    "square": (("double", "aa"),),
    "max": (("above", "ab"), ("below", "ab")),
    "min": (("below", "ab"), ("above", "ab")),
    "exp": (("times", "oo"),),
    "powc": (("powc", "ob"),),
    "log": (("over", "aa"),),
    "log1p": (("shifted", "aa"),),
    "sqrt": (("root", "oo"),),
    "abs": (("sign", "aa"),),
    "tanh": (("flat", "oo"),),
    "expm1": (("raised", "oo"),),
    "pow": (("base", "ab"), ("exponent", "ao")),
    "logaddexp": (("share", "ao"), ("share", "bo")),
    "sin": (("sine", "aa"),),
    "cos": (("cosine", "aa"),),
    "arctan": (("circle", "aa"),),
}


@dataclass(slots=True)
class Sweep:
    """A reverse sweep.

    Attributes:
        back: `(m, 5)` as `primitives.backward` runs it; row 0 is the derivative by the root.
        rows: Row of each slot that has one.
        n_rows: Rows in all.
    """

    back: list[tuple[int, int, int, int, int]] = field(default_factory=list)
    rows: dict[int, int] = field(default_factory=dict)
    n_rows: int = 1

    def new_row(self) -> int:
        """The number of one more row."""
        self.n_rows += 1
        return self.n_rows - 1


def reverse_sweep(steps: Sequence[Step], base: int, first: int, n_constants: int) -> Sweep:
    """The reverse sweep of a tape.

    Args:
        steps: Operations and their argument slots.
        base: Slot of the first step.
        first: Slot of the first constant.
        n_constants: Number of constants; each gets a row, of zeros where it is not used.

    Returns:
        The sweep.
    """
    needed, uses = _needs(steps, base, first, n_constants)
    sweep = Sweep()
    sweep.rows[base + len(steps) - 1] = 0
    for i in range(len(steps) - 1, -1, -1):
        op, a, b = steps[i]
        slots = {"a": a, "b": b, "o": base + i}
        for arg, (name, at) in zip((a, b), RULES[FORWARD[op]], strict=False):
            if arg in needed and base + i in sweep.rows:
                _put(sweep, name, sweep.rows[base + i], slots[at[0]], slots[at[1]], arg, uses[arg])
    for k in range(first, first + n_constants):
        if k not in sweep.rows:
            sweep.rows[k] = sweep.new_row()
    return sweep


def _needs(
    steps: Sequence[Step], base: int, first: int, n_constants: int
) -> tuple[set[int], dict[int, int]]:
    """Slots that a constant acts on, and how many derivatives each of them gathers."""
    needed = set(range(first, first + n_constants))
    uses: dict[int, int] = {}
    for i, (op, a, b) in enumerate(steps):
        args = (a, b)[: len(RULES[FORWARD[op]])]
        if needed.intersection(args):
            needed.add(base + i)
        for arg in args:
            uses[arg] = uses.get(arg, 0) + 1
    return needed, uses


def _put(sweep: Sweep, name: str, go: int, x: int, y: int, arg: int, uses: int) -> None:
    """One contribution to the derivative by slot `arg`."""
    if name == "copy" and uses == 1:
        sweep.rows[arg] = go
        return
    if arg not in sweep.rows:
        sweep.rows[arg] = sweep.new_row()
        sweep.back.append((BACK[name], go, x, y, sweep.rows[arg]))
        return
    if name != "copy":
        extra = sweep.new_row()
        sweep.back.append((BACK[name], go, x, y, extra))
        go = extra
    sweep.back.append((BACK["join"], go, x, y, sweep.rows[arg]))


def as_table(sweep: Sweep) -> Ints:
    """`(m, 5)` table of a sweep's operations."""
    return np.array(sweep.back, dtype=np.int64).reshape(-1, 5)
