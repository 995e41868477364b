"""What the page says of a run's law: mathematics, constants, how it was fitted."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

from markupsafe import Markup

from evolve.forecast.words import counted
from evolve.law.candidate import Candidate
from evolve.law.latex import latex
from evolve.law.naming import own_words, words_seen
from evolve.law.printer import digits_of
from evolve.law.recipe import Recipe
from evolve.law.writing import LEAST_DIGITS
from evolve.report import tables
from evolve.report.gather import Findings
from evolve.report.mathematics import MathLine, show_law
from evolve.report.model import Model
from evolve.report.sanity import broken_share, declared_physics
from evolve.report.typeset import typeset
from evolve.runs.formulas import formula_of, valued_formula_of
from evolve.tasks.task import Task
from evolve.typing import Array


@dataclass(frozen=True, slots=True)
class Equation:
    """An equation as markup."""

    left: Markup
    terms: tuple[Markup, ...]


def law_content(findings: Findings) -> dict[str, Any]:
    """Mathematics, constants and how they were fitted."""
    task, model = findings.task, findings.model
    content: dict[str, Any] = dict.fromkeys(
        ("shown", "latex", "constants", "recipe", "diagnostics", "physics", "valued_formula"), ""
    )
    content |= {"variables": tables.variables_table(task), "own_words": ""}
    content |= {"note": " ".join(task.spec.note.split())}
    content["formula"] = "black box: see the program below"
    if model is not None:
        content["constants"] = tables.constants_table(model)
    candidate = None if model is None else model.fitted.candidate
    if model is None or candidate is None:
        return content
    names, target = names_in(task, candidate)
    values = next(iter(model.fitted.constants.values()))[0] if model.n_fits == 1 else None
    content |= {
        "shown": equations_of(task, candidate, values),
        "latex": latex(candidate.law, names),
        "formula": formula_of(task, candidate),
        "own_words": own_words(task.feature_names) if candidate.law.own_feature_first else "",
        "recipe": _recipe(candidate.recipe),
        "diagnostics": _diagnostics(model),
        "physics": _physics(findings),
    }
    content["valued_formula"] = valued_formula_of(task, candidate, model.fitted.constants)
    return content


def names_in(task: Task, candidate: Candidate) -> tuple[list[str], str]:
    """Names of the features and of the target in a law's mathematics."""
    own_first = candidate.law.own_feature_first
    names = words_seen(task.feature_names, own_first=own_first)
    return names, task.target_names[0] if len(task.target_names) == 1 else "each target"


def equations_of(
    task: Task, candidate: Candidate, constants: Array | None = None
) -> dict[str, list[Equation]]:
    """A law as drawn equations.

    Args:
        task: Names features and target.
        candidate: The law.
        constants: `(p,)` values to show in a second version.

    Returns:
        Equations of the ``law``, of the law with its values (``valued``, empty without them) and
        of the letters that stand for features (``variables``).
    """
    law, names = candidate.law, names_in(task, candidate)
    digits = LEAST_DIGITS if constants is None else digits_of(law, constants, task.train.X)
    shown = show_law(law, *names, constants, digits)
    shown = replace(shown, variables=()) if candidate.law.own_feature_first else shown
    return {
        "law": [_equation(line) for line in shown.law],
        "valued": [_equation(line) for line in shown.valued],
        "variables": [_equation(line) for line in shown.variables],
    }


def _equation(line: MathLine) -> Equation:
    terms = tuple(_math(rf"{sign}\;{text}" if sign else text) for sign, text in line.terms)
    return Equation(_math(f"{line.left} ="), terms)


def _math(text: str) -> Markup:
    """Drawn mathematics, or plain words where a name holds letters that cannot be drawn."""
    drawn = typeset(text)
    if drawn is None:
        text = re.sub(r"\\mathrm\{((?:\\.|[^{}\\])*)\}", r"\1", text)
        text = re.sub(r"\\[;,]", " ", text)
        text = re.sub(r"\\([_%$#&{} ])", r"\1", text)
        return Markup('<code class="math-text">{}</code>').format(text)
    return drawn.markup


_SCALES = {
    "linear": "the target",
    "log": "the log of the target",
    "gap": "what the target leaves to its ceiling",
    "log_gap": "the log of what the target leaves to its ceiling",
}


_TIED = {
    "slopes": "exponents and factors of variables",
    "shape": "all constants but terms and amplitudes",
}


def _recipe(recipe: Recipe) -> str:
    target = _SCALES[recipe.target_scale]
    loss = {"l2": "least squares", "huber": "Huber's loss", "cauchy": "Cauchy's loss"}[recipe.loss]
    words = [f"Fitted to {target} with {loss}"]
    if recipe.loss != "l2":
        words.append(f"that bends at {recipe.f_scale:.3g} standard deviations")
    if recipe.scale_weight > 0:
        words.append(f"rows weighed towards the far end (exponent {recipe.scale_weight:g})")
    if recipe.ridge > 0:
        words.append(f"a ridge of {recipe.ridge:g} on constants that are not linear")
    if recipe.shrinkage > 0:
        words.append(f"priors learnt across groups (strength {recipe.shrinkage:g})")
    if recipe.tied != "none":
        words.append(f"all groups with {_TIED[recipe.tied]} in common")
    return ", ".join(words) + f"; {recipe.n_starts} starts."


def _diagnostics(model: Model) -> str:
    n, facts = model.n_fits, model.facts
    settled, at_bound = round(n * facts["converged"]), round(facts["at_bound"])
    words = f"{settled} of {n} fits converged; {100 * facts['agree']:.0f} % of the starts reached "
    words += "the same minimum"
    return words + (f"; {counted(at_bound, 'constant')} at a bound." if at_bound else ".")


def _physics(findings: Findings) -> str:
    declared, broken = declared_physics(findings), broken_share(findings) or 0.0
    if not declared:
        return ""
    how = f"broken on {100 * broken:.1f} % of them" if broken else "kept on all of them"
    return (
        f"Declared or guessed of every law: it {declared}. Checked on points up to a "
        f"hundred times beyond the rows of each fold: {how}."
    )
