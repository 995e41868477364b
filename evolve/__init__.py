"""Tables of training runs to scaling laws that extrapolate.

    run = evolve.discover(df, target="loss", features=["params", "tokens"], evaluations=3000)
    run.champion, run.verdict                       the law, and whether to trust it
    run.predict({"params": "70B", "tokens": "2T"})  point, low, high, how far outside the rows
    run.plan(1e22, compute="6*params*tokens")       the best split of a budget, what to run next

`load` opens a run that is on disk, `fit_named_law` fits one law of the literature without a
search, `compare` ranks runs, `design` lays out pilot runs before there is any, and `LawRegressor`
is the search as an estimator of scikit-learn. A call that is wrong raises `EvolveError`.

How data flow in a search:

    tasks/<name>/        -> Task        named features, rows by group; test rows stay on disk
    Task                 -> folds       row indices that hold out the next scale up
    archive + generator  -> Program     text, checked, not seen before
    Program + fold rows  -> constants, predictions of held-out inputs (in the sandbox)
    predictions, targets -> Evaluation  scored in the parent
    Evaluation           -> store       one transaction; first on disk, then in memory
    store                -> archive     elites by number of constants and form
    archive              -> Champion    chosen and refitted on training rows; to report, predict
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any

__version__ = "0.1.0"

# Public names and the modules that hold them; each is imported when it is first asked for, so that
# the command line and the sandboxed processes pay only for what they use.
_PUBLIC = {
    "Champion": "evolve.api.champion",
    "EvolveError": "evolve.errors",
    "LawRegressor": "evolve.api.estimator",
    "Program": "evolve.law.program",
    "Run": "evolve.api.run",
    "Task": "evolve.tasks.task",
    "compare": "evolve.api.systems",
    "design": "evolve.api.designs",
    "discover": "evolve.api.discover",
    "fit_law": "evolve.fitting",
    "fit_named_law": "evolve.api.named",
    "load": "evolve.api.run",
    "load_task": "evolve.tasks.task",
    "parse_program": "evolve.law.program",
}

# Extras that a name needs; without them `from evolve import *` leaves it out.
_NEEDS = {"LawRegressor": "sklearn"}

__all__ = [
    "__version__",
    *sorted(name for name in _PUBLIC if name not in _NEEDS or find_spec(_NEEDS[name])),
]


def __getattr__(name: str) -> Any:
    """Import a public name on first use."""
    if name not in _PUBLIC:
        this = import_module(__name__)  # by which a traceback offers the nearest name
        raise AttributeError(f"module 'evolve' has no attribute {name!r}", name=name, obj=this)
    return getattr(import_module(_PUBLIC[name]), name)


def __dir__() -> list[str]:
    """Public names, for completion; not what this file imports for itself."""
    return [*__all__]
