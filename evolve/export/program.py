"""A law and its recipe to a stand-alone program: law, known constants and fitter in one file."""

from __future__ import annotations

import numpy as np

from evolve.export.escape import in_python
from evolve.export.subject import Subject, literal_table
from evolve.fitting.batch import LIMIT_OF
from evolve.fitting.gap import below_ceiling
from evolve.fitting.tape import NONLINEAR, compile_tape

MOST = 1e300  # size of a constant in the spelling of its author
WEIGHED = """
The search weighed its rows; this fit counts all rows alike."""
_TEXT = '''"""{title}

{formula}

A stand-alone program of SLDBench's contract; it needs numpy and nothing else.
The fit minimises sum(w * loss(residual)) by Levenberg-Marquardt from the constants that the
search fitted on its training rows, and from points spread around them.{weighed}
"""

import numpy as np

# EVOLVE-BLOCK-START
# Constants by group, one row a target, fitted on the training rows of {task}.
KNOWN = {known}
TARGET_SCALE = {target_scale!r}  # "log" fits log(y), "gap" CEILING - y, "log_gap" its logarithm
CEILING = {ceiling!r}
LOSS = {loss!r}
F_SCALE = {f_scale!r}  # where a robust loss bends, as a fraction of the spread of y (or log y)
# Rows weigh (value / largest value)**SCALE_WEIGHT along the columns AXES.
SCALE_WEIGHT, AXES = {scale_weight!r}, {axes!r}
RIDGE = {ridge!r}  # pull of the constants in RIDGED towards 0, in squared spreads a row
RIDGED = np.array({ridged!r})
LIMITS = np.array({limits!r})  # largest size of each constant
PRIOR_MEAN = np.array({prior_mean!r})  # of each target, learnt across groups
PRIOR_WEIGHT = np.array({prior_weight!r})
# Whether target t sees the features rotated so that its own comes first.
OWN_FEATURE_FIRST = {own_feature_first!r}
SAME = 1e-3  # known constants are kept where no other point has a cost lower by this fraction


{function}


def fit_scaling_law(data_points, loss_values):
    """Fit the constants of every target: (p,) for `(n,)` targets, (t, p) for `(n, t)`."""
    X = np.atleast_2d(np.asarray(data_points, dtype=float))
    Y = np.asarray(loss_values, dtype=float)
    table = Y[:, None] if Y.ndim == 1 else Y
    constants = np.array([fit_target(X, table, t) for t in range(table.shape[1])])
    return constants[0] if Y.ndim == 1 else constants


def fit_target(X, table, t):
    """The constants (p,) of the lowest cost over all starts."""
    problem = make_problem(X, table, t)
    known = [np.array(rows[t], dtype=float) for rows in KNOWN.values()]
    known = sorted(known, key=lambda c: cost(problem, c))
    spread = np.random.default_rng(0).normal(size=(8, len(known[0])))
    starts = known[:3] + [known[0] * (1.0 + 0.3 * s) + 0.1 * s for s in spread]
    ends = [refine(problem, c) for c in starts if np.isfinite(cost(problem, c))]
    best, c = min(ends, key=lambda end: end[0], default=(np.inf, known[0]))
    return known[0] if best >= cost(problem, known[0]) * (1.0 - SAME) else c


def make_problem(X, table, t):
    """The rows of one group and one target, their weights, and the pull on the constants."""
    with np.errstate(all="ignore"):
        y = on_scale(table[:, t])
    spread = max(float(np.std(y)), 1e-12)
    precision = PRIOR_WEIGHT[t] + RIDGE * len(X) * spread**2 * RIDGED
    return {{
        "X": X,
        "y": y,
        "t": t,
        "n_targets": table.shape[1],
        "w": row_weights(np.roll(X, -t, axis=1) if OWN_FEATURE_FIRST else X),
        "f_scale": F_SCALE * spread,
        "precision": precision,
        "centre": PRIOR_MEAN[t] * PRIOR_WEIGHT[t] / np.where(precision > 0, precision, 1.0),
    }}


def residuals(problem, c):
    """Law minus target, on the scale of TARGET_SCALE."""
    n_targets, X = problem["n_targets"], problem["X"]
    params = c if n_targets == 1 else np.tile(c, (n_targets, 1))
    with np.errstate(all="ignore"):
        value = np.asarray(scaling_law_func(X, params), dtype=float)
        value = value.reshape(len(X), n_targets)[:, problem["t"]]
        return on_scale(value) - problem["y"]


def on_scale(values):
    """Values on the scale that is fitted."""
    left = CEILING - values if TARGET_SCALE in ("gap", "log_gap") else values
    return np.log(left) if TARGET_SCALE in ("log", "log_gap") else left


def losses(r, f_scale):
    """The loss of each residual, and its slope over the residual."""
    if LOSS == "cauchy":
        u = (r / f_scale) ** 2
        return 0.5 * f_scale**2 * np.log1p(u), 1.0 / (1.0 + u)
    if LOSS == "huber":
        size = np.maximum(np.abs(r), 1e-300)
        near = size <= f_scale
        far = f_scale * (size - 0.5 * f_scale)
        return np.where(near, 0.5 * r * r, far), np.where(near, 1.0, f_scale / size)
    return 0.5 * r * r, np.ones_like(r)


def cost(problem, c):
    """What is minimised; inf where the law is not defined."""
    with np.errstate(all="ignore"):
        total = np.sum(problem["w"] * losses(residuals(problem, c), problem["f_scale"])[0])
        total += 0.5 * np.sum(problem["precision"] * (c - problem["centre"]) ** 2)
    return float(total) if np.isfinite(total) else np.inf


def slopes(problem, c):
    """Derivatives of the residuals by the constants, (n, p), by central differences."""
    columns = []
    for k in range(len(c)):
        step = np.zeros(len(c))
        step[k] = 1e-6 * (1.0 + abs(c[k]))
        ahead, behind = residuals(problem, c + step), residuals(problem, c - step)
        columns.append((ahead - behind) / (2 * step[k]))
    return np.stack(columns, axis=1)


def refine(problem, c):
    """Lowest cost and its constants: Levenberg-Marquardt with re-weighted residuals."""
    best, damping = cost(problem, c), 1e-3
    for _ in range(200):
        r, J = residuals(problem, c), slopes(problem, c)
        w = problem["w"] * losses(r, problem["f_scale"])[1]
        H = (J.T * w) @ J + np.diag(problem["precision"])
        gradient = J.T @ (w * r) + problem["precision"] * (c - problem["centre"])
        if not (np.isfinite(H).all() and np.isfinite(gradient).all()):
            return best, c
        before = best
        while damping < 1e12 and best == before:
            damped = H + np.diag(damping * np.diag(H) + 1e-12)
            step = np.linalg.lstsq(damped, -gradient, rcond=None)[0]
            trial = np.clip(c + step, -LIMITS, LIMITS)
            new = cost(problem, trial)
            if new < best:
                c, best, damping = trial, new, max(damping / 5.0, 1e-12)
            else:
                damping *= 4.0
        if before - best <= 1e-9 * best:
            return best, c
    return best, c


def row_weights(X):
    """Weights with mean 1 that favour the far end of the axes."""
    if SCALE_WEIGHT == 0.0 or not AXES:
        return np.ones(len(X))
    values = X[:, list(AXES)]
    share = values / np.max(values, axis=0)
    weight = np.prod(np.where(share > 0, share, 1e-12) ** SCALE_WEIGHT, axis=1)
    return weight / weight.mean()


# EVOLVE-BLOCK-END
'''


