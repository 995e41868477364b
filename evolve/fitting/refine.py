"""Refine a start to a minimum: Levenberg-Marquardt with free linear constants.

Damping follows Nielsen 1999. Constants in which the law is linear stay undamped, and those that
are logarithms of amplitudes step as the amplitudes would, which is Kaufman's (1975) variant of
variable projection (Golub & Pereyra 1973).
"""

from __future__ import annotations

import math

import numpy as np

from evolve.fitting.compiled import jit
from evolve.fitting.cost import CompiledLaw, Data, Objective, Workspace, cost_at, normal_at
from evolve.fitting.solve import solve_exact, solve_normal
from evolve.typing import Array

CONVERGED, STEP_LIMIT, NOT_FINITE = 0, 1, 2
FIRST_DAMPING = 1e-3
CHECK_EVERY = 10  # steps between looks at how fast the cost falls
LARGEST_STEP = 4.0  # of a nonlinear constant, over 1 + its size
SOLVABLE = 1e-14
WELL_POSED = 1e-10  # full precision: a step still gains five digits


@jit
def refine(
    law: CompiledLaw, data: Data, objective: Objective, work: Workspace, c: Array,
    max_steps: int, careful: bool, goal: float,
) -> tuple[float, int, int]:  # fmt: skip
    """Minimise from `c`, in place.

    Args:
        law: The law.
        data: Its rows.
        objective: What is minimised.
        work: Arrays to work in; `h` and `grad` are left as they are at the end.
        c: `(p,)` start, overwritten with the minimum.
        max_steps: Most trial steps.
        careful: Go on to full precision, solving by reflections.
        goal: Cost that another start has reached; steps that hardly near it are given up.

    Returns:
        Cost, status and trial steps taken.
    """
    trial = work.extra[2]
    cost = cost_at(law, data, objective, work, c)
    if not math.isfinite(cost) or not normal_at(law, data, objective, work, c):
        return math.inf, NOT_FINITE, 0
    lam, grow, small, cost_before = FIRST_DAMPING, 2.0, 0, cost
    close = 1e-24 if careful else 1e-7
    noise = _noise(data) if careful else 0.0
    for count in range(1, max_steps + 1):
        gain = _step(law, objective, work, c, lam, careful)
        new = cost_at(law, data, objective, work, trial) if gain > 0.0 else math.inf
        slack = noise * math.sqrt(cost)
        if new < cost + slack:
            ratio = (cost - new) / gain if cost - new > slack else 1.0
            small = small + 1 if gain < 10.0 * close * cost else 0
            _copy(trial, c)
            cost = new
            lam = max(lam * max(0.1, 1.0 - (2.0 * ratio - 1.0) ** 3), 1e-12)
            grow = 2.0
            if not normal_at(law, data, objective, work, c):
                return math.inf, NOT_FINITE, count
        else:
            small = 2 if 0.0 < gain <= close * cost and lam < 1.0 else small
            lam, grow = lam * grow, grow * 2.0
        if small >= 2:
            return cost, CONVERGED, count
        if lam > 1e15 or (count % CHECK_EVERY == 0 and cost_before - cost < 0.05 * (cost - goal)):
            return cost, STEP_LIMIT, count
        cost_before = cost if count % CHECK_EVERY == 0 else cost_before
    return cost, STEP_LIMIT, max_steps


@jit
def _noise(data: Data) -> float:
    """Largest error of a cost by rounding, over the root of the cost."""
    total = 0.0
    for i in range(data.y.shape[0]):
        total += data.w[i] * data.y[i] * data.y[i]
    return 2e-15 * math.sqrt(total)


@jit
def _copy(source: Array, target: Array) -> None:
    for k in range(source.shape[0]):
        target[k] = source[k]


@jit
def _hold(law: CompiledLaw, work: Workspace, step: Array, damping: Array) -> bool:
    """Raise the damping of amplitudes that a step would turn negative; whether there were any."""
    held = False
    for k in range(step.shape[0]):
        if law.kind[k] == 2 and step[k] < -0.9 and damping[k] < work.h[k, k]:
            damping[k] = 1e4 * work.h[k, k]
            held = True
    return held


@jit
def _careful_step(
    law: CompiledLaw, work: Workspace, objective: Objective, c: Array, damping: Array, step: Array
) -> bool:
    """The damped step from the weighted rows themselves instead of their normal matrix."""
    p, n = work.jac.shape
    a, b = np.zeros((p, n + p)), np.zeros(n + p)
    for i in range(n):
        root = math.sqrt(work.curvature[i])
        b[i] = -work.psi[i] / root if root > 0.0 else 0.0
        for k in range(p):
            a[k, i] = work.g[law.rows[k], i] * root
    for k in range(p):
        stiff = math.sqrt(damping[k] + objective.prior_weight[k])
        a[k, n + k] = stiff
        if objective.prior_weight[k] > 0.0:
            b[n + k] = -objective.prior_weight[k] * (c[k] - objective.prior_mean[k]) / stiff
    return solve_exact(a, b, step)


@jit
def _step(
    law: CompiledLaw, objective: Objective, work: Workspace, c: Array, lam: float, careful: bool
) -> float:
    """Fill the trial constants with a damped step; returns the gain it promises, 0 for none.

    Damping is in proportion to the curvature, and next to nothing for linear constants. An
    amplitude that would turn negative is held, and the step is taken without it. Steps far
    beyond the size of a constant are not trusted.
    """
    step, damping, trial = work.extra[0], work.extra[1], work.extra[2]
    for k in range(c.shape[0]):
        fraction = lam if law.kind[k] == 0 else 1e-10
        damping[k] = fraction * work.h[k, k] + 1e-12 * (1.0 + lam)
    for _ in range(3):
        least = WELL_POSED if careful else SOLVABLE
        solved = solve_normal(work.h, work.grad, damping, work.low, step, least)
        if careful and not solved:
            solved = _careful_step(law, work, objective, c, damping, step)
        if not solved:
            return 0.0
        if not _hold(law, work, step, damping):
            break
    gain = 0.0
    for k in range(c.shape[0]):
        if law.kind[k] == 0 and abs(step[k]) > LARGEST_STEP * (1.0 + abs(c[k])):
            return 0.0
        gain += 0.5 * step[k] * (damping[k] * step[k] - work.grad[k])
        move = step[k]
        if law.kind[k] == 2:
            move = math.log1p(move) if move > -0.9 else math.log(0.1)
        trial[k] = min(max(c[k] + move, -objective.box[k]), objective.box[k])
    return gain
