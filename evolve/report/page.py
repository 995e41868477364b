"""Turns a run's findings into one self-contained page of HTML."""

from __future__ import annotations

import platform
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from markupsafe import Markup

from evolve import __version__
from evolve.errors import SandboxError
from evolve.evaluation.programs import ProgramFailedError
from evolve.report import tables
from evolve.report.bands import LEVEL, forecaster_of
from evolve.report.curves import curve_charts
from evolve.report.figures import (
    fit_charts,
    front_chart,
    hardest,
    progress_chart,
    residual_charts,
)
from evolve.report.gather import Findings, Opened
from evolve.report.law_content import law_content
from evolve.report.sanity import checks_of, finalists_table
from evolve.runs.crosscheck import disagreements
from evolve.runs.machine import MACHINE, recorded_machine
from evolve.runs.notes import INHERITED
from evolve.runs.results import held_out_r2

TEMPLATES = Path(__file__).with_name("templates")


@dataclass(frozen=True, slots=True)
class Card:
    """A number at the head of the page."""

    id: str
    name: str
    value: str
    note: str


def render(found: Findings, opened: Opened | None) -> str:
    """The page.

    Args:
        found: What the run has found.
        opened: The test rows, if they were opened for this report.
    """
    content = {
        **_frame(found, opened),
        **law_content(found),
        **_accuracy(found, opened),
        **_curves(found, opened),
        **_search(found),
        **_reproduction(found),
    }
    return fill("report.html.j2", content)


