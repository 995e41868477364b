"""Runs program texts in the foreign lane, and checks what the contract promises of them.

Each group is fitted in a process of its own, so that a fit can use no other group's rows, and all
that is predicted is predicted again in random batches with the groups shuffled, so that no
prediction can depend on which rows or groups came with it.
"""

from __future__ import annotations

import atexit
import json
import threading
from collections.abc import Sequence

import numpy as np

from evolve.errors import EvolveError, SandboxError
from evolve.evaluation.failed import ProgramFailedError, joined
from evolve.evaluation.problem import EvaluationProblem
from evolve.fitting.messages import FoldAnswer
from evolve.law.candidate import Candidate, candidate_from_data
from evolve.law.program import Program, RowNames
from evolve.sandbox import ForeignLane, Limits, Outcome
from evolve.sandbox.outcome import STOPPED
from evolve.scoring.constraints import Constraints, broken, extrapolation_lines, worst
from evolve.tasks.task import Table, Task
from evolve.typing import Array, Ints

PATIENT = Limits(cpu_s=120.0, predict_cpu_s=20.0)  # for what is scored once
SEARCHED = Limits(cpu_s=60.0, predict_cpu_s=10.0)  # for what a search judges on every fold


_SHARED: list[ProgramRunner] = []


def shared_runner() -> ProgramRunner:
    """The runner of this process, for whoever asks a stored program now and then.

    Starting a lane takes about a second, so it stays until the process ends.
    """
    if not _SHARED:
        _SHARED.append(ProgramRunner())
        atexit.register(_SHARED[0].close)
    return _SHARED[0]


