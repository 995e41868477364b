"""Checks of the notes that say why a champion was chosen, and what its forecasts are worth."""

from __future__ import annotations

from typing import Any

from evolve.forecast.verdict import VERDICTS
from evolve.runs import checks, limits


def check_choice(value: Any, n_entries: int) -> None:
    """The finalists of a choice."""
    note = checks.mapped("choice", value, ("n_entries", "finalists"))
    checks.whole("choice: n_entries", note["n_entries"], 0, limits.ENTRIES)
    numbers = (
        *("held_out_loss", "held_out_error", "refit_loss", "size", "against_physics"),
        "outside",
        *("disagreement", "judgement", "weight", "distance"),
    )
    for row in checks.listed("choice", note["finalists"], limits.CONSTANTS):
        need = ("index", "champion", "n_constants", "losses", *numbers)
        one = checks.mapped("choice: finalist", row, need)
        checks.whole("choice: index", one["index"], 0, n_entries - 1)
        checks.truth("choice: champion", one["champion"])
        checks.whole("choice: n_constants", one["n_constants"], 0, limits.COUNT)
        for name in numbers:
            checks.number(f"choice: {name}", one[name])
        for name, loss in checks.mapped("choice: losses", one["losses"], may=None).items():
            checks.text("choice: fold", name)
            checks.number("choice: loss", loss)


def check_verdict(value: Any) -> None:
    """What forecasts are worth."""
    note = checks.mapped("verdict", value, ("n_entries", "verdict"))
    checks.whole("verdict: n_entries", note["n_entries"], 0, limits.ENTRIES)
    numbers = ("held_out_r2", "baseline_r2", "gain", "against_physics")
    maybe = ("expected_r2", "expected_error")
    need = ("verdict", "reasons", "baseline", *numbers, *maybe)
    told = checks.mapped("verdict", note["verdict"], need)
    checks.one_of("verdict", told["verdict"], VERDICTS)
    checks.text("verdict: baseline", told["baseline"])
    reasons = checks.listed("verdict: reasons", told["reasons"], limits.FOLDS)
    checks.each(checks.text, "verdict: reasons", reasons)
    for name in numbers + tuple(name for name in maybe if told[name] is not None):
        checks.number(f"verdict: {name}", told[name])