def fill(template: str, content: dict[str, Any]) -> str:
    """The text of a template of this folder with its content; a missing name is an error."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
    )
    return environment.get_template(template).render(content)


def _frame(found: Findings, opened: Opened | None) -> dict[str, Any]:
    return {
        "css": Markup((TEMPLATES / "report.css").read_text(encoding="utf-8")),
        "js": Markup((TEMPLATES / "report.js").read_text(encoding="utf-8")),
        "version": __version__,
        "run": found.store.folder.resolve().name,
        "task_name": found.task.name,
        "task": found.task.spec,
        "found": found,
        "opened": opened,
        "disagreements": disagreements(found.store),
        "cards": _cards(found, opened),
        "checks": checks_of(found),
        "level": f"{100 * LEVEL:.0f}",
    }


def _cards(found: Findings, opened: Opened | None) -> list[Card]:
    told = found.best.evaluation
    n_opened = len(found.store.test_openings())
    times = "never opened" if not n_opened else f"opened {_times(n_opened)}"
    train = tables.cell(found.train_r2).text
    folds = f"mean over {len(told.folds)} folds"
    cards = [
        Card("heldout-r2", "Held-out R²", tables.cell(held_out_r2(told)).text, folds),
        Card("train-r2", "Training R²", train, f"{found.task.train.n_rows} rows"),
        Card("n-constants", "Constants", str(told.n_constants), _each(found)),
        Card(
            "score", "Score", tables.cell(told.score).text, "log error plus price; lower is better"
        ),
    ]
    test = Card("test-r2", "Test R²", "–", f"not in this report; {times}")
    if opened is not None:
        test = Card("test-r2", "Test R²", tables.cell(opened.scores.overall.r2).text, times)
    return [*cards[:2], test, *cards[2:]]


def _times(n: int) -> str:
    return {1: "once", 2: "twice"}.get(n, f"{n} times")


def _each(found: Findings) -> str:
    n_groups, n_targets = found.task.n_groups, len(found.task.target_names)
    words = [f"{n_groups} groups"] if n_groups > 1 else []
    words += [f"{n_targets} targets"] if n_targets > 1 else []
    return f"for each of {' and '.join(words)}" if words else "fitted"


def _accuracy(found: Findings, opened: Opened | None) -> dict[str, Any]:
    """Scores and residuals; all empty without fits."""
    model = found.model
    log = found.store.test_openings()
    rows = [(o["at"], o["what"], o["command"]) for o in log]
    content: dict[str, Any] = {
        "openings": tables.grid(("at", "by", "command"), rows) if log else None,
        "openings_told": _openings_told(len(log), is_open=opened is not None),
    }
    if model is None:
        return content | dict.fromkeys(
            ("scores", "parts", "folds_told", "observed", "residuals"), ""
        )
    test = None if opened is None else opened.table
    fold = hardest(model)
    far = "the largest scales" if model.task.spec.folds.axes else "a share of the rows"
    return content | {
        "scores": tables.scores_table(model, opened),
        "parts": tables.parts_table(model, opened),
        "folds_told": (
            f"Each fold fits the law without {far} and then predicts them; the hardest holds "
            f"out {len(fold.fold.held)} rows (R² {fold.r2:.4f})."
        ),
        "observed": fit_charts(model, test),
        "residuals": residual_charts(model, test),
    }


def _curves(found: Findings, opened: Opened | None) -> dict[str, Any]:
    """Forecasts along the axes, or why they cannot be drawn; both empty without axes or fits."""
    content: dict[str, Any] = {"curves": {}, "band_told": "", "undrawn": ""}
    test = None if opened is None else opened.table
    try:
        forecaster = forecaster_of(found)
        if found.model is None or forecaster is None:
            return content
        return content | {
            "curves": curve_charts(found.model, forecaster, test),
            "band_told": forecaster.words,
        }
    except (ProgramFailedError, SandboxError) as error:
        return content | {"undrawn": str(error)}


def _openings_told(n: int, *, is_open: bool) -> str:
    if not n:
        return "The test rows have never been opened for this run."
    told = f"The test rows have been opened {_times(n)} for this run"
    return told + (", this report included." if is_open else "; this report does not show them.")


def _search(found: Findings) -> dict[str, Any]:
    front = [elite.entry for elite in found.archive.best_per_size()]
    known = {entry.index for entry in front}
    others = [e.entry for e in found.elites if e.entry.index not in known]
    return {
        "front": front_chart(front, others, found.literature, found.best),
        "progress": progress_chart(found.scores, found.summary.n_entries, found.literature),
        "front_told": _chosen_told(found),
        "laws": tables.laws_table(found),
        "finalists": finalists_table(found),
        "elites": tables.elites_table(found),
        "n_elites": len(found.elites),
        "lineage": tables.lineage_table(found),
        "operators": tables.operators_table(found),
        "statuses": tables.statuses_table(found.summary),
    }


def _chosen_told(found: Findings) -> str:
    told = found.best.evaluation
    size = f"{told.n_constants} constants and held-out R² {held_out_r2(told) or 0.0:.4f}"
    if not found.chosen:
        return f"The law with the best score so far has {size}."
    leader = found.elites[0]
    text = (
        f"The champion has {size}. The leading elites and the literature were judged on further "
        "folds and on what they say beyond the data; of those whose judgement is near the best, "
        "the champion is the simplest among those nearest to the forecast of all"
    )
    if leader.entry.index == found.best.index:
        return text + ", and also has the best score of the search."
    r2 = held_out_r2(leader.entry.evaluation) or 0.0
    return (
        text
        + f". The best score of the search is that of entry {leader.entry.index} (R² {r2:.4f})."
    )


def _reproduction(found: Findings) -> dict[str, Any]:
    store = found.store
    settings, name = store.settings, shlex.quote(store.folder.resolve().name)
    machine = recorded_machine(store.versions) or {"machine": "unknown"}
    versions = {key: value for key, value in store.versions.items() if key != MACHINE}
    budget = settings.get("evaluations") or found.summary.n_entries
    commands = [
        f"python -m evolve --task {shlex.quote(found.task.name)} --seed {settings.get('seed', 0)} "
        f"--evaluations {budget} --run {name}-again",
        f"python -m evolve show {name}",
        f"python -m evolve score {name} --split test",
    ]
    facts: list[Sequence[Any]] = [
        ("fingerprint of the task", store.task["fingerprint"]),
        *((f"version: {key}", str(value)) for key, value in versions.items()),
        ("made with", ", ".join(f"{key} {value}" for key, value in machine.items())),
        ("digest of all entries", store.digest()),
        ("program of the champion", found.best.program_id),
        ("this page was written with", _versions()),
    ]
    inherited = store.note(INHERITED)
    if inherited is not None:
        commands[0] = f"python -m evolve resume {inherited['run']} --accept-changes"
        facts.insert(0, ("first candidates include the elites of", inherited["run"]))
    return {"commands": commands, "facts": tables.grid(("what", "value"), facts)}


def _versions() -> str:
    words = [f"python {platform.python_version()}"]
    return ", ".join(
        [*words, *(f"{name} {version(name)}" for name in ("numpy", "scipy", "numba"))]
    )
