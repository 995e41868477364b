"""Options that say where a run is searched, on this machine or on a cluster, and how shut in."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from evolve.errors import Argument, EvolveError

if TYPE_CHECKING:
    from evolve.sandbox import SandboxReport
    from evolve.search.machines import Machines

LOCAL = "local"


class Level(StrEnum):
    """How much the sandbox must enforce."""

    WEAK = "weak"
    PARTIAL = "partial"
    STRONG = "strong"


RequireSandbox = Annotated[
    Level | None, typer.Option("--require-sandbox", help="Refuse to run below this level.")
]

Executor = Annotated[
    str,
    typer.Option("--executor", help="Where it is searched: local, loky, dask or ray."),
]
Scheduler = Annotated[
    str, typer.Option("--scheduler", help="Address of a Dask scheduler that is there.")
]
Address = Annotated[str, typer.Option("--address", help="Address of a Ray cluster that is there.")]


def machines_of(executor: str, scheduler: str, address: str, require: str = "") -> Machines:
    """Where a run is searched.

    Raises:
        EvolveError: There is no such executor, or an address is of another one.
    """
    from evolve.search.machines import Machines

    for name, value, of in (("scheduler", scheduler, "dask"), ("address", address, "ray")):
        if value and executor != of:
            raise EvolveError(Argument(name), f": needs --executor {of}, it is {executor}")
    return Machines(executor, scheduler or address, str(require))


def check_sandbox(require: Level | None) -> SandboxReport:
    """What the sandbox can enforce here.

    Raises:
        SandboxError: It is below the level required.
    """
    from evolve.evaluation.loading import loaded_fitter
    from evolve.sandbox import probe

    report = probe(loaded_fitter())
    if require is not None:
        report.require(require.value)
    return report
