"""What honest programs call works behind the walls: nothing they need is loaded too late."""

from __future__ import annotations

import numpy as np
import pytest

from evolve.sandbox import ForeignLane, Limits

HEAD = """
import functools, itertools, math, warnings
import numpy as np
from scipy import integrate, interpolate, linalg, optimize, special, stats
x = np.linspace(1.0, 3.0, 12)
y = 1.0 + 2.0 * x + 0.01 * np.sin(9.0 * x)
A = np.column_stack([np.ones(12), x])
x0 = np.array([0.3, 0.4])
box = [(-2.0, 2.0)] * 2
def f(p):
    return float(np.sum((np.asarray(p) - 1.0) ** 2))
def r(p):
    return A @ p - y
def slope(p):
    return 2 * (p - 1.0)
def bend(p):
    return 2 * np.eye(2)
"""
CALLS = """
optimize.minimize(f, x0, method="Nelder-Mead")
optimize.minimize(f, x0, method="Powell")
optimize.minimize(f, x0, method="CG")
optimize.minimize(f, x0, method="BFGS")
optimize.minimize(f, x0, method="L-BFGS-B", bounds=[(-2, 2)] * 2)
optimize.minimize(f, x0, method="TNC")
optimize.minimize(f, x0, method="COBYLA")
optimize.minimize(f, x0, method="COBYQA")
optimize.minimize(f, x0, method="SLSQP")
optimize.minimize(f, x0, method="trust-constr")
optimize.minimize(f, x0, method="Newton-CG", jac=slope)
optimize.minimize(f, x0, method="trust-ncg", jac=slope, hess=bend)
optimize.minimize(f, x0, method="trust-exact", jac=slope, hess=bend)
optimize.minimize_scalar(lambda t: (t - 1.0) ** 2)
optimize.minimize_scalar(lambda t: (t - 1.0) ** 2, bounds=(0, 3), method="bounded")
optimize.differential_evolution(f, box, maxiter=5, popsize=4)
optimize.differential_evolution(f, box, maxiter=5, popsize=4, vectorized=False, init="sobol")
optimize.dual_annealing(f, box, maxiter=20)
optimize.basinhopping(f, x0, niter=5)
optimize.shgo(f, box)
optimize.direct(f, box, maxiter=20)
optimize.brute(f, box, Ns=5)
optimize.least_squares(r, x0)
optimize.least_squares(r, x0, method="lm")
optimize.least_squares(r, x0, method="dogbox", loss="soft_l1")
optimize.least_squares(r, x0, loss="cauchy", bounds=(-5, 5), x_scale="jac")
optimize.least_squares(r, x0, tr_solver="lsmr")
optimize.curve_fit(lambda t, a, b: a + b * t, x, y)
optimize.curve_fit(lambda t, a, b: a * t**b, x, y, p0=[1, 1], bounds=(0, 9), method="trf")
optimize.leastsq(r, x0)
optimize.nnls(A, y)
optimize.lsq_linear(A, y, bounds=(0, 9))
optimize.linprog([1.0, 1.0], A_ub=[[-1.0, -2.0]], b_ub=[-1.0])
optimize.root(lambda p: p - 1.0, x0)
optimize.fsolve(lambda p: p - 1.0, x0)
optimize.brentq(lambda t: t - 1.0, 0, 3)
optimize.root_scalar(lambda t: t - 1.0, bracket=(0, 3))
optimize.approx_fprime(x0, f, 1e-6)
optimize.isotonic_regression(y)
optimize.linear_sum_assignment(A[:2])
optimize.milp([1.0, 1.0], integrality=[1, 1], bounds=optimize.Bounds(0, 3))
np.linalg.lstsq(A, y, rcond=None)
np.linalg.pinv(A)
np.linalg.qr(A)
np.linalg.eigh(A.T @ A)
np.linalg.solve(A.T @ A, A.T @ y)
np.linalg.matrix_rank(A)
np.polyfit(x, y, 2)
np.polynomial.Polynomial.fit(x, y, 2)(x)
np.fft.rfft(y)
np.einsum("ij,kj->ik", A, A)
np.gradient(y, x)
np.interp(1.5, x, y)
np.percentile(y, [5, 95])
np.histogram(y, bins=5)
np.unique(y)
np.random.default_rng(0).multivariate_normal([0, 0], np.eye(2), size=3)
np.random.default_rng(0).permutation(9)
np.random.RandomState(0).normal(size=3)
np.random.normal(size=3)
linalg.cho_solve(linalg.cho_factor(A.T @ A), A.T @ y)
linalg.lstsq(A, y)
linalg.svd(A)
linalg.expm(np.eye(2))
linalg.solve_triangular(np.eye(2), [1.0, 2.0])
special.expit(x)
special.logsumexp(x)
special.gammaln(x)
special.huber(1.0, x)
special.erf(x)
special.lambertw(x)
special.softmax(x)
interpolate.CubicSpline(x, y)(1.5)
interpolate.PchipInterpolator(x, y)(1.5)
interpolate.interp1d(x, y)(1.5)
interpolate.UnivariateSpline(x, y)(1.5)
interpolate.RBFInterpolator(x[:, None], y)([[1.5]])
interpolate.make_interp_spline(x, y)(1.5)
integrate.quad(np.sin, 0, 1)
integrate.solve_ivp(lambda t, u: -u, (0, 1), [1.0])
integrate.odeint(lambda u, t: -u, 1.0, [0, 1])
integrate.trapezoid(y, x)
integrate.cumulative_trapezoid(y, x)
integrate.simpson(y, x=x)
stats.linregress(x, y)
stats.theilslopes(y, x)
stats.siegelslopes(y, x)
stats.spearmanr(x, y)
stats.norm.ppf(0.9)
stats.t.fit(y)
stats.gaussian_kde(y)(1.0)
stats.trim_mean(y, 0.1)
stats.median_abs_deviation(y)
stats.bootstrap((y,), np.mean, n_resamples=9)
stats.zscore(y)
math.lgamma(3.0)
functools.reduce(lambda a, b: a + b, [1, 2])
warnings.warn("noted")
np.log(np.zeros(2) - 1.0)
print(f"{np.pi:.3f}", np.array([1.0, 2.0]))
str(np.array([1.0, np.nan]))
sorted(itertools.product([1, 2], [3]))
"""


@pytest.mark.slow
def test_numpy_and_scipy_work_in_the_foreign_lane() -> None:
    failures = []
    with ForeignLane(Limits(cpu_s=5.0, wall_s=60.0), allow_weak=True) as lane:
        for call in CALLS.strip().splitlines():
            text = f"{HEAD}\ndef fit_scaling_law(X, loss):\n    {call}\n    return [1.0]\n"
            outcome = lane.fit(text, [np.ones((2, 1))], [np.ones(2)])
            if not outcome.ok:
                failures.append((call, outcome.status, outcome.message))
    assert failures == []
