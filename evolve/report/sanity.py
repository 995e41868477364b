"""Whether a run's forecasts can be trusted: a list of checks, and the finalists of its choice."""

from __future__ import annotations

from dataclasses import dataclass

from evolve.forecast.by_group import warning_of
from evolve.forecast.verdict import CARE, HOLDS, NONE
from evolve.forecast.words import share_text
from evolve.report import tables
from evolve.report.gather import Findings
from evolve.tasks.costs import costs_above_0
from evolve.tasks.declared import between_text
from evolve.tasks.task import Task
from evolve.tasks.together import relations


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the card at the head of the page.

    Attributes:
        name: What was checked.
        value: What came of it.
        notes: What that means, one sentence each.
        mark: ``good``, ``care`` or ``bad``; empty where it is no judgement.
    """

    name: str
    value: str
    notes: tuple[str, ...] = ()
    mark: str = ""


def checks_of(findings: Findings) -> list[Check]:
    """The verdict and what it rests on."""
    checks = [_verdict(findings), *_held_out(findings), _physics(findings), *_together(findings)]
    return [*checks, *_groups(findings), *_fits(findings), *_distance(findings)]


def _verdict(findings: Findings) -> Check:
    if findings.asked:
        return Check("Verdict", "not judged", ("It was asked for; the run judges its champion.",))
    if findings.verdict is None:
        why = "the search has not ended" if not findings.chosen else "an earlier version chose"
        return Check("Verdict", "not judged", (f"{why}, so no verdict was made.".capitalize(),))
    marks = {HOLDS: "good", CARE: "care", NONE: "bad"}
    reasons = tuple(f"{reason[:1].upper()}{reason[1:]}." for reason in findings.verdict.reasons)
    return Check("Verdict", findings.verdict.verdict, reasons, marks[findings.verdict.verdict])


def _held_out(findings: Findings) -> list[Check]:
    """The forecast against the best that anybody would say without a law."""
    verdict = findings.verdict
    if verdict is None:
        return []
    r2, baseline = verdict.held_out_r2, verdict.baseline_r2
    value = f"{tables.cell(r2).text} against {tables.cell(baseline).text}"
    note = f"Of the leading laws together, and of the best baseline ({verdict.baseline})."
    mark = "good" if verdict.gain > 0.0 and r2 > 0.0 else "bad"
    return [Check("R² of the forecast on held-out rows", value, (note,), mark)]


def declared_physics(findings: Findings) -> str:
    """What is declared of every law, as the end of a sentence; empty for nothing."""
    declared = findings.task.spec.physics
    words = [f"falls in {name}" for name in declared.decreasing_in]
    words += [f"rises in {name}" for name in declared.increasing_in]
    words += [] if declared.floor is None else [f"stays above {declared.floor:g}"]
    words += [] if declared.ceiling is None else [f"stays below {declared.ceiling:g}"]
    return ", ".join(words)


def broken_share(findings: Findings) -> float | None:
    """Largest share of points beyond the rows at which the champion breaks what is declared."""
    facts = findings.best.evaluation.facts.get("fits", [])
    shares = [float(fact.get("against_physics", 0.0)) for fact in facts]
    shares += [row.against_physics for row in findings.finalists if row.champion]
    return max(shares, default=None)


def _bounds(task: Task) -> list[str]:
    """What each target can be, where that is declared or its name says it."""
    told = [f"{t.name} is {between_text(*t.bounds)}" for t in task.spec.targets if t.bounds]
    costs = zip(task.target_names, costs_above_0(task), strict=True)
    return told + [f"{name} is above 0" for name, is_above in costs if is_above]


def _physics(findings: Findings) -> Check:
    declared, broken = declared_physics(findings), broken_share(findings)
    bounds = "; ".join(_bounds(findings.task))
    within = ("Declared or guessed; no interval goes beyond.",)
    if not declared:
        return Check("Physics", bounds or "nothing declared", within if bounds else ())
    besides = (f"Besides, {bounds}.",) if bounds else ()
    notes = (f"Declared or guessed of every law: it {declared}.", *besides)
    if broken is None:
        return Check("Physics", "not checked", notes)
    value = "kept" if not broken else f"broken at {100 * broken:.1f} % of points"
    return Check("Physics", value, notes, "bad" if broken else "good")


def _together(findings: Findings) -> list[Check]:
    """Features that move together in the training rows."""
    moving = relations(findings.task)
    notes = tuple(f"{r.consequence[:1].upper()}{r.consequence[1:]}." for r in moving)
    value = "; ".join(r.said for r in moving)
    return [Check("Features that move together", value, notes[:1], "care")] if moving else []


def _groups(findings: Findings) -> list[Check]:
    """The groups against their own mean and last value, where there are several."""
    groups = findings.groups
    if len(groups) < 2:
        return []
    words, better = warning_of(groups), sum(not group.worse for group in groups)
    note = f"{words[:1].upper()}{words[1:]}." if words else "On held-out rows of the folds."
    value = f"better than their own mean or last value in {better} of {len(groups)}"
    return [Check("Groups", value, (note,), "bad" if words else "good")]


def groups_table(findings: Findings) -> tables.Grid | None:
    """The champion's errors by group, the worst first; None without several."""
    groups = findings.groups
    if len(groups) < 2:
        return None
    head = ("group", "predictions", "error", "median error", "baseline's error", "baseline")
    rows = [
        (
            *(g.group, g.n_held, g.error, tables.Cell(share_text(g.relative), g.relative)),
            *(g.baseline_error, g.baseline),
        )
        for g in groups
    ]
    return tables.grid(head, rows, [g.worse for g in groups])


def _fits(findings: Findings) -> list[Check]:
    model = findings.model
    if model is None:
        return [Check("Fit of all rows", "not made again", (findings.unfitted,), "care")]
    if "converged" not in model.facts:
        return [Check("Fit of all rows", "by the program itself")]
    n, share = model.n_fits, model.facts["agree"]
    settled = round(n * model.facts["converged"])
    note = f"{100 * share:.0f} % of the starts reached the same minimum."
    good = settled == n
    return [Check("Converged fits", f"{settled} of {n}", (note,), "good" if good else "care")]


def _distance(findings: Findings) -> list[Check]:
    """How far the law that is shown lies from the forecast of all finalists."""
    for row in findings.finalists:
        if row.champion:
            note = (
                "Of the champion from the forecast beyond the data, in deviations of the targets."
            )
            weight = f"It counts {100 * row.weight:.0f} % of the forecast."
            return [Check("Distance", tables.cell(row.distance).text, (note, weight))]
    return []


def finalists_table(findings: Findings) -> tables.Grid | None:
    """What was measured of every finalist, best judgement first; None without a choice."""
    rows = findings.finalists
    if not rows:
        return None
    names = list(rows[0].losses)
    cells = []
    for row, entry in zip(rows, findings.finalist_entries, strict=True):
        cells.append(
            (
                *(row.index, entry.operator, tables.formula_in(findings.task, entry)),
                *(row.n_constants, row.judgement, row.weight),
                *(row.distance, row.held_out_loss, row.held_out_error, row.refit_loss, row.size),
                *(row.against_physics, row.outside, row.disagreement),
                *(row.losses.get(name) for name in names),
            )
        )
    head = (
        *("entry", "made by", "law", "constants", "judgement", "weight", "distance"),
        *("held out", "±", "all rows", "size"),
        *("against physics", "outside bounds", "disagreement"),
        *(f"fold {name}" for name in names),
    )
    return tables.grid(head, cells, [row.champion for row in rows])
