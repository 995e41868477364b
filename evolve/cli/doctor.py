"""Verb `doctor`: what protects this machine from the programs of others, and what runs fast."""

from __future__ import annotations

from typing import Any

from evolve.cli.app import app
from evolve.cli.machines import LOCAL, Address, Executor, Scheduler, machines_of
from evolve.cli.options import Json, Workers


@app.command(epilog="Example: python -m evolve doctor")
def doctor(
    executor: Executor = LOCAL,
    scheduler: Scheduler = "",
    address: Address = "",
    workers: Workers = None,
    json: Json = False,
) -> None:
    """Check what the sandbox can enforce on this machine, or on those of a cluster.

    Each mechanism, whether it works here, and what it protects from; then the versions, system
    and processor that a run keeps, for they decide its last digits. With --executor, for each
    machine that answers, the level of its sandbox and what is open there.
    """
    if executor != LOCAL:
        _print_nodes(executor, scheduler, address, workers, json=json)
        return
    from evolve.cli.output import print_json, print_table
    from evolve.runs.machine import describe_machine
    from evolve.sandbox import probe

    report, engine, machine = probe(), _engine(), describe_machine()
    if json:
        print_json({**report.as_dict(), "gaps": report.gaps, **engine, "machine": machine})
        return
    rows = [
        (m.name, "yes" if m.works else f"no: {m.detail}", m.protects) for m in report.mechanisms
    ]
    print_table(("mechanism", "works", "protects from"), rows)
    print(f"sandbox level: {report.level}")
    for gap in report.gaps:
        print(f"  {gap}")
    for name, value in engine.items():
        print(f"{name}: {value}")
    print("a run keeps also, and whoever resumes it is told what differs:")
    for name, value in machine.items():
        if engine.get(name) != value:
            print(f"{name}: {value}")


def _print_nodes(
    executor: str, scheduler: str, address: str, workers: int | None, *, json: bool
) -> None:
    """Print what each machine of a cluster can enforce."""
    from evolve.cli.options import n_cores
    from evolve.cli.output import print_json, print_table
    from evolve.search.machines import nodes_of

    nodes = nodes_of(machines_of(executor, scheduler, address), workers or n_cores())
    if json:
        print_json({"executor": executor, "machines": {n.host: n.sandbox for n in nodes}})
        return
    rows = [
        (n.host, n.sandbox["level"], n.sandbox["platform"], "; ".join(n.missing) or "nothing")
        for n in nodes
    ]
    print_table(("machine", "sandbox level", "system", "does not work"), rows)


def _engine() -> dict[str, Any]:
    """Versions, cores, and whether the fitter is compiled here."""
    import platform
    from importlib.metadata import PackageNotFoundError, version

    from evolve import __version__
    from evolve.cli.options import n_cores
    from evolve.fitting.compiled import COMPILED, code_folder

    folder, reason = code_folder()
    none = f"none, code is compiled in each process ({reason})"
    versions = {}
    for name in ("numpy", "scipy", "numba"):
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            versions[name] = "missing"
    return {
        "evolve": __version__,
        "python": platform.python_version(),
        **versions,
        "cores": n_cores(),
        "fitter": "compiled by numba" if COMPILED else "plain numpy, slower",
        "code cache": (str(folder) if folder else none) if COMPILED else "none needed",
    }
