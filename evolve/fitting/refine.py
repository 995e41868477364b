"""Refine starts to minima: Levenberg-Marquardt with free linear constants, problems side by side.

Damping follows Nielsen 1999. Constants in which the law is linear stay undamped, and those that
are logarithms of amplitudes step as the amplitudes would, which is Kaufman's (1975) variant of
variable projection (Golub & Pereyra 1973).

Every lane goes through the starts of one problem, one after the other, and then takes the next.
In each round all lanes have their costs computed at once, and their normal matrices where any
lane has found better constants. What comes of a problem does not depend on those beside it.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from evolve.fitting.compiled import inlined, pasted
from evolve.fitting.step import keep_derivatives, take_step
from evolve.fitting.workspace import (
    FREE,
    IDLE,
    Aim,
    CompiledLaw,
    Data,
    Ends,
    Parts,
    Workspace,
    place_problem,
)
from evolve.typing import Array, Ints

CONVERGED, STEP_LIMIT, NOT_FINITE = 0, 1, 2
AGREE = 1.001  # costs that differ by a smaller factor are one
FIRST_DAMPING = 1e-3
CHECK_EVERY = 10  # steps between looks at how fast the cost falls
OPEN = -1  # in place of a status, while a start goes on


class Problems(NamedTuple):
    """Problems that are refined together.

    Attributes:
        law: The law.
        data: The rows of all problems.
        offsets: `(q + 1,)` where each problem's rows begin.
        aim: What is minimised.
        ends: The starts, overwritten with where they end.
        order: Numbers of the problems to refine, those with most rows first.
        parts: Parts of the kernel that are compiled by themselves.
    """

    law: CompiledLaw
    data: Data
    offsets: Ints
    aim: Aim
    ends: Ends
    order: Ints
    parts: Parts


class Lanes(NamedTuple):
    """Where each lane stands: `(n_lanes,)` arrays, and their workspace.

    Attributes:
        problem: Number of its problem, FREE or IDLE.
        start: Number of the start.
        n_steps: Trial steps taken from it; -1 while its own cost is not known.
        small: Steps that hardly gained, one after the other.
        n_agree: Starts that met at the problem's lowest cost.
        status: How the start ended, or OPEN.
        is_better: Whether the trial is better than what was found before.
        cost: Lowest cost so far.
        before: Cost when it was last looked at.
        lam: Damping.
        grow: Factor by which it grows.
        gain: What the trial step promises.
        goal: Lowest cost of the problem's starts; steps that hardly near it are given up.
        noise: Largest error of a cost by rounding, over the root of the cost.
        n_taken: Problems that were taken by any lane, in the first place.
        work: The workspace.
    """

    problem: Ints
    start: Ints
    n_steps: Ints
    small: Ints
    n_agree: Ints
    status: Ints
    is_better: Ints
    cost: Array
    before: Array
    lam: Array
    grow: Array
    gain: Array
    goal: Array
    noise: Array
    n_taken: Ints
    work: Workspace


@pasted
def lanes_of(whole: Ints, real: Array, work: Workspace) -> Lanes:
    """Free lanes: `(8, LANES)` and `(7, LANES)` numbers, and their workspace."""
    for i in range(whole.shape[0]):
        for lane in range(whole.shape[1]):
            whole[i, lane] = FREE
    whole[7, 0] = 0
    return Lanes(
        whole[0], whole[1], whole[2], whole[3], whole[4], whole[5], whole[6],
        real[0], real[1], real[2], real[3], real[4], real[5], real[6], whole[7], work,
    )  # fmt: skip


@pasted
def advance(problems: Problems, lanes: Lanes, lane: int) -> bool:
    """Fill a lane's trial constants with what comes next; False where nothing is left."""
    while True:
        if lanes.status[lane] != OPEN:
            _end(problems, lanes, lane)
        if lanes.problem[lane] == FREE:
            _take(problems, lanes, lane)
        q = lanes.problem[lane]
        if q == IDLE:
            return False
        c = problems.ends.constants[q, lanes.start[lane]]
        if lanes.n_steps[lane] < 0:
            if _copy(c, lanes.work.trial[lane]):
                return True
            lanes.status[lane] = NOT_FINITE
            continue
        lanes.n_steps[lane] += 1
        n = problems.offsets[q + 1] - problems.offsets[q]
        gain = take_step(
            problems.law, lanes.work, lane, problems.aim, q, c, lanes.lam[lane], n, problems.parts
        )
        lanes.gain[lane] = gain
        if gain > 0.0:
            return True
        _reject(problems.aim, lanes, lane)
        _look(problems.aim, lanes, lane)


@pasted
def _take(problems: Problems, lanes: Lanes, lane: int) -> None:
    """Put the next problem into a lane, if there is one."""
    lanes.problem[lane] = IDLE
    if lanes.n_taken[0] == problems.order.shape[0]:
        return
    q, data = problems.order[lanes.n_taken[0]], problems.data
    lo, hi = problems.offsets[q], problems.offsets[q + 1]
    place_problem(data, lo, hi, problems.aim.f_scales[q], lanes.work, lane)
    lanes.n_taken[0] += 1
    lanes.problem[lane], lanes.n_agree[lane], lanes.goal[lane] = q, 0, math.inf
    lanes.start[lane], lanes.n_steps[lane] = 0, -1
    total = 0.0
    for i in range(lo, hi):
        total += data.w[i] * data.y[i] * data.y[i]
    lanes.noise[lane] = 2e-15 * math.sqrt(total) if problems.aim.careful else 0.0


