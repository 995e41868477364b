"""Turns tapes, rows and starts into fitted constants: Levenberg-Marquardt over many problems.

The same statements run compiled (numba) or as plain Python over numpy rows; only the row-wise
primitives differ, and a test holds the two to the same numbers.

Robust losses enter as iteratively re-weighted least squares (Holland & Welsch 1977); damping
follows Nielsen 1999. Constants in which the law is linear, and the logarithms of positive
amplitudes, are solved for exactly at every starting point (variable projection, Golub &
Pereyra 1973), and stay undamped afterwards, which is Kaufman's (1975) variant of it.
"""

from __future__ import annotations

import math

import numpy as np

from evolve.law.graph import Array
from evolve.law.primitives import Ints, backward, forward, jit, normal

L2, HUBER, CAUCHY = 0, 1, 2
CONVERGED, ITERATION_LIMIT, NOT_FINITE = 0, 1, 2
LIMIT = 60.0
TINY = 1e-300


@jit
def _losses(r: Array, w: Array, loss: int, width: float, weight: Array) -> float:
    """Fill `weight`, `(n,)`, with w * rho'(r)/r and return the sum of w * rho(r)."""
    total = 0.0
    for i in range(r.shape[0]):
        if loss == 0:
            weight[i] = w[i]
            total += w[i] * 0.5 * r[i] * r[i]
        elif loss == 2:
            u = (r[i] / width) ** 2
            weight[i] = w[i] / (1.0 + u)
            total += w[i] * 0.5 * width * width * math.log1p(u)
        else:
            size = abs(r[i])
            if size <= width:
                weight[i] = w[i]
                total += w[i] * 0.5 * size * size
            else:
                weight[i] = w[i] * width / size
                total += w[i] * width * (size - 0.5 * width)
    return total


@jit
def _solve(h: Array, grad: Array, damping: Array, step: Array) -> bool:
    """Solve (h + diag(damping)) step = -grad by Cholesky; False where not positive definite."""
    p = grad.shape[0]
    low = np.zeros((p, p))
    for i in range(p):
        for j in range(i + 1):
            total = h[i, j]
            if i == j:
                total += damping[i]
            for k in range(j):
                total -= low[i, k] * low[j, k]
            if i == j:
                if not total > 1e-14 * (h[i, i] + damping[i]):
                    return False
                low[i, i] = math.sqrt(total)
            else:
                low[i, j] = total / low[j, j]
    for i in range(p):
        total = -grad[i]
        for k in range(i):
            total -= low[i, k] * step[k]
        step[i] = total / low[i, i]
    for i in range(p - 1, -1, -1):
        total = step[i]
        for k in range(i + 1, p):
            total -= low[k, i] * step[k]
        step[i] = total / low[i, i]
    return True


@jit
def _run(
    steps: Ints, base: int, first: int, c: Array, v: Array, y: Array, log_rows: bool, r: Array
) -> bool:
    """Fill residuals `r` = law - y (or log law - y) for constants `c`; False if not finite."""
    for k in range(c.shape[0]):
        v[first + k, :] = c[k]
    forward(steps, base, v)
    out = v[base + steps.shape[0] - 1]
    ok = True
    for i in range(y.shape[0]):
        value = out[i]
        if log_rows:
            value = math.log(value) if value > 0.0 else math.nan
        r[i] = value - y[i]
        if not math.isfinite(r[i]):
            ok = False
    return ok


@jit
def _derive(steps: Ints, base: int, v: Array, g: Array, log_rows: bool) -> None:
    """Fill `g` with the derivatives of the output (or of its log) by every slot."""
    g[:] = 0.0
    last = base + steps.shape[0] - 1
    if log_rows:
        g[last, :] = 1.0 / v[last]
    else:
        g[last, :] = 1.0
    backward(steps, base, v, g)


