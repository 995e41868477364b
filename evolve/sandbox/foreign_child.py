"""Inside a process of the foreign lane: a program text and its rows to constants or predictions.

Everything a program may import is loaded and used once by `preload`, before the walls go up;
`answer` then runs one job. The functions of the program are called exactly as SLDBench calls them.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import json
import random
import warnings
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, Final, cast

import numpy as np

from evolve.sandbox import wire
from evolve.sandbox.guard import PROGRAM_FILE, BadAnswerError, Failure, guarded

Arrays = tuple[np.ndarray, ...]

PRELOADED: Final = (
    "collections", "dataclasses", "functools", "itertools", "linecache", "math",
    "multiprocessing.pool", "operator", "random", "statistics", "tracemalloc", "typing",
    "warnings", "numpy.fft", "numpy.linalg", "numpy.ma", "numpy.polynomial", "numpy.random",
)  # fmt: skip
SCIPY: Final = (  # which programs of our own printing do not use
    "scipy.integrate", "scipy.interpolate", "scipy.linalg", "scipy.optimize", "scipy.special",
    "scipy.stats",
)  # fmt: skip
OWN: Final = ("evolve.fitting.fit", "evolve.law.trace", "evolve.law.trace_rows")
WARM: Final = """
import numpy as np
from evolve.fitting import fit_law

def scaling_law_func(X, params):
    return params[0] + params[1] * X[:, 0] ** (-params[2])

def fit_scaling_law(X, y):
    return fit_law(scaling_law_func, X, y, n_constants=3)
"""


def preload(*, printed: bool = False) -> dict[str, str]:
    """Import and use once what programs may call.

    Args:
        printed: Whether all programs are printed by the engine, which need no scipy.

    Returns:
        Name and error of each of our own modules that could not be loaded.
    """
    for name in PRELOADED if printed else (*PRELOADED, *SCIPY):
        importlib.import_module(name)
    failures = {}
    for name in OWN:
        if importlib.util.find_spec(name) is not None:
            outcome = guarded(partial(_load, name))
            if isinstance(outcome, Failure):
                failures[name] = f"no: {outcome.message}"
    _use_numpy_once()
    if not printed:
        _use_scipy_once()
    return failures


def _load(name: str) -> None:
    """Import one of our own modules; a fit with it compiles and imports whatever is lazy."""
    module = importlib.import_module(name)
    if hasattr(module, "warm"):
        module.warm()
    if hasattr(module, "fit_law"):
        x = np.linspace(1.0, 2.0, 8)
        run_job({"kind": "fit", "text": WARM}, (x[:, None], 1.0 + 1.0 / x))


def _use_numpy_once() -> None:
    """Call what loads or allocates lazily, and make unseeded generators repeatable."""
    import numpy.random.bit_generator as bits

    count = iter(range(1 << 62))
    cast("Any", bits).randbits = lambda _: next(count)
    warnings.simplefilter("ignore")
    x = np.linspace(1.0, 2.0, 8)
    np.linalg.lstsq(np.vander(x, 3), x, rcond=None)
    np.linalg.svd(np.outer(x, x) + np.eye(8))
    np.linalg.eigvals(np.outer(x, x))


def _use_scipy_once() -> None:
    """Call what scipy loads or allocates lazily."""
    from scipy import integrate, interpolate, optimize, stats

    x = np.linspace(1.0, 2.0, 8)
    optimize.curve_fit(_power, x, x, p0=[1.0, 1.0])
    optimize.least_squares(np.sin, x, loss="soft_l1")
    for method in ("L-BFGS-B", "Nelder-Mead", "SLSQP", "BFGS", "COBYLA", "COBYQA"):
        with contextlib.suppress(ValueError):  # a method that this scipy does not have
            optimize.minimize(_square, [0.0, 0.0], method=method)
    optimize.differential_evolution(_square, optimize.Bounds([-1.0], [1.0]), maxiter=1, popsize=4)
    interpolate.CubicSpline(x, x)(1.5)
    integrate.quad(float, 0.0, 1.0)
    stats.norm.cdf(0.3)


def _square(p: np.ndarray) -> float:
    return float(np.sum((p - 1.0) ** 2))


def _power(x: np.ndarray, a: float, b: float) -> np.ndarray:
    return np.asarray(a * x**b)


def init(meta: dict[str, Any], arrays: Arrays) -> dict[str, str]:
    """Prepare a worker: `meta` says whether all programs are `printed`, as `preload` takes it."""
    del arrays
    return preload(printed=bool(meta.get("printed")))


def handle(state: object, meta: dict[str, Any], arrays: Arrays) -> tuple[dict[str, Any], Arrays]:
    """Run one job as a worker: its only one, or one of many where the engine printed them."""
    del state
    return {}, run_job(meta, arrays)


def answer(nonce: bytes, meta: dict[str, Any], arrays: Arrays, cap: int) -> bytes:
    """Run one job and return its answer as a frame, whatever the program does."""

    def run() -> bytes:
        values = run_job(meta, arrays)
        size = sum(value.nbytes for value in values)
        if size > cap:
            message = f"answer: {size} bytes, at most {cap}"
            return wire.pack(nonce, {"status": "answer-too-large", "message": message})
        return wire.pack(nonce, {"status": "ok"}, values)

    frame = guarded(run)
    return wire.pack(nonce, vars(frame)) if isinstance(frame, Failure) else frame


def run_job(meta: dict[str, Any], arrays: Arrays) -> Arrays:
    """Return constants or predictions, one array a group.

    Args:
        meta: `kind` ("fit", "predict", "law" or "trace"), `text`; for "law" `labels`, `features`
            and `targets`; for "trace" the numbers of features and targets, and for a `law` its
            `names` of features, targets and groups.
        arrays: X of every group, then Y ("fit") or the constants ("predict") of every group; then,
            where `meta` says `weighted`, the weights of the rows of every group, and its `noise`;
            then, where it says `predicts`, what is predicted of every group once it is fitted.
    """
    # What a program's text was written for still runs, whatever filters are set here.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return _run_job(meta, arrays)


def _run_job(meta: dict[str, Any], arrays: Arrays) -> Arrays:
    random.seed(0)
    if meta["kind"] == "trace":
        return (_trace(meta),)
    names = _define(meta["text"])
    kind = meta["kind"]
    if kind == "law":
        law = _function(names, "law")
        return tuple(_law_rows(law, meta, x, i) for i, x in enumerate(arrays))
    weighted, predicts = bool(meta.get("weighted")), bool(meta.get("predicts"))
    n_groups = len(arrays) // (2 + weighted + predicts)
    function = _function(names, "fit_scaling_law" if kind == "fit" else "scaling_law_func")
    what = "constants" if kind == "fit" else "predictions"
    if weighted:
        function = partial(_weighing, function, iter(arrays[2 * n_groups :]), meta["noise"])
    pairs = zip(arrays[:n_groups], arrays[n_groups : 2 * n_groups], strict=True)
    found = tuple(_numbers(function(x, other), what) for x, other in pairs)
    if not predicts:
        return found
    law, asked = _function(names, "scaling_law_func"), arrays[-n_groups:]
    return tuple(_numbers(law(x, c), "predictions") for x, c in zip(asked, found, strict=True))


def _weighing(
    function: Callable[..., Any],
    weights: Iterator[np.ndarray],
    noise: float | None,
    x: np.ndarray,
    y: np.ndarray,
) -> object:
    """Fit one group while `fit_law` knows what its rows count: the contract does not say it."""
    known = importlib.import_module("evolve.fitting.weights").rows_weighed
    counted = importlib.import_module("evolve.scoring.row_weights").RowWeights
    before = known.set(counted(next(weights), noise))
    try:
        return function(x, y)
    finally:
        known.reset(before)


def _trace(meta: dict[str, Any]) -> np.ndarray:
    """Trace the program's law and recipe; the answer is JSON, byte by byte."""
    from evolve.errors import ProgramError
    from evolve.law.graph import law_to_data
    from evolve.law.recipe import Recipe
    from evolve.law.trace import trace_law, trace_recipe
    from evolve.law.trace_rows import trace_rows

    text = meta["text"]
    try:
        if meta["names"]:
            law = trace_rows(text, *meta["names"])
        else:
            law = trace_law(text, meta["features"], meta["targets"])
        recipe = trace_recipe(text) or Recipe()
    except ProgramError as error:
        raise BadAnswerError(str(error)) from None
    data = {"law": law_to_data(law), "recipe": recipe.to_data()}
    return np.frombuffer(json.dumps(data).encode(), dtype=np.uint8).astype(float)