def program_text(subject: Subject) -> str:
    """Text of a stand-alone program that fits and predicts with numpy alone."""
    law, recipe = subject.candidate.law, subject.candidate.recipe
    n_targets = len(subject.task.target_names)
    form, ceiling = below_ceiling(law, recipe)
    kind = compile_tape(form, "log" if recipe.on_logs else "linear").kind
    blank = np.zeros((n_targets, law.n_constants))
    prior = subject.prior()
    mean, weight = prior if prior is not None else (blank, blank)
    axes = subject.task.axes
    return _TEXT.format(
        title=in_python(subject.title()),
        formula=in_python(subject.formula),
        task=in_python(subject.task.name),
        known=literal_table(subject.constants, {name: name for name in subject.constants}),
        target_scale=recipe.target_scale,
        ceiling=ceiling,
        loss=recipe.loss,
        f_scale=recipe.f_scale,
        scale_weight=recipe.scale_weight,
        axes=axes,
        ridge=recipe.ridge,
        ridged=[float(k == NONLINEAR) for k in kind],
        limits=[MOST if law.as_written else float(v) for v in LIMIT_OF[kind]],
        prior_mean=mean.tolist(),
        prior_weight=weight.tolist(),
        own_feature_first=law.own_feature_first,
        function=subject.function_text(),
        weighed="" if subject.task.train.weights is None else WEIGHED,
    )
