"""One damped step of a fit: by the normal matrix, or by the rows themselves for full precision."""

from __future__ import annotations

import math

from evolve.fitting.compiled import inlined, pasted
from evolve.fitting.solve import by_reflections, solve_normal
from evolve.fitting.workspace import Aim, CompiledLaw, Parts, Workspace
from evolve.typing import Array

LARGEST_STEP = 4.0  # of a nonlinear constant, over 1 + its size
SOLVABLE = 1e-14
WELL_POSED = 1e-10  # full precision: a step still gains five digits


@inlined
def _hold(law: CompiledLaw, h: Array, step: Array, damping: Array) -> bool:
    """Raise the damping of amplitudes that a step would turn negative; whether there were any."""
    held = False
    for k in range(step.shape[0]):
        if law.kind[k] == 2 and step[k] < -0.9 and damping[k] < h[k, k]:
            damping[k] = 1e4 * h[k, k]
            held = True
    return held


@pasted
def keep_derivatives(law: CompiledLaw, work: Workspace, lane: int) -> None:
    """Keep what `careful_step` takes of a lane, as long as none better is found."""
    p, n_lanes = law.kind.shape[0], work.totals.shape[0]
    for i in range(lane, work.psi.shape[0], n_lanes):
        work.kept[p, i], work.kept[p + 1, i] = work.psi[i], work.curvature[i]
        for k in range(p):
            work.kept[k, i] = work.g[law.rows[k], i]


@pasted
def _careful_step(
    law: CompiledLaw, work: Workspace, lane: int, aim: Aim, q: int, c: Array, n: int, parts: Parts
) -> bool:
    """The damped step from the weighted rows themselves instead of their normal matrix."""
    p, n_lanes = law.kind.shape[0], work.totals.shape[0]
    damping, weight = work.damping, aim.prior_weight[q]
    a, b = work.reflected, work.reflected[p]
    for i in range(n):
        at = i * n_lanes + lane
        root = math.sqrt(work.kept[p + 1, at])
        b[i] = -work.kept[p, at] / root if root > 0.0 else 0.0
        for k in range(p):
            a[k, i] = work.kept[k, at] * root
    for k in range(p):
        for i in range(n, n + p):
            a[k, i] = 0.0
        b[n + k] = 0.0
        stiff = math.sqrt(damping[k] + weight[k])
        a[k, n + k] = stiff
        if weight[k] > 0.0:
            b[n + k] = -weight[k] * (c[k] - aim.prior_mean[q, k]) / stiff
    solved: bool = by_reflections(parts.by_reflections, a, b, work.step, n + p)
    return solved


@pasted
def take_step(
    law: CompiledLaw,
    work: Workspace,
    lane: int,
    aim: Aim,
    q: int,
    c: Array,
    lam: float,
    n: int,
    parts: Parts,
) -> float:
    """Fill the trial constants with a damped step; returns the gain it promises, 0 for none.

    Damping is in proportion to the curvature, and next to nothing for linear constants. An
    amplitude that would turn negative is held, and the step is taken without it. Steps far
    beyond the size of a constant are not trusted.

    Args:
        law: The law.
        work: Its workspace.
        lane: Which lane.
        aim: What is minimised.
        q: The problem in the lane.
        c: `(p,)` its constants.
        lam: Damping of nonlinear constants.
        n: Rows of the problem.
        parts: What solves.
    """
    h, grad, trial = work.h[lane], work.grad[lane], work.trial[lane]
    step, damping = work.step, work.damping
    for k in range(c.shape[0]):
        fraction = lam if law.kind[k] == 0 else 1e-10
        damping[k] = fraction * h[k, k] + 1e-12 * (1.0 + lam)
    for _ in range(3):
        least = WELL_POSED if aim.careful else SOLVABLE
        solved = solve_normal(h, grad, damping, work.low, step, least)
        if aim.careful and not solved:
            solved = _careful_step(law, work, lane, aim, q, c, n, parts)
        if not solved:
            return 0.0
        if not _hold(law, h, step, damping):
            break
    gain = 0.0
    for k in range(c.shape[0]):
        if law.kind[k] == 0 and abs(step[k]) > LARGEST_STEP * (1.0 + abs(c[k])):
            return 0.0
        gain += 0.5 * step[k] * (damping[k] * step[k] - grad[k])
        move = step[k]
        if law.kind[k] == 2:
            move = math.log1p(move) if move > -0.9 else math.log(0.1)
        trial[k] = min(max(c[k] + move, -aim.box[k]), aim.box[k])
    return gain
