"""Turns a run's findings into one self-contained page of HTML."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from markupsafe import Markup

from evolve import __version__
from evolve.lanes import disagreements
from evolve.law.latex import latex
from evolve.law.printer import formula
from evolve.report import tables
from evolve.report.bands import LEVEL, Band
from evolve.report.curves import curve_charts
from evolve.report.figures import (
    fit_charts,
    front_chart,
    hardest,
    progress_chart,
    residual_charts,
)
from evolve.report.gather import Findings, Opened
from evolve.report.mathematics import MathLine, Shown, show_law
from evolve.report.model import Model
from evolve.report.typeset import typeset
from evolve.summary import formula_of, held_out_r2

TEMPLATES = Path(__file__).with_name("templates")


@dataclass(frozen=True, slots=True)
class Card:
    """A number at the head of the page."""

    id: str
    name: str
    value: str
    note: str


@dataclass(frozen=True, slots=True)
class Typeset:
    """An equation as markup."""

    left: Markup
    terms: tuple[Markup, ...]


def render(found: Findings, opened: Opened | None, band: Band | None) -> str:
    """The page.

    Args:
        found: What the run has found.
        opened: The test rows, if they were opened for this report.
        band: Intervals of the champion's predictions; None for a black box.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
    )
    content = {
        **_frame(found, opened),
        **_law(found),
        **_accuracy(found, opened, band),
        **_search(found),
        **_reproduction(found),
    }
    return environment.get_template("report.html.j2").render(content)


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
        "level": f"{100 * LEVEL:.0f}",
    }


def _cards(found: Findings, opened: Opened | None) -> list[Card]:
    told = found.best.evaluation
    n_opened = len(found.store.test_openings())
    times = "never opened" if not n_opened else f"opened {_times(n_opened)}"
    train = "–" if found.model is None else f"{found.model.train.overall.r2:.4f}"
    folds = f"mean over {len(told.folds)} folds"
    cards = [
        Card("heldout-r2", "Held-out R²", f"{held_out_r2(told) or 0.0:.4f}", folds),
        Card("train-r2", "Training R²", train, f"{found.task.train.n_rows} rows"),
        Card("n-constants", "Constants", str(told.n_constants), _each(found)),
        Card("score", "Score", f"{told.score:.4f}", "log error plus price; lower is better"),
    ]
    test = Card("test-r2", "Test R²", "–", f"not in this report; {times}")
    if opened is not None:
        test = Card("test-r2", "Test R²", f"{opened.scores.overall.r2:.4f}", times)
    return [*cards[:2], test, *cards[2:]]


def _times(n: int) -> str:
    return {1: "once", 2: "twice"}.get(n, f"{n} times")


def _each(found: Findings) -> str:
    n_groups, n_targets = found.task.n_groups, len(found.task.target_names)
    words = [f"{n_groups} groups"] if n_groups > 1 else []
    words += [f"{n_targets} targets"] if n_targets > 1 else []
    return f"for each of {' and '.join(words)}" if words else "fitted"


def _law(found: Findings) -> dict[str, Any]:
    """Mathematics, constants and how they were fitted."""
    task, model = found.task, found.model
    content: dict[str, Any] = dict.fromkeys(
        ("shown", "latex", "constants", "recipe", "diagnostics", "physics", "valued_formula"), ""
    )
    content |= {"variables": tables.variables_table(task), "rolled": False}
    content["formula"] = "black box: see the program below"
    if model is None:
        return content
    candidate = model.candidate
    rolled = candidate.law.rolled
    width = len(task.feature_names)
    names = [f"x_{k}" for k in range(width)] if rolled else list(task.feature_names)
    target = task.target_names[0] if len(task.target_names) == 1 else "each target"
    alone = len(model.fits) == 1
    values = model.constants(0)[0] if alone else None
    shown = show_law(candidate.law, names, target, values)
    content |= {
        "shown": _typeset(shown),
        "latex": latex(candidate.law, names),
        "formula": formula_of(task, candidate),
        "rolled": rolled,
        "constants": tables.constants_table(model),
        "recipe": _recipe(model),
        "diagnostics": _diagnostics(model),
        "physics": _physics(found),
    }
    if values is not None:
        content["valued_formula"] = f"{target} = {formula(candidate.law, names, values)}"
    return content


def _typeset(shown: Shown) -> dict[str, list[Typeset]]:
    return {
        "law": [_equation(line) for line in shown.law],
        "valued": [_equation(line) for line in shown.valued],
        "variables": [_equation(line) for line in shown.variables],
    }


def _equation(line: MathLine) -> Typeset:
    terms = tuple(_math(f"{sign} {text}" if sign else text) for sign, text in line.terms)
    return Typeset(_math(f"{line.left} ="), terms)


def _math(text: str) -> Markup:
    """Drawn mathematics, or its LaTeX where it cannot be drawn."""
    drawn = typeset(text)
    return Markup('<code class="math-text">{}</code>').format(text) if drawn is None else drawn.markup