@jit
def _place(role: Ints, u: Array, columns: Array, c: Array) -> None:
    """Spread starting values over the scale of the columns that the constants meet."""
    for k in range(c.shape[0]):
        sign = 1.0 if u[k] >= 0.5 else -1.0
        t = abs(2.0 * u[k] - 1.0)
        mean, spread = 0.0, 1.0
        if role[k, 1] >= 0:
            mean, spread = _moments(columns[role[k, 1]])
        if role[k, 0] == 1:
            c[k] = sign * 0.05 * 40.0**t / spread
        elif role[k, 0] == 2:
            c[k] = sign * (abs(mean) + spread) * 4.0 ** (2.0 * t - 1.0)
        else:
            c[k] = sign * 0.1 * 30.0**t


@jit
def _moments(column: Array) -> tuple[float, float]:
    """Mean and standard deviation of the finite values (1 where there is no spread)."""
    n, total, square = 0, 0.0, 0.0
    for value in column:
        if math.isfinite(value):
            n += 1
            total += value
    mean = total / max(n, 1)
    for value in column:
        if math.isfinite(value):
            square += (value - mean) ** 2
    spread = math.sqrt(square / max(n, 1))
    return mean, spread if spread > 1e-12 else 1.0


@jit
def _project(
    steps: Ints, base: int, first: int, kind: Ints, log_rows: bool, c: Array,
    v: Array, g: Array, y: Array, w: Array, r: Array,
) -> bool:  # fmt: skip
    """Solve exactly for the linear constants and amplitudes at the others' values, in `c`.

    Amplitudes that come out negative are set to a thousandth of the target's spread and the
    rest is solved again.
    """
    p = c.shape[0]
    for k in range(p):
        if kind[k] != 0:
            c[k] = 0.0
    target = np.exp(y) if log_rows else y
    scale = w / np.maximum(target * target, 1e-300) if log_rows else w
    if not _run(steps, base, first, c, v, target, False, r):
        return False
    _derive(steps, base, v, g, False)
    active = np.zeros(p, dtype=np.int64)
    for k in range(p):
        if kind[k] == 2:
            r -= g[first + k]
        active[k] = 1 if kind[k] != 0 else 0
    spread = _moments(target)[1]
    for _ in range(4):
        if not _amplitudes(first, kind, active, scale, spread, g, r, c):
            break
    return True


@jit
def _amplitudes(
    first: int, kind: Ints, active: Ints, w: Array, spread: float, g: Array, r: Array, c: Array
) -> bool:
    """One pass of `_project`; True if an amplitude was negative and is now held fixed."""
    index = np.nonzero(active == 1)[0]
    m = index.shape[0]
    if m == 0:
        return False
    jac = np.empty((m, r.shape[0]))
    for i in range(m):
        jac[i] = g[first + index[i]]
    h, grad, ridge, x = np.empty((m, m)), np.empty(m), np.empty(m), np.empty(m)
    normal(jac, w, r, h, grad)
    for i in range(m):
        ridge[i] = 1e-9 * h[i, i] + TINY
    if not _solve(h, grad, ridge, x):
        return False
    again = False
    for i in range(m):
        k = index[i]
        if kind[k] == 1:
            c[k] = x[i]
        elif x[i] > 0.0:
            c[k] = math.log(x[i])
        else:
            size = max(np.abs(jac[i]).mean(), 1e-12)
            c[k] = math.log(1e-3 * spread / size)
            active[k] = 0
            r += jac[i] * math.exp(c[k])
            again = True
    return again