def _define(text: str) -> dict[str, Any]:
    names: dict[str, Any] = {"__name__": "program", "__builtins__": __builtins__}
    flags = annotations.compiler_flag
    exec(compile(text, PROGRAM_FILE, "exec", flags, dont_inherit=True), names)
    return names


def _function(names: dict[str, Any], name: str) -> Callable[..., Any]:
    function = names.get(name)
    if not callable(function):
        raise BadAnswerError(f"program: has no function {name}")
    return cast("Callable[..., Any]", function)


def _numbers(value: object, what: str) -> np.ndarray:
    try:
        array = np.asarray(value)
    except ValueError as error:
        raise BadAnswerError(f"{what}: must be an array of numbers") from error
    if array.dtype.kind not in "fiub":
        raise BadAnswerError(f"{what}: must be real numbers, got {array.dtype}")
    if array.ndim > 2:
        raise BadAnswerError(f"{what}: at most 2 dimensions, got {array.ndim}")
    return array


def _law_rows(
    law: Callable[..., Any], meta: dict[str, Any], x: np.ndarray, index: int
) -> np.ndarray:
    """Call `law(rows, group)` as SLDBench does: lists of dicts in and out."""
    rows = [dict(zip(meta["features"], map(float, row), strict=True)) for row in x]
    answer = law(rows, group=meta["labels"][index])
    targets: Sequence[str] = meta["targets"]
    if not isinstance(answer, list | tuple) or len(answer) != len(rows):
        raise BadAnswerError(f"predictions: law must return a list of {len(rows)} dicts")
    missing = [t for row in answer for t in targets if not isinstance(row, dict) or t not in row]
    if missing:
        raise BadAnswerError(f"predictions: a row of law's answer lacks {missing[0]!r}")
    return _numbers([[row[target] for target in targets] for row in answer], "predictions")