def _recipe(model: Model) -> str:
    recipe = model.candidate.recipe
    target = "log of the target" if recipe.residual == "log" else "target"
    loss = {"l2": "least squares", "huber": "Huber's loss", "cauchy": "Cauchy's loss"}[recipe.loss]
    words = [f"Fitted to the {target} with {loss}"]
    if recipe.loss != "l2":
        words.append(f"that bends at {recipe.width:.3g} standard deviations")
    if recipe.far > 0:
        words.append(f"rows weighed towards the far end (exponent {recipe.far:g})")
    if recipe.ridge > 0:
        words.append(f"a ridge of {recipe.ridge:g} on constants that are not linear")
    if recipe.pool > 0:
        words.append(f"priors learnt across groups (strength {recipe.pool:g})")
    return ", ".join(words) + f"; {recipe.starts} starts."


def _diagnostics(model: Model) -> str:
    fits = list(model.fits.values())
    settled = sum(fit.status == "converged" for fit in fits)
    started = sum(fit.n_starts for fit in fits)
    agree = sum(fit.n_agree for fit in fits)
    at_bound = sum(fit.n_at_bound for fit in fits)
    words = f"{settled} of {len(fits)} fits converged; {agree} of {started} starts reached the "
    words += "same minimum"
    return words + (f"; {at_bound} constants lie at a bound." if at_bound else ".")


def _physics(found: Findings) -> str:
    declared = found.task.spec.physics
    words = [f"falls in {name}" for name in declared.decreasing_in]
    words += [f"rises in {name}" for name in declared.increasing_in]
    words += [] if declared.floor is None else [f"stays above {declared.floor:g}"]
    if not words:
        return ""
    facts = found.best.evaluation.facts.get("fits", [])
    shares = [fact.get("against_physics", 0.0) for fact in facts]
    broken = float(np.mean(shares)) if shares else 0.0
    how = f"broken on {100 * broken:.1f} % of them" if broken else "kept on all of them"
    return (
        f"Declared of every law: it {', '.join(words)}. Checked on points up to a hundred times "
        f"beyond the rows of each fold: {how}."
    )


def _accuracy(found: Findings, opened: Opened | None, band: Band | None) -> dict[str, Any]:
    """Scores, residuals and curves; all empty for a black box."""
    model = found.model
    if model is None or band is None:
        return dict.fromkeys(
            ("scores", "parts", "openings", "openings_told", "folds_told", "band_told")
            + ("observed", "residuals", "curves"),
            "",
        )
    test = None if opened is None else opened.table
    log = found.store.test_openings()
    fold = hardest(model)
    rows = [(o["at"], o["what"], o["command"]) for o in log]
    far = "the largest scales" if model.task.spec.folds.axes else "a share of the rows"
    return {
        "scores": tables.scores_table(model, opened),
        "parts": tables.parts_table(model, opened),
        "openings": tables.grid(("at", "by", "command"), rows) if log else None,
        "openings_told": _openings_told(len(log), is_open=opened is not None),
        "folds_told": (
            f"Each fold fits the law without {far} and then predicts them; the hardest holds "
            f"out {len(fold.fold.held)} rows (R² {fold.r2:.4f})."
        ),
        "band_told": (
            "The interval holds the noise of the rows and the uncertainty of the constants, not "
            "that of the form; the dashed curve shows what the law said before it had seen the "
            "held-out rows."
        ),
        "observed": fit_charts(model, test),
        "residuals": residual_charts(model, test),
        "curves": curve_charts(model, band, test),
    }


def _openings_told(n: int, *, is_open: bool) -> str:
    if not n:
        return "The test rows have never been opened for this run."
    told = f"The test rows have been opened {_times(n)} for this run"
    return told + (", this report included." if is_open else "; this report does not show them.")


def _search(found: Findings) -> dict[str, Any]:
    front = [elite.entry for elite in found.archive.front()]
    known = {entry.index for entry in front}
    others = [e.entry for e in found.elites if e.entry.index not in known]
    return {
        "front": front_chart(front, others, found.literature, found.best),
        "progress": progress_chart(found.entries, found.literature),
        "laws": tables.laws_table(found),
        "elites": tables.elites_table(found),
        "n_elites": len(found.elites),
        "lineage": tables.lineage_table(found),
        "operators": tables.operators_table(found),
        "statuses": tables.statuses_table(found.entries),
    }


def _reproduction(found: Findings) -> dict[str, Any]:
    store = found.store
    settings, name = store.settings, store.folder.resolve().name
    budget = settings.get("evaluations") or len(found.entries)
    commands = [
        f"python -m evolve --task {found.task.name} --seed {settings['seed']} "
        f"--evaluations {budget} --run {name}-again",
        f"python -m evolve show {name}",
        f"python -m evolve score {name} --split test",
    ]
    facts: list[Sequence[Any]] = [
        ("fingerprint of the task", store.task["fingerprint"]),
        *((f"version: {key}", value) for key, value in store.versions.items()),
        ("digest of all entries", store.digest()),
        ("program of the champion", found.best.program_id),
        ("this page was written with", _versions()),
    ]
    return {"commands": commands, "facts": tables.grid(("what", "value"), facts)}


def _versions() -> str:
    words = [f"python {platform.python_version()}"]
    return ", ".join([*words, *(f"{name} {version(name)}" for name in ("numpy", "scipy", "numba"))])