@jit
def _refine(
    steps: Ints, base: int, first: int, kind: Ints, log_rows: bool, c: Array,
    v: Array, g: Array, y: Array, w: Array, loss: int, width: float,
    prior_mean: Array, prior_weight: Array, max_steps: int, h: Array, grad: Array,
) -> tuple[float, int, int]:  # fmt: skip
    """Levenberg-Marquardt from `c`, in place; returns cost, status and steps taken.

    `h` and `grad` hold the normal matrix and gradient at the answer.
    """
    n, p = y.shape[0], c.shape[0]
    r, weight = np.empty(n), np.empty(n)
    trial, step, damping = np.empty(p), np.empty(p), np.empty(p)
    if not _run(steps, base, first, c, v, y, log_rows, r):
        return math.inf, 2, 0
    cost = _losses(r, w, loss, width, weight) + _prior_cost(c, prior_mean, prior_weight)
    lam, grow, fresh, small = 1e-3, 2.0, True, 0
    for count in range(max_steps):
        if fresh:
            _derive(steps, base, v, g, log_rows)
            normal(g[first : first + p], weight, r, h, grad)
            for k in range(p):
                h[k, k] += prior_weight[k]
                grad[k] += prior_weight[k] * (c[k] - prior_mean[k])
                if not math.isfinite(grad[k]):
                    return math.inf, 2, count
            fresh = False
        for k in range(p):
            damping[k] = (1e-10 if kind[k] == 1 else lam) * h[k, k] + 1e-12 * (1.0 + lam)
        if not _solve(h, grad, damping, step):
            lam, grow = lam * grow, grow * 2.0
            if lam > 1e12:
                return cost, 1, count
            continue
        gain = 0.0
        for k in range(p):
            trial[k] = min(max(c[k] + step[k], -LIMIT_OF[kind[k]]), LIMIT_OF[kind[k]])
            gain += 0.5 * step[k] * (damping[k] * step[k] - grad[k])
        ok = _run(steps, base, first, trial, v, y, log_rows, r)
        new = math.inf
        if ok:
            new = _losses(r, w, loss, width, weight) + _prior_cost(trial, prior_mean, prior_weight)
        if new < cost:
            ratio = (cost - new) / max(gain, TINY)
            small = small + 1 if cost - new < 1e-9 * cost else 0
            c[:] = trial
            cost = new
            lam = max(lam * max(1.0 / 3.0, 1.0 - (2.0 * ratio - 1.0) ** 3), 1e-12)
            grow, fresh = 2.0, True
            if small >= 2:
                return cost, 0, count
        else:
            if gain <= 1e-10 * cost or lam > 1e12:
                return cost, 0 if gain <= 1e-10 * cost else 1, count
            lam, grow = lam * grow, grow * 2.0
    return cost, 1, max_steps


LIMIT_OF = np.array([60.0, 1e12, 200.0])


@jit
def _prior_cost(c: Array, mean: Array, weight: Array) -> float:
    total = 0.0
    for k in range(c.shape[0]):
        total += 0.5 * weight[k] * (c[k] - mean[k]) ** 2
    return total


@jit
def fit_problem(
    steps: Ints, literals: Array, columns: Array, kind: Ints, role: Ints, log_rows: bool,
    y: Array, w: Array, uniforms: Array, n_starts: int, loss: int, width: float,
    prior_mean: Array, prior_weight: Array, begin: Array, max_steps: int,
    constants: Array, normal_matrix: Array, facts: Array,
) -> None:  # fmt: skip
    """Fit one problem from many starts.

    Args:
        steps: `(n_steps, 3)` tape.
        literals: `(n_literals,)` values of its literals.
        columns: `(n_columns, n)` values of its columns on the rows.
        kind: `(p,)` see `Tape`.
        role: `(p, 2)` see `Tape`.
        log_rows: Whether residuals are log(law) - y with `y` in logs.
        y: `(n,)` targets, in logs where the residual is.
        w: `(n,)` row weights.
        uniforms: `(m, p)` numbers in (0, 1): the candidate starts to screen.
        n_starts: How many of the screened starts to refine.
        loss: L2, HUBER or CAUCHY.
        width: Where a robust loss bends, in the units of the residual.
        prior_mean: `(p,)` centre of the Gaussian prior.
        prior_weight: `(p,)` its precision, 0 for none.
        begin: `(b, p)` starts that are refined besides, as they are.
        max_steps: Step limit of one refinement.
        constants: `(p,)` filled with the best constants.
        normal_matrix: `(p, p)` filled with J W J^T + prior at the best constants.
        facts: `(6,)` filled with cost, status, starts that agree, starts that ran, largest
            scaled gradient component, steps of all refinements.
    """
    n_columns, n = columns.shape
    p = kind.shape[0]
    base = n_columns + p + literals.shape[0]
    v = np.empty((base + steps.shape[0], n))
    g = np.empty_like(v)
    v[:n_columns] = columns
    for k in range(literals.shape[0]):
        v[n_columns + p + k, :] = literals[k]
    pool, costs = _screen(
        steps, base, n_columns, kind, role, log_rows, columns, y, w, uniforms, v, g
    )
    order = np.argsort(costs, kind="mergesort")[:n_starts]
    total = order.shape[0] + begin.shape[0]
    ends, scores = np.empty((total, p)), np.empty(total)
    h, grad = np.zeros((p, p)), np.zeros(p)
    facts[:] = 0.0
    facts[0], facts[1] = math.inf, 2.0
    for s in range(total):
        c = pool[order[s]].copy() if s < order.shape[0] else begin[s - order.shape[0]].copy()
        if loss != 0 and s < order.shape[0]:
            _refine(steps, base, n_columns, kind, log_rows, c, v, g, y, w, 0, 1.0,
                    prior_mean, prior_weight, 8, h, grad)  # fmt: skip
        cost, status, count = _refine(
            steps, base, n_columns, kind, log_rows, c, v, g, y, w, loss, width,
            prior_mean, prior_weight, max_steps, h, grad,
        )  # fmt: skip
        ends[s], scores[s] = c, cost
        facts[5] += count
        if cost < facts[0] * (1.0 - 1e-9):
            facts[0], facts[1] = cost, status
            constants[:], normal_matrix[:] = c, h
            facts[4] = _scaled_gradient(h, grad, cost)
    for s in range(total):
        facts[2] += 1.0 if scores[s] <= facts[0] * 1.001 + TINY else 0.0
        facts[3] += 1.0 if math.isfinite(scores[s]) else 0.0


