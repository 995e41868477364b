"""What a report says of repeating its run: the commands, and what decides the result."""

from __future__ import annotations

import platform
import shlex
from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

from evolve.report import tables
from evolve.report.gather import Findings
from evolve.runs.machine import MACHINE, recorded_machine
from evolve.runs.notes import INHERITED
from evolve.runs.run import settings_of
from evolve.runs.settings import RunConfig
from evolve.runs.usual import elsewhere, run_word
from evolve.scoring.objective import SEARCH_ROWS
from evolve.search.proposers.registry import DEFAULT
from evolve.tasks.folders import word_of


def reproduction(findings: Findings) -> dict[str, Any]:
    """Commands that repeat a run, and the facts on which its result rests."""
    store = findings.store
    name, where = run_word(store.folder), elsewhere(store.folder)
    machine = recorded_machine(store.versions) or {"machine": "unknown"}
    versions = {key: value for key, value in store.versions.items() if key != MACHINE}
    facts: list[Sequence[Any]] = [
        ("fingerprint of the task", store.task["fingerprint"]),
        *((f"version: {key}", str(value)) for key, value in versions.items()),
        ("made with", ", ".join(f"{key} {value}" for key, value in machine.items())),
        ("digest of all entries", store.digest()),
        ("program of the champion", findings.best.program_id),
        ("this page was written with", _versions()),
    ]
    inherited = store.note(INHERITED)
    if inherited is not None:
        facts.insert(0, ("first candidates include the elites of", inherited["run"]))
    again = _search_again(findings, name, None if inherited is None else inherited["run"])
    verbs = [again, f"show {name}", f"score {name} --split test"]
    commands = [f"python -m evolve {verb}{where}" for verb in verbs]
    return {"commands": commands, "facts": tables.grid(("what", "value"), facts)}


def _search_again(findings: Findings, name: str, inherited: str | None) -> str:
    """The words that search again; a model's replies are read from the run."""
    settings = settings_of(findings.store)
    if inherited is not None:
        return f"resume {run_word(findings.store.folder.parent / inherited)} --accept-changes"
    if settings.models.models:
        return f"verify {name} --replay"
    words = ["--task", word_of(findings.task.folder), "--seed", str(settings.seed)]
    words += ["--evaluations", str(settings.evaluations or findings.summary.n_entries)]
    return f"{shlex.join([*words, *_asked(settings)])} --run {name}-again"


def _asked(settings: RunConfig) -> list[str]:
    """What the user asked beside task, seed and budget, as options."""
    rules, rows = settings.rules, settings.search_rows
    options = {
        "--proposers": [] if settings.proposers == DEFAULT else [",".join(settings.proposers)],
        "--seeds": [str(settings.n_seeds)] if settings.n_seeds > 1 else [],
        "--islands": [str(settings.n_islands)] if settings.n_islands > 1 else [],
        "--seed-law": [f"{seed.name}.py" for seed in settings.seeds],
        "--template": [rules.template] if rules.template else [],
        "--must-use": list(rules.must_use),
        "--forbid-operator": [" ".join(rules.forbid_operators)] if rules.forbid_operators else [],
        "--search-rows": [] if rows == SEARCH_ROWS else [str(rows)],
        "--only-operators": [" ".join(rules.only_operators)] if rules.only_operators else [],
    }
    return [word for name, values in options.items() for value in values for word in (name, value)]


def _versions() -> str:
    libraries = [f"{name} {version(name)}" for name in ("numpy", "scipy", "numba")]
    return ", ".join([f"python {platform.python_version()}", *libraries])
