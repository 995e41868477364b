"""Render a run's findings as one self-contained page of HTML."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from markupsafe import Markup

from evolve import __version__
from evolve.errors import SandboxError
from evolve.evaluation.failed import ProgramFailedError
from evolve.forecast.box import page_data
from evolve.forecast.words import counted, r2_text
from evolve.jsontext import json_document
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
from evolve.report.gather import Findings, OpenedTest
from evolve.report.law_content import law_content
from evolve.report.reproduction import reproduction
from evolve.report.sanity import checks_of, finalists_table, groups_table
from evolve.runs.choices import why_not_the_best_score
from evolve.runs.crosscheck import disagreements
from evolve.runs.results import held_out_r2

TEMPLATES = Path(__file__).with_name("templates")
SCRIPTS = ("box.js", "forecast.js", "report.js")
FOLDS_WORDS = (
    "Folds of the search scored every law, those of the choice the leading laws alone; after a "
    "jump, scales between the rows that are fitted and those that are predicted are left out. "
    "NMSE is the squared error over the variance, NMAE the absolute error over the mean "
    "absolute deviation."
)


@dataclass(frozen=True, slots=True)
class Card:
    """A number at the head of the page."""

    id: str
    name: str
    value: str
    note: str


def render(findings: Findings, opened: OpenedTest | None) -> str:
    """The page.

    Args:
        findings: What the run has found.
        opened: The test rows, if they were opened for this report.
    """
    content = {
        **_frame(findings, opened),
        **law_content(findings),
        **_accuracy(findings, opened),
        **_curves(findings, opened),
        **_search(findings),
        **reproduction(findings),
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


def _frame(findings: Findings, opened: OpenedTest | None) -> dict[str, Any]:
    return {
        "css": Markup((TEMPLATES / "report.css").read_text(encoding="utf-8")),
        "js": Markup("\n".join((TEMPLATES / n).read_text(encoding="utf-8") for n in SCRIPTS)),
        "version": __version__,
        "run": findings.store.folder.resolve().name,
        "task_name": findings.task.name,
        "task": findings.task.spec,
        "findings": findings,
        "opened": opened,
        "disagreements": disagreements(findings.store),
        "cards": _cards(findings, opened),
        "checks": checks_of(findings),
        "groups": groups_table(findings),
        "level": f"{100 * LEVEL:.0f}",
    }


def _cards(findings: Findings, opened: OpenedTest | None) -> list[Card]:
    evaluation = findings.best.evaluation
    n_opened = len(findings.store.test_openings())
    times = "never opened" if not n_opened else f"opened {_times(n_opened)}"
    train = tables.cell(findings.train_r2).text
    folds = f"of the champion, mean over {counted(len(evaluation.folds), 'fold')}"
    cards = [
        Card("heldout-r2", "Held-out R²", tables.cell(held_out_r2(evaluation)).text, folds),
        Card("train-r2", "Training R²", train, f"{findings.task.train.n_rows} rows"),
        Card("n-constants", "Constants", str(evaluation.n_constants), _each(findings)),
        Card(
            "score",
            "Score",
            tables.cell(evaluation.score).text,
            "log error plus what size costs; lower is better",
        ),
    ]
    test = Card("test-r2", "Test R²", "–", f"shown with --reveal-test; {times}")
    if opened is not None:
        test = Card("test-r2", "Test R²", tables.cell(opened.scores.overall.r2).text, times)
    return [*cards[:2], test, *cards[2:]]


def _times(n: int) -> str:
    return {1: "once", 2: "twice"}.get(n, f"{n} times")


def _each(findings: Findings) -> str:
    n_groups, n_targets = findings.task.n_groups, len(findings.task.target_names)
    words = [f"{n_groups} groups"] if n_groups > 1 else []
    words += [f"{n_targets} targets"] if n_targets > 1 else []
    return f"for each of {' and '.join(words)}" if words else "fitted"


def _accuracy(findings: Findings, opened: OpenedTest | None) -> dict[str, Any]:
    """Scores and residuals; all empty without fits."""
    model = findings.model
    log = findings.store.test_openings()
    rows = [(o["at"], o["what"], o["command"]) for o in log]
    content: dict[str, Any] = {
        "openings": tables.grid(("at", "by", "command"), rows) if log else None,
        "openings_words": _openings_words(len(log), is_open=opened is not None),
    }
    if model is None:
        return content | dict.fromkeys(
            ("scores", "parts", "folds_words", "observed", "residuals"), ""
        )
    test = None if opened is None else opened.table
    fold = hardest(model)
    far = "the largest scales" if model.task.spec.folds.axes else "a share of the rows"
    return content | {
        "scores": tables.scores_table(model, opened),
        "parts": tables.parts_table(model, opened),
        "folds_words": (
            f"Each fold fits the law without {far} and then predicts them; the hardest holds "
            f"out {len(fold.fold.held)} rows (R² {r2_text(fold.r2)}). {FOLDS_WORDS}"
        ),
        "observed": fit_charts(model, test),
        "residuals": residual_charts(model, test),
    }


def _curves(findings: Findings, opened: OpenedTest | None) -> dict[str, Any]:
    """Forecasts along the axes, or why they cannot be drawn; both empty without axes or fits."""
    content: dict[str, Any] = {"curves": {}, "band_words": "", "undrawn": "", "box": ""}
    test = None if opened is None else opened.table
    try:
        forecaster = forecaster_of(findings)
        if findings.model is None or forecaster is None:
            return content
        return content | {
            "curves": curve_charts(findings.model, forecaster, test),
            "band_words": forecaster.words,
            "box": box_json(page_data(findings.task, forecaster.forecast_model)),
        }
    except (ProgramFailedError, SandboxError) as error:
        return content | {"undrawn": str(error)}


def box_json(data: dict[str, Any] | None) -> Markup:
    """What the forecast box is made from, as JSON inside a page; empty where there is none."""
    if data is None:
        return Markup("")
    text = json.dumps(json.loads(json_document(data)), separators=(",", ":"), ensure_ascii=True)
    return Markup(text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))


def _openings_words(n: int, *, is_open: bool) -> str:
    if not n:
        return "The test rows have never been opened for this run."
    words = f"The test rows have been opened {_times(n)} for this run"
    return words + (", this report included." if is_open else "; this report does not show them.")


def _search(findings: Findings) -> dict[str, Any]:
    front = [elite.entry for elite in findings.archive.best_per_size()]
    in_front = {entry.index for entry in front}
    others = [e.entry for e in findings.elites if e.entry.index not in in_front]
    return {
        "front": front_chart(front, others, findings.literature, findings.best),
        "progress": progress_chart(
            findings.scores, findings.summary.n_entries, findings.literature
        ),
        "front_words": _chosen_words(findings),
        "laws": tables.laws_table(findings),
        "finalists": finalists_table(findings),
        "elites": tables.elites_table(findings),
        "n_elites": len(findings.elites),
        "lineage": tables.lineage_table(findings),
        "operators": tables.operators_table(findings),
        "statuses": tables.statuses_table(findings.summary),
    }


def _chosen_words(findings: Findings) -> str:
    evaluation = findings.best.evaluation
    size = counted(evaluation.n_constants, "constant")
    size += f" and held-out R² {held_out_r2(evaluation) or 0.0:.4f}"
    if findings.asked:
        return f"This law, {findings.asked}, has {size}; it is not what the run has chosen."
    if not findings.chosen:
        return f"The law with the best score so far has {size}."
    leader = findings.elites[0]
    text = (
        f"The champion has {size}. The leading elites and the literature were judged on further "
        "folds and on what they say beyond the data; of those whose judgement is near the best "
        "and that are no worse than a baseline, the champion is the simplest among those nearest "
        "to the forecast of all"
    )
    if leader.entry.index == findings.best.index:
        return text + ", and also has the best score of the search."
    r2 = held_out_r2(leader.entry.evaluation) or 0.0
    text += ". The best score of the search is that of entry "
    text += f"{leader.entry.index} (R² {r2_text(r2)})"
    why = why_not_the_best_score(findings.lines)
    return f"{text}: {why}; the table of finalists has the numbers." if why else f"{text}."