@jit
def _screen(
    steps: Ints, base: int, first: int, kind: Ints, role: Ints, log_rows: bool,
    columns: Array, y: Array, w: Array, uniforms: Array, v: Array, g: Array,
) -> tuple[Array, Array]:  # fmt: skip
    """Candidate starts with their linear constants solved for, `(m, p)`, and their costs."""
    m, p = uniforms.shape
    pool, costs = np.zeros((m, p)), np.full(m, np.inf)
    r, weight = np.empty(y.shape[0]), np.empty(y.shape[0])
    for s in range(m):
        _place(role, uniforms[s], columns, pool[s])
        if not _project(steps, base, first, kind, log_rows, pool[s], v, g, y, w, r):
            continue
        if _run(steps, base, first, pool[s], v, y, log_rows, r):
            costs[s] = _losses(r, w, 0, 1.0, weight)
    return pool, costs


@jit
def _scaled_gradient(h: Array, grad: Array, cost: float) -> float:
    """Largest component of the gradient, scaled by curvature and cost (0 at a minimum)."""
    worst = 0.0
    for k in range(grad.shape[0]):
        worst = max(worst, abs(grad[k]) / math.sqrt(max(h[k, k] * cost, TINY)))
    return worst


@jit
def fit_problems(
    steps: Ints, literals: Array, columns: Array, kind: Ints, role: Ints, log_rows: bool,
    y: Array, w: Array, offsets: Ints, uniforms: Array, n_starts: int, loss: int, widths: Array,
    prior_mean: Array, prior_weight: Array, begin: Array, max_steps: int,
    constants: Array, normal_matrix: Array, facts: Array,
) -> None:  # fmt: skip
    """Fit many problems whose rows stand one after the other.

    As `fit_problem`, with problem `q` on the rows ``offsets[q]:offsets[q + 1]`` of `columns`,
    `y` and `w`, and a leading axis of problems on `widths`, `prior_mean`, `prior_weight`,
    `begin` `(q, b, p)`, `constants`, `normal_matrix` and `facts`.
    """
    for q in range(offsets.shape[0] - 1):
        lo, hi = offsets[q], offsets[q + 1]
        fit_problem(
            steps, literals, np.ascontiguousarray(columns[:, lo:hi]), kind, role, log_rows,
            y[lo:hi], w[lo:hi], uniforms, n_starts, loss, widths[q],
            prior_mean[q], prior_weight[q], begin[q], max_steps,
            constants[q], normal_matrix[q], facts[q],
        )  # fmt: skip
