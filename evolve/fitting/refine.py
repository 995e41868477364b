"""Turns a start into a minimum: Levenberg-Marquardt with free linear constants.

Damping follows Nielsen 1999. Constants in which the law is linear stay undamped, and those that
are logarithms of amplitudes step as the amplitudes would, which is Kaufman's (1975) variant of
variable projection (Golub & Pereyra 1973).
"""

from __future__ import annotations

import math

import numpy as np

from evolve.fitting.compiled import jit
from evolve.fitting.cost import Aim, Curve, Data, Desk, slope, value
from evolve.fitting.solve import solve_exact, solve_normal
from evolve.typing import Array

CONVERGED, STEP_LIMIT, NOT_FINITE = 0, 1, 2
FIRST_DAMPING = 1e-3
PATIENCE = 10
REACH = 4.0
SOLVABLE = 1e-14
WELL_POSED = 1e-10  # a walk to full precision still gains five digits a step


@jit
def refine(
    curve: Curve, data: Data, aim: Aim, desk: Desk, c: Array,
    max_steps: int, careful: bool, goal: float,
) -> tuple[float, int, int]:  # fmt: skip
    """Walk downhill from `c`, in place.

    Args:
        curve: The law.
        data: Its rows.
        aim: What is minimised.
        desk: Room; `h` and `grad` are left as they are at the answer.
        c: `(p,)` start, overwritten with the answer.
        max_steps: Most trial steps.
        careful: Go on to full precision, solving by reflections.
        goal: Cost of another start's answer; a walk that hardly nears it is given up.

    Returns:
        Cost, status and trial steps taken.
    """
    trial = desk.extra[2]
    cost = value(curve, data, aim, desk, c)
    if not math.isfinite(cost) or not slope(curve, data, aim, desk, c):
        return math.inf, NOT_FINITE, 0
    lam, grow, small, mark = FIRST_DAMPING, 2.0, 0, cost
    close = 1e-24 if careful else 1e-7
    noise = _noise(data) if careful else 0.0
    for count in range(1, max_steps + 1):
        gain = _step(curve, aim, desk, c, lam, careful)
        new = value(curve, data, aim, desk, trial) if gain > 0.0 else math.inf
        slack = noise * math.sqrt(cost)
        if new < cost + slack:
            ratio = (cost - new) / gain if cost - new > slack else 1.0
            small = small + 1 if gain < 10.0 * close * cost else 0
            _copy(trial, c)
            cost = new
            lam = max(lam * max(0.1, 1.0 - (2.0 * ratio - 1.0) ** 3), 1e-12)
            grow = 2.0
            if not slope(curve, data, aim, desk, c):
                return math.inf, NOT_FINITE, count
        else:
            small = 2 if 0.0 < gain <= close * cost and lam < 1.0 else small
            lam, grow = lam * grow, grow * 2.0
        if small >= 2:
            return cost, CONVERGED, count
        if lam > 1e15 or (count % PATIENCE == 0 and mark - cost < 0.05 * (cost - goal)):
            return cost, STEP_LIMIT, count
        mark = cost if count % PATIENCE == 0 else mark
    return cost, STEP_LIMIT, max_steps


@jit
def _noise(data: Data) -> float:
    """What rounding may add to a cost, over the root of the cost."""
    total = 0.0
    for i in range(data.y.shape[0]):
        total += data.w[i] * data.y[i] * data.y[i]
    return 2e-15 * math.sqrt(total)


@jit
def _copy(source: Array, target: Array) -> None:
    for k in range(source.shape[0]):
        target[k] = source[k]


@jit
def _hold(curve: Curve, desk: Desk, step: Array, damping: Array) -> bool:
    """Stiffen amplitudes that a step would turn negative; whether there were any."""
    held = False
    for k in range(step.shape[0]):
        if curve.kind[k] == 2 and step[k] < -0.9 and damping[k] < desk.h[k, k]:
            damping[k] = 1e4 * desk.h[k, k]
            held = True
    return held


@jit
def _careful_step(
    curve: Curve, desk: Desk, aim: Aim, c: Array, damping: Array, step: Array
) -> bool:
    """The damped step from the weighted rows themselves instead of their normal matrix."""
    p, n = desk.jac.shape
    a, b = np.zeros((p, n + p)), np.zeros(n + p)
    for i in range(n):
        root = math.sqrt(desk.bend[i])
        b[i] = -desk.pull[i] / root if root > 0.0 else 0.0
        for k in range(p):
            a[k, i] = desk.g[curve.rows[k], i] * root
    for k in range(p):
        stiff = math.sqrt(damping[k] + aim.weight[k])
        a[k, n + k] = stiff
        if aim.weight[k] > 0.0:
            b[n + k] = -aim.weight[k] * (c[k] - aim.mean[k]) / stiff
    return solve_exact(a, b, step)


@jit
def _step(curve: Curve, aim: Aim, desk: Desk, c: Array, lam: float, careful: bool) -> float:
    """Fill the trial constants with a damped step; returns the gain it promises, 0 for none.

    Damping is in proportion to the curvature, and next to nothing for linear constants. An
    amplitude that would turn negative is held, and the step is taken without it. Steps far
    beyond the size of a constant are not trusted.
    """
    step, damping, trial = desk.extra[0], desk.extra[1], desk.extra[2]
    for k in range(c.shape[0]):
        share = lam if curve.kind[k] == 0 else 1e-10
        damping[k] = share * desk.h[k, k] + 1e-12 * (1.0 + lam)
    for _ in range(3):
        least = WELL_POSED if careful else SOLVABLE
        solved = solve_normal(desk.h, desk.grad, damping, desk.low, step, least)
        if careful and not solved:
            solved = _careful_step(curve, desk, aim, c, damping, step)
        if not solved:
            return 0.0
        if not _hold(curve, desk, step, damping):
            break
    gain = 0.0
    for k in range(c.shape[0]):
        if curve.kind[k] == 0 and abs(step[k]) > REACH * (1.0 + abs(c[k])):
            return 0.0
        gain += 0.5 * step[k] * (damping[k] * step[k] - desk.grad[k])
        move = step[k]
        if curve.kind[k] == 2:
            move = math.log1p(move) if move > -0.9 else math.log(0.1)
        trial[k] = min(max(c[k] + move, -aim.box[k]), aim.box[k])
    return gain