@inlined
def _copy(source: Array, target: Array) -> bool:
    """Copy constants; whether all of them are numbers."""
    fine = True
    for k in range(source.shape[0]):
        target[k] = source[k]
        fine = fine and source[k] == source[k]
    return fine


@pasted
def judge(problems: Problems, lanes: Lanes, lane: int) -> bool:
    """Take or refuse a lane's trial constants, whose cost is known but for the prior's."""
    lanes.is_better[lane] = 0
    q, aim, trial = lanes.problem[lane], problems.aim, lanes.work.trial[lane]
    if q == IDLE:
        return False
    new = lanes.work.totals[lane]
    for k in range(trial.shape[0]):
        new += 0.5 * aim.prior_weight[q, k] * (trial[k] - aim.prior_mean[q, k]) ** 2
    if lanes.n_steps[lane] < 0:
        if not math.isfinite(new):
            lanes.status[lane] = NOT_FINITE
            return False
        lanes.lam[lane], lanes.grow[lane], lanes.small[lane] = FIRST_DAMPING, 2.0, 0
    else:
        cost, gain = lanes.cost[lane], lanes.gain[lane]
        slack = lanes.noise[lane] * math.sqrt(cost)
        if not new < cost + slack:
            _reject(aim, lanes, lane)
            _look(aim, lanes, lane)
            return False
        ratio = (cost - new) / gain if cost - new > slack else 1.0
        lanes.small[lane] = lanes.small[lane] + 1 if gain < 10.0 * _close(aim) * cost else 0
        lam = lanes.lam[lane] * max(0.1, 1.0 - (2.0 * ratio - 1.0) ** 3)
        lanes.lam[lane], lanes.grow[lane] = max(lam, 1e-12), 2.0
        _copy(trial, problems.ends.constants[q, lanes.start[lane]])
    lanes.cost[lane], lanes.is_better[lane] = new, 1
    return True


@inlined
def _close(aim: Aim) -> float:
    """Share of a cost that counts as nothing."""
    return 1e-24 if aim.careful else 1e-7


@inlined
def _reject(aim: Aim, lanes: Lanes, lane: int) -> None:
    """Damp a lane's next step more."""
    gain, close = lanes.gain[lane], _close(aim)
    if 0.0 < gain <= close * lanes.cost[lane] and lanes.lam[lane] < 1.0:
        lanes.small[lane] = 2
    lanes.lam[lane] *= lanes.grow[lane]
    lanes.grow[lane] *= 2.0


@pasted
def move(problems: Problems, lanes: Lanes, lane: int) -> None:
    """Take over normal matrix and gradient, where a lane's trial constants are better."""
    if lanes.is_better[lane] == 0:
        return
    work, aim, q = lanes.work, problems.aim, lanes.problem[lane]
    h, grad, c = work.h[lane], work.grad[lane], work.trial[lane]
    p, finite = c.shape[0], True
    for k in range(p):
        for m in range(k + 1):
            h[k, m] = h[m, k] = work.sums[k, m, lane]
        h[k, k] += aim.prior_weight[q, k]
        grad[k] = work.sums[k, p, lane] + aim.prior_weight[q, k] * (c[k] - aim.prior_mean[q, k])
        finite = finite and math.isfinite(grad[k]) and math.isfinite(h[k, k])
    if aim.careful:
        keep_derivatives(problems.law, work, lane)
    if lanes.n_steps[lane] < 0:
        lanes.n_steps[lane], lanes.before[lane] = 0, lanes.cost[lane]
    if finite:
        _look(problems.aim, lanes, lane)
    else:
        lanes.status[lane] = NOT_FINITE


@inlined
def _look(aim: Aim, lanes: Lanes, lane: int) -> None:
    """End a lane's start where another step would be of no use."""
    cost, count, looks = lanes.cost[lane], lanes.n_steps[lane], False
    if count % CHECK_EVERY == 0 and count > 0:
        looks = lanes.before[lane] - cost < 0.05 * (cost - lanes.goal[lane])
        lanes.before[lane] = cost
    if lanes.small[lane] >= 2:
        lanes.status[lane] = CONVERGED
    elif looks or lanes.lam[lane] > 1e15 or count >= aim.max_steps:
        lanes.status[lane] = STEP_LIMIT


@pasted
def _end(problems: Problems, lanes: Lanes, lane: int) -> None:
    """Write down where a lane's start ended, and go on to the next start or problem."""
    q, s, ends, work = lanes.problem[lane], lanes.start[lane], problems.ends, lanes.work
    status = lanes.status[lane]
    cost = math.inf if status == NOT_FINITE else lanes.cost[lane]
    ends.costs[q, s], ends.statuses[q, s, 0] = cost, status
    ends.statuses[q, s, 1] = max(lanes.n_steps[lane], 0)
    n_agree = 0 if cost * AGREE < lanes.goal[lane] else lanes.n_agree[lane]
    lanes.goal[lane] = min(lanes.goal[lane], cost)
    n_agree += ends.stands_for[q, s] if cost <= lanes.goal[lane] * AGREE else 0
    lanes.n_agree[lane] = n_agree
    at = min(s, ends.normal.shape[1] - 1)
    # Where the law is not finite, the workspace still holds the previous start's.
    finite = status != NOT_FINITE
    for k in range(ends.constants.shape[2]):
        ends.grad[q, at, k] = work.grad[lane, k] if finite else 0.0
        for m in range(ends.constants.shape[2]):
            ends.normal[q, at, k, m] = work.h[lane, k, m] if finite else 0.0
    lanes.start[lane], lanes.n_steps[lane], lanes.status[lane] = s + 1, -1, OPEN
    if s + 1 == ends.constants.shape[1] or (n_agree >= problems.aim.enough and finite):
        lanes.problem[lane] = FREE
