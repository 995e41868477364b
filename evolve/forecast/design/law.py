"""The law that runs are taken to follow: a published one by its name, or a formula with values."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from evolve.errors import Argument, EvolveError, ProgramError, nearest
from evolve.forecast.queries import finite_number
from evolve.law.candidate import Candidate
from evolve.law.canonical import simplify
from evolve.law.formula import formula_words, read_named_formula
from evolve.law.graph import Node, evaluate, feat, features_of
from evolve.law.stated import has_operators, in_words, require_formula, without_target
from evolve.search.named import CALLED, RECIPE, named_law
from evolve.tasks.directions import is_better_higher
from evolve.tasks.roles import guess_role
from evolve.tasks.task import Task
from evolve.typing import Array

HINT = "a formula with its values will do, such as '1.8 + 480*params^-0.35', as fit prints it"


@dataclass(frozen=True, eq=False)
class TrueLaw:
    """A law whose constants are taken to be known.

    Attributes:
        name: As it was asked for; empty for a formula.
        target: What it predicts.
        formula: As it was given or published.
        root: Its tree over the features that runs cost.
        constants: Values by name.
        spread: `(p,)` standard deviations of the logarithms of what the constants may be.
        source: Where the values come from; empty where they were given.
        candidate: What is fitted to the runs: the same law, and how `fit` would fit it.
        fitted_to: Smallest and largest sizes of the runs that a paper fitted it to, by feature.
    """

    name: str
    target: str
    formula: str
    root: Node
    constants: Mapping[str, float]
    spread: Array
    source: str
    candidate: Candidate
    fitted_to: Mapping[str, tuple[float, float]] = field(default_factory=dict)

    @property
    def values(self) -> Array:
        """`(p,)` constants."""
        return np.array(list(self.constants.values()))

    def at(self, x: Array, constants: Array | None = None) -> Array:
        """`(n,)` values of `(n, k)` runs, or `(s, n)` under `(s, p)` constants."""
        return evaluate(self.root, x, self.values if constants is None else constants)

    @property
    def sign(self) -> float:
        """By which values are multiplied so that the least is the best: -1 of an accuracy."""
        return -1.0 if is_better_higher(self.target, guess_role(self.target)) else 1.0

    def drawn(self, n: int, rng: np.random.Generator) -> Array:
        """`(n, p)` constants that may be the true ones."""
        return np.asarray(
            self.values * np.exp(rng.normal(size=(n, len(self.spread))) * self.spread)
        )


@cache
def published() -> dict[str, dict[str, Any]]:
    """Laws with the constants that a paper gives them, by name."""
    text = (files("evolve.forecast.design") / "published.json").read_text(encoding="utf-8")
    laws: dict[str, dict[str, Any]] = json.loads(text)
    return laws


def read_law(
    text: str, task: Task, constants: Mapping[str, object], spread: Mapping[str, object]
) -> TrueLaw:
    """The law of a name or a formula, over the features that runs cost.

    Args:
        text: The name of a published law, or a formula, which may begin with what it is equal to.
            Names in it that are no features are constants, and so are numbers that say something.
        task: Its features, with their roles.
        constants: Values by name; those that a paper or the formula gives may be left out.
        spread: How uncertain they are, as shares of them, by name; certain where nothing is said.

    Raises:
        EvolveError: There is no such law, a constant has no value or is not known, or a feature
            is missing.
    """
    text = in_words(text, task.feature_names)
    name = _published_name(text, task.feature_names)
    law = _formula(text, task) if name is None else _published(name, task)
    source = f"{law.source}; as given here: {', '.join(constants)}" if constants else law.source
    law = replace(
        law,
        constants=_valued(law, constants, task.feature_names),
        source=source if law.source else "",
    )
    if unused := [n for j, n in enumerate(task.feature_names) if j not in features_of(law.root)]:
        rule = f": must depend on all that runs cost, it does not on {', '.join(unused)}"
        raise EvolveError(Argument("law"), rule)
    return replace(law, spread=_spread(law, spread))


def _published_name(text: str, features: Sequence[str]) -> str | None:
    """The published law that is meant; None for a formula."""
    wanted = re.sub(r"[\W_]+", "_", text.strip().lower())
    wanted = CALLED.get(wanted, wanted)
    for name in published():
        if wanted and (name == wanted or name.startswith(f"{wanted}_")):
            return name
    names = list(published())
    close = nearest(text, [*names, *CALLED])
    if has_operators(text) and not close:
        require_formula(text, features)
        return None
    rule = f": {text!r} is no law with published constants{close}; "
    raise EvolveError(Argument("law"), rule, f"there are {', '.join(names)}; {HINT}")


def _published(name: str, task: Task) -> TrueLaw:
    entry = published()[name]
    columns = {word: feat(_standing_for(word, name, task)) for word in entry["fitted_to"]}
    candidate = named_law(task, entry["fitted"]).candidate  # says which role has two columns
    law, names = read_named_formula(entry["formula"], columns)
    text = entry["formula"]
    for word, leaf in columns.items():
        text = re.sub(rf"\b{word}\b", task.feature_names[leaf.index], text)
    values = {n: float(entry["constants"][n]) for n in names}
    blank = np.zeros(len(names))
    ranges = {task.feature_names[columns[word].index]: (float(low), float(high))
              for word, (low, high) in entry["fitted_to"].items()}  # fmt: skip
    source = entry["source"]
    return TrueLaw(name, "loss", text, law.root, values, blank, source, candidate, ranges)


def _standing_for(word: str, law: str, task: Task) -> int:
    """The number of the feature that a published law calls by a word.

    Raises:
        EvolveError: None has that name or its role.
    """
    names, role = task.feature_names, guess_role(word)
    found = [j for j, n in enumerate(names) if n == word]
    found += [j for j, n in enumerate(names) if task.roles[n] == role]
    if found:
        return found[0]
    meant = next((f": {n!r}{close}" for n in names if (close := nearest(n, [word]))), "")
    rule = f": must name {word}, which {law} is a law of, there are {', '.join(names)}{meant}"
    raise EvolveError(Argument("compute"), rule)


def _formula(text: str, task: Task) -> TrueLaw:
    target, text = without_target(text)
    try:
        law, names = read_named_formula(
            text, {word: feat(j) for j, word in enumerate(formula_words(task.feature_names))}
        )
    except ProgramError as error:
        raise EvolveError(Argument("law"), f": {error}") from None
    if not names:
        rule = ": must have a constant; numbers such as 0.5 and 2 stay as they are, names do not"
        raise EvolveError(Argument("law"), rule)
    values = {name: _number_of(name) for name in names}
    candidate = Candidate(simplify(law), RECIPE)
    blank = np.zeros(len(names))
    return TrueLaw("", target or "loss", text.strip(), law.root, values, blank, "", candidate)


def _number_of(name: str) -> float:
    """The value of a constant that is called by a number; nan for a word."""
    try:
        return float(name)
    except ValueError:
        return float("nan")


def _valued(
    law: TrueLaw, given: Mapping[str, object], features: Sequence[str]
) -> dict[str, float]:
    """The law's constants with the values that were given.

    Raises:
        EvolveError: One is not known, no number, or has no value.
    """
    _require_known(law, given, "constants")
    values = dict(law.constants) | {
        name: finite_number("constants", value, name) for name, value in given.items()
    }
    if missing := [name for name, value in values.items() if np.isnan(value)]:
        rule = f": needs a value for {', '.join(missing)}; a name that "
        alike = [nearest(name, features) for name in missing]
        rest = f" lacks is a constant{next(filter(None, alike), '')}"
        raise EvolveError(Argument("constants"), rule, Argument("compute"), rest)
    return values


def _spread(law: TrueLaw, given: Mapping[str, object]) -> Array:
    _require_known(law, given, "spread")
    shares = {name: finite_number("spread", value, name) for name, value in given.items()}
    for name, share in shares.items():
        if not 0 <= share <= 1:
            rule = f" {name}: must be a share between 0 and 1, it is {share:g}"
            raise EvolveError(Argument("spread"), rule)
    return np.array([shares.get(name, 0.0) for name in law.constants])


def _require_known(law: TrueLaw, given: Mapping[str, object], argument: str) -> None:
    valid = list(law.constants)
    for name in given:
        if name not in valid:
            rule = f": no constant {name!r}{nearest(name, valid)}; there are {', '.join(valid)}"
            raise EvolveError(Argument(argument), rule)


def task_of(features: tuple[str, ...], target: str) -> Task:
    """A task of features alone, whose roles their names say; its rows stand for any."""
    from evolve.tasks.task import Feature, Table, TaskSpec
    from evolve.tasks.task import Target as TargetSpec

    spec = TaskSpec(
        title="design",
        source="none",
        licence="none",
        features=[Feature(name=name) for name in features],
        targets=[TargetSpec(name=target)],
    )
    x = np.geomspace(1e8, 1e10, 3)[:, None] * np.ones(len(features))
    rows = Table(x, np.array([[3.0], [2.5], [2.2]]), np.zeros(3, dtype=np.int64))
    return Task("design", Path(), spec, ("all",), rows)
