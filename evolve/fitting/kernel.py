"""The compiled entry: refine every start of many problems in one call.

The same statements run compiled (numba) or as plain Python over numpy rows; only the functions
that go over rows differ, and a test holds the two to the same numbers.
"""

from __future__ import annotations

import numpy as np

from evolve.fitting.compiled import entry
from evolve.fitting.cost import CompiledLaw, Data, Objective, make_workspace
from evolve.fitting.refine import NOT_FINITE, refine
from evolve.typing import Array, Ints

AGREE = 1.001  # costs that differ by a smaller factor are one


@entry
def run(
    law: CompiledLaw, data: Data, offsets: Ints, loss: int, f_scales: Array,
    prior_mean: Array, prior_weight: Array, box: Array,
    careful: bool, max_steps: int, enough: int, starts: Array, stands_for: Ints,
    costs: Array, statuses: Ints, normal: Array, grad: Array,
) -> None:  # fmt: skip
    """Refine every start of every problem.

    Args:
        law: The law.
        data: The rows of all problems; problem `q` has rows ``offsets[q]:offsets[q + 1]``.
        offsets: `(q + 1,)`.
        loss: L2, HUBER or CAUCHY.
        f_scales: `(q,)` where a robust loss bends, in the units of the residual.
        prior_mean: `(q, p)` centres of the Gaussian priors.
        prior_weight: `(q, p)` their precisions, 0 for none.
        box: `(p,)` largest size of each constant.
        careful: Go to full precision.
        max_steps: Most steps from one start; with 0 the starts are judged where they are.
        enough: Starts that meet at a problem's lowest cost, after which it is left.
        starts: `(q, s, p)` constants, overwritten.
        stands_for: `(q, s)` how many starts each counts as.
        costs: `(q, s)` filled with costs, inf where the law is not finite.
        statuses: `(q, s, 2)` filled with status and steps taken.
        normal: `(q, s or 1, p, p)` filled with J W J^T + prior at the end points (or the
            last one), zeros where the law is not finite.
        grad: `(q, s or 1, p)` filled with the gradients there, zeros likewise.
    """
    for q in range(offsets.shape[0] - 1):
        lo, hi = offsets[q], offsets[q + 1]
        part = Data(np.ascontiguousarray(data.columns[:, lo:hi]), data.y[lo:hi], data.w[lo:hi])
        objective = Objective(loss, f_scales[q], prior_mean[q], prior_weight[q], box)
        work = make_workspace(law, part)
        goal, n_agree = np.inf, 0
        for s in range(starts.shape[1]):
            costs[q, s], statuses[q, s, 0], statuses[q, s, 1] = refine(
                law, part, objective, work, starts[q, s], max_steps, careful, goal
            )
            n_agree = 0 if costs[q, s] * AGREE < goal else n_agree
            goal = min(goal, costs[q, s])
            n_agree += stands_for[q, s] if costs[q, s] <= goal * AGREE else 0
            at = min(s, normal.shape[1] - 1)
            # Where the law is not finite, the workspace still holds the previous start's.
            finite = statuses[q, s, 0] != NOT_FINITE
            for k in range(starts.shape[2]):
                grad[q, at, k] = work.grad[k] if finite else 0.0
                for m in range(starts.shape[2]):
                    normal[q, at, k, m] = work.h[k, m] if finite else 0.0
            if n_agree >= enough and finite:
                break