class ProgramRunner:
    """A foreign lane that starts with the first program.

    Args:
        lane: The lane to use, which whoever made it closes; without one, the runner starts its
            own and closes it.
        limits: What one call may use, in a lane of its own.
        allow_weak: Whether to run programs where the sandbox is weak, in a lane of its own.
    """

    def __init__(
        self,
        lane: ForeignLane | None = None,
        limits: Limits = SEARCHED,
        *,
        allow_weak: bool = False,
    ) -> None:
        """Keep what to start."""
        self._given = lane
        self._own: ForeignLane | None = None
        self._limits, self._allow_weak = limits, allow_weak
        self._lock = threading.Lock()
        self._is_stopped = False

    @property
    def lane(self) -> ForeignLane:
        """The lane, made on first use, whichever thread that is.

        Raises:
            SandboxError: The runner was closed for good.
        """
        if self._given is not None:
            return self._given
        with self._lock:
            if self._is_stopped:
                raise SandboxError(STOPPED)
            if self._own is None:
                self._own = ForeignLane(self._limits, allow_weak=self._allow_weak)
            return self._own

    def close(self, *, for_good: bool = False) -> None:
        """Stop a lane of its own, twice is harmless; `for_good` also for other threads' sake.

        Threads that still run programs get no answer then, and start no lane again.
        """
        with self._lock:
            self._is_stopped |= for_good
            own, self._own = self._own, None
        if own is not None:
            own.close(for_good=for_good)

    def fit(self, text: str, groups: Sequence[Table]) -> tuple[list[Array], float, str]:
        """Fit every group in a process of its own.

        Args:
            text: The program, in the dialect that fits.
            groups: The rows of every group.

        Returns:
            Constants of every group, `(p,)` or `(t, p)`; CPU seconds; what was printed.

        Raises:
            ProgramFailedError: A fit failed, or groups have constants of different shapes.
        """
        constants: list[Array] = []
        seconds, printed = 0.0, ""
        for rows in groups:
            y, weights = rows.Y[:, 0] if rows.Y.shape[1] == 1 else rows.Y, rows.weights
            counted = ([], None) if weights is None else ([weights.values], weights.noise)
            outcome = self.lane.fit(text, [rows.X], [y], *counted)
            seconds += outcome.cpu_s
            if outcome.ok and constants and outcome.arrays[0].shape != constants[0].shape:
                shapes = f"{constants[0].shape} and {outcome.arrays[0].shape}"
                outcome = Outcome("bad-answer", f"constants: groups have shapes {shapes}")
            if not outcome.ok:
                raise ProgramFailedError("fit", outcome, printed)
            printed = joined(printed, outcome.stdout)
            constants.append(outcome.arrays[0])
        return constants, seconds, printed

    def predict(
        self, text: str, X: Sequence[Array], constants: Sequence[Array], *, check: bool = True
    ) -> Outcome:
        """Predict rows of every group, then again in random batches of shuffled groups.

        Args:
            text: The program, in the dialect that fits.
            X: `(n, f)` features of every group.
            constants: `(p,)` or `(t, p)` constants of every group.
            check: Whether to predict again.

        Returns:
            One array of predictions a group, `(n,)` or `(n, t)`.

        Raises:
            ProgramFailedError: A prediction failed, or depends on the rows beside it.
        """
        outcome = _require(self.lane.predict(text, X, constants))
        if check:
            _require(self.lane.predict_in_batches(text, X, constants, outcome.arrays))
        return outcome

    def predict_law(
        self, text: str, X: Sequence[Array], labels: Sequence[str], task: Task
    ) -> Outcome:
        """Predict rows of every group by a program that holds its constants, checked alike."""
        names = task.feature_names, task.target_names
        outcome = _require(self.lane.law(text, X, labels, *names))
        _require(self.lane.law_in_batches(text, X, labels, *names, outcome.arrays))
        return outcome

    def trace(self, program: Program, names: RowNames) -> Candidate:
        """Trace a program's law where programs run, for tracing runs it.

        Args:
            program: In either dialect; the constants that a `law` holds become constants to fit.
            names: Of features, targets and groups.

        Raises:
            ProgramFailedError: It cannot be traced, or failed otherwise.
        """
        keys = (names.features, names.targets, names.groups) if program.dialect == "law" else ()
        n_features, n_targets = len(names.features), len(names.targets)
        outcome = self.lane.trace(program.text, n_features, n_targets, keys)
        if not outcome.ok:
            raise ProgramFailedError("trace", outcome)
        return traced_from(outcome.arrays[0])

    def fit_fold(self, problem: EvaluationProblem, program: Program, number: int) -> FoldAnswer:
        """Fit a program on the rows of a fold and predict them and those held out.

        Args:
            problem: Task and folds.
            program: In the dialect that fits.
            number: Number of a fold of the problem.

        Raises:
            ProgramFailedError: It failed, or holds its constants and so cannot be judged.
        """
        if program.dialect == "law":
            why = "a program that holds its constants is scored, not judged on folds"
            raise ProgramFailedError("fit", Outcome("rejected", why))
        train, fold = problem.task.train, problem.all_folds[number]
        groups = [int(g) for g in np.unique(train.group[fold.fit])]
        fit_rows = [fold.fit[train.group[fold.fit] == g] for g in groups]
        constants, _, _ = self.fit(program.text, [train.at(rows) for rows in fit_rows])
        _require_size(problem.task, constants[0])
        held, fitted = (
            self._predict_rows(program.text, train, rows, groups, constants)
            for rows in (fold.held, fold.fit)
        )
        inputs = [train.X[rows] for rows in fit_rows]
        beyond = self._beyond(program.text, inputs, constants, problem.task.constraints)
        tables = np.concatenate([np.atleast_2d(c) for c in constants])
        return FoldAnswer(
            groups=tuple(groups),
            constants=tables,
            covariances=np.zeros((0, tables.shape[1], tables.shape[1])),
            errors=np.full_like(tables, np.nan),
            priors=np.full((len(tables), 2, tables.shape[1]), np.nan),
            common=np.zeros(tables.shape[1]),
            given=np.zeros(len(tables)),
            fitted=fitted,
            predictions=held,
            facts={
                "not_finite_beyond": beyond[0],
                "against_physics": beyond[1],
            },
        )

    def _predict_rows(
        self,
        text: str,
        table: Table,
        numbers: Ints,
        groups: Sequence[int],
        constants: Sequence[Array],
    ) -> Array:
        """`(n, t)` predictions of rows of a table, nan for groups that were not fitted."""
        result = np.full((len(numbers), table.Y.shape[1]), np.nan)
        at = [np.flatnonzero(table.group[numbers] == g) for g in groups]
        asked = [i for i, rows in enumerate(at) if len(rows)]
        inputs = [table.X[numbers[at[i]]] for i in asked]
        outcome = self.predict(text, inputs, [constants[i] for i in asked])
        for i, values in zip(asked, outcome.arrays, strict=True):
            if values.size != result[at[i]].size:
                message = f"predictions: expected shape {result[at[i]].shape}, got {values.shape}"
                raise ProgramFailedError("prediction", Outcome("bad-answer", message))
            result[at[i]] = values.reshape(result[at[i]].shape)
        return result

    def _beyond(
        self, text: str, X: Sequence[Array], constants: Sequence[Array], constraints: Constraints
    ) -> tuple[float, float]:
        """Shares of points beyond the fitted rows that are not finite, and that break physics."""
        lines = [extrapolation_lines(x, constraints) for x in X]
        points = [part.reshape(-1, part.shape[-1]) for part in lines]
        outcome = self.lane.predict(text, points, constants)
        if not outcome.ok:  # a prediction that is not finite, as a rule
            return 1.0, float(constraints.declared)
        shares = [
            broken(values.reshape(*part.shape[:-1], -1)[..., t], constraints)
            for part, values in zip(lines, outcome.arrays, strict=True)
            for t in range(values.size // max(len(part.reshape(-1, part.shape[-1])), 1))
        ]
        return worst(shares)


def _require_size(task: Task, constants: Array) -> None:
    """Require that a searched program has constants of its own for each target, not too many.

    Raises:
        ProgramFailedError: It has other ones.
    """
    n_targets, allowed = len(task.target_names), task.max_constants
    table = np.atleast_2d(constants)
    if len(table) != n_targets:
        why = f"constants: expected shape ({n_targets}, p) to be searched, got {constants.shape}"
        raise ProgramFailedError("fit", Outcome("bad-answer", why))
    if table.shape[1] > allowed:
        why = f"constants: {table.shape[1]} for each group and target, the task allows {allowed}"
        raise ProgramFailedError("fit", Outcome("rejected", why))


def as_returned(table: Array) -> Array:
    """Constants as a program returned them: `(p,)` of a single target, from its `(1, p)`."""
    return table[0] if len(table) == 1 else table


def traced_from(codes: Array) -> Candidate:
    """Law and recipe from the bytes that a child answered.

    Raises:
        ProgramFailedError: They are no law and recipe.
    """
    try:
        data = json.loads(bytes(codes.astype(np.uint8)))
        return candidate_from_data(data["law"], data["recipe"])
    except (ArithmeticError, LookupError, TypeError, ValueError, EvolveError, RecursionError):
        outcome = Outcome("bad-answer", "trace: the answer is no law")
        raise ProgramFailedError("trace", outcome) from None


def _require(outcome: Outcome) -> Outcome:
    if not outcome.ok:
        raise ProgramFailedError("prediction", outcome)
    return outcome
