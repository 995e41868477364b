"""What the kernel takes and what it works in: laws, rows, and the arrays of one fit or several."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from evolve.fitting.compiled import pasted
from evolve.typing import Array, Ints

LANES = 8  # small problems that are fitted side by side
FREE, IDLE = -1, -2  # in place of a problem's number: the lane takes the next; none is left


class CompiledLaw(NamedTuple):
    """A law as the kernel takes it; see `Tape` for the fields they share.

    Attributes:
        log_rows: Residuals are log(law) - y, with y in logs.
    """

    steps: Ints
    back: Ints
    rows: Ints
    n_rows: int
    literals: Array
    kind: Ints
    role: Ints
    log_rows: bool


class Data(NamedTuple):
    """Rows of one problem: `(n_columns, n)` columns, `(n,)` targets and `(n,)` weights."""

    columns: Array
    y: Array
    w: Array


class Parts(NamedTuple):
    """Addresses of what is compiled by itself, as `parts.part` says."""

    forward: int
    backward: int
    losses: int
    by_reflections: int


class Aim(NamedTuple):
    """What is minimised in every problem, and how far.

    Attributes:
        loss: L2, HUBER or CAUCHY.
        f_scales: `(q,)` residual at which a robust loss bends, in the units of the residual.
        prior_mean: `(q, p)` centres of the Gaussian priors.
        prior_weight: `(q, p)` their precisions, 0 for none.
        box: `(p,)` largest size of each constant.
        careful: Go to full precision, solving by reflections where a normal matrix is not enough.
        max_steps: Most trial steps from a start; with 0 starts are judged where they are.
        enough: Starts that meet at a problem's lowest cost, after which it is left.
    """

    loss: int
    f_scales: Array
    prior_mean: Array
    prior_weight: Array
    box: Array
    careful: bool
    max_steps: int
    enough: int


class Ends(NamedTuple):
    """Starts of every problem, and where they end.

    Attributes:
        constants: `(q, s, p)` starts, overwritten.
        stands_for: `(q, s)` how many starts each counts as.
        costs: `(q, s)` filled with costs, inf where the law is not finite.
        statuses: `(q, s, 2)` filled with status and steps taken.
        normal: `(q, s or 1, p, p)` filled with J W J^T + prior at the end points (or the
            last one), zeros where the law is not finite.
        grad: `(q, s or 1, p)` filled with the gradients there, zeros likewise.
    """

    constants: Array
    stands_for: Ints
    costs: Array
    statuses: Ints
    normal: Array
    grad: Array


class Workspace(NamedTuple):
    """Arrays in which one problem, or `LANES` small ones side by side, are fitted.

    Side by side, value `i * LANES + l` of a row belongs to row `i` of the problem in lane `l`, so
    that one operation serves all lanes; a problem with fewer rows than others repeats its last
    one without weight. `m` is the number of rows times that of lanes.

    Attributes:
        v: `(n_slots, m)` values.
        g: `(n_rows, m)` derivatives.
        y: `(m,)` targets.
        w: `(m,)` weights.
        bend: `(m,)` where a robust loss bends, in the units of the residual.
        r: `(m,)` residuals.
        psi: `(m,)` first derivative of the loss (its influence function), weighted.
        curvature: `(m,)` its second derivative, kept positive.
        jac: `(p, m)` derivatives by the constants, weighted.
        kept: `(p + 2, m)` derivatives, psi and curvature where a lane was last found better.
        sums: `(p, p + 1, n_lanes)` normal matrices and gradients without priors.
        totals: `(n_lanes,)` costs.
        h: `(n_lanes, p, p)` normal matrices.
        grad: `(n_lanes, p)` gradients.
        trial: `(n_lanes, p)` constants to be tried.
        low: `(p, p)` factor of a damped `h`.
        step: `(p,)` step.
        damping: `(p,)` its damping.
        reflected: `(p + 1, n + p)` the rows of one lane, damping and the right-hand side.
    """

    v: Array
    g: Array
    y: Array
    w: Array
    bend: Array
    r: Array
    psi: Array
    curvature: Array
    jac: Array
    kept: Array
    sums: Array
    totals: Array
    h: Array
    grad: Array
    trial: Array
    low: Array
    step: Array
    damping: Array
    reflected: Array


class Sizes(NamedTuple):
    """How many numbers the arrays of a workspace take.

    Attributes:
        n_slots: Rows of values.
        n_wide: Rows of one number a row of the problem and lane, those of values the first.
        n_lane: Numbers of a lane, without its total.
        n_once: Numbers of all lanes together, without what is reflected.
    """

    n_slots: int
    n_wide: int
    n_lane: int
    n_once: int


def sizes_of(law: CompiledLaw, n_columns: int) -> Sizes:
    """The sizes for a law and its subtrees without constants."""
    p = law.kind.shape[0]
    n_slots = n_columns + p + law.literals.shape[0] + law.steps.shape[0]
    return Sizes(n_slots, n_slots + law.n_rows + 8 + 2 * p, p * (2 * p + 3), p * (p + 2))


_sizes_of = pasted(sizes_of)


def make_room(law: CompiledLaw, n_columns: int, most: int, most_rows: int) -> Array:
    """Numbers enough for every workspace of some problems.

    Args:
        law: Their law.
        n_columns: Its subtrees without constants.
        most: Most values in a row of a workspace.
        most_rows: Rows of the largest problem.
    """
    p, sizes = law.kind.shape[0], sizes_of(law, n_columns)
    n_reflected = (p + 1) * (most_rows + p)
    lanes = (sizes.n_lane + 1) * LANES
    return np.empty(sizes.n_wide * most + lanes + sizes.n_once + n_reflected)


@pasted
def _table(room: Array, begin: int, n: int, m: int) -> Array:
    return room[begin : begin + n * m].reshape(n, m)


@pasted
def _tables(room: Array, begin: int, k: int, n: int, m: int) -> Array:
    return room[begin : begin + k * n * m].reshape(k, n, m)


@pasted
def workspace_of(room: Array, law: CompiledLaw, n_columns: int, n: int, n_lanes: int) -> Workspace:
    """A workspace for `n` rows of each lane within a room, with the law's literals in place."""
    p, m, n_rows = law.kind.shape[0], n * n_lanes, law.n_rows
    n_slots, n_wide, n_lane, n_once = _sizes_of(law, n_columns)
    pl = p * n_lanes
    for i in range(n_wide * m + n_lane * n_lanes):
        room[i] = 0.0
    v, g = _table(room, 0, n_slots, m), _table(room, n_slots * m, n_rows, m)
    for k in range(law.literals.shape[0]):
        for i in range(m):
            v[n_columns + p + k, i] = law.literals[k]
    rows = _table(room, (n_slots + n_rows) * m, 8 + 2 * p, m)
    at = n_wide * m
    sums, h = _tables(room, at, p, p + 1, n_lanes), _tables(room, at + pl * (p + 1), n_lanes, p, p)
    at += pl * (2 * p + 1)
    few = _table(room, at, 2 * n_lanes + p + 2, p)
    at += pl * 2 + n_once
    reflected = _table(room, at, p + 1, n + p)
    return Workspace(
        v, g, rows[0], rows[1], rows[2], rows[3], rows[4], rows[5], rows[6 : 6 + p],
        rows[6 + p :], sums, room[room.shape[0] - n_lanes :], h, few[:n_lanes],
        few[n_lanes : 2 * n_lanes], few[2 * n_lanes + 2 :], few[2 * n_lanes],
        few[2 * n_lanes + 1], reflected,
    )  # fmt: skip


@pasted
def place_problem(
    data: Data, lo: int, hi: int, f_scale: float, work: Workspace, lane: int
) -> None:
    """Put the rows of a problem into its lane."""
    n_columns, n_lanes = data.columns.shape[0], work.totals.shape[0]
    for i in range(work.y.shape[0] // n_lanes):
        at, row = i * n_lanes + lane, min(lo + i, hi - 1)
        work.y[at] = data.y[row]
        work.w[at] = data.w[row] if lo + i < hi else 0.0
        work.bend[at] = f_scale
        for k in range(n_columns):
            work.v[k, at] = data.columns[k, row]
