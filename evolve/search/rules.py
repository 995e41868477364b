"""What a user asks of every law of a run: features, operations, a template."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from evolve.errors import Argument, EvolveError, nearest
from evolve.law.formula import formula_words
from evolve.law.naming import identifiers
from evolve.law.shown import OPERATIONS, SHOWN
from evolve.law.template import parse_template
from evolve.search.operators import SearchSpace


@dataclass(frozen=True, slots=True)
class FormRules:
    """Rules for the form of every law of a run.

    Attributes:
        template: A formula with one free part, as `parse_template` reads it; empty for none.
        must_use: Names of features that every law has.
        forbid_operators: Operations that no law has, by the signs and names of `SHOWN`.
        only_operators: The only operations that laws have; all if there are none.
    """

    template: str = ""
    must_use: tuple[str, ...] = ()
    forbid_operators: tuple[str, ...] = ()
    only_operators: tuple[str, ...] = ()


NO_RULES = FormRules()


def ruled_space(space: SearchSpace, rules: FormRules, names: Sequence[str]) -> SearchSpace:
    """The space with the user's rules.

    Args:
        space: What the task allows.
        rules: What the user asks.
        names: Names of the features.

    Raises:
        EvolveError: A name is not known, or the rules allow no law.
    """
    if rules == NO_RULES:
        return space
    if space.own_feature_first and (rules.template or rules.must_use):
        word = Argument("template" if rules.template else "must_use")
        raise EvolveError(word, ": targets of this task each have a feature of their own first")
    ruled = replace(
        space,
        must_use=tuple(space.place_of(_feature(name, names)) for name in rules.must_use),
        operations=_operations(rules),
    )
    if not rules.template:
        return ruled
    words = template_words(rules.template, names)
    variables = {word: space.variable(j) for j, word in enumerate(words)}
    template = parse_template(rules.template, variables)
    if template.n_constants >= space.max_constants:
        rule = f": has {template.n_constants} constants, the task allows {space.max_constants} in"
        raise EvolveError(Argument("template"), f"{rule} all, the free part needs one")
    return replace(ruled, template=template)


def template_words(template: str, names: Sequence[str]) -> list[str]:
    """Name the features as a template does: by words of formulas, or of programs as it had to.

    Args:
        template: Its text.
        names: Names of the features.
    """
    pairs = zip(formula_words(names), identifiers(names), strict=True)
    return [old if re.search(rf"\b{old}\b", template) else word for word, old in pairs]


def _feature(name: str, names: Sequence[str]) -> int:
    if name not in names:
        rule = f": {name!r} is none of {', '.join(names)}{nearest(name, names)}"
        raise EvolveError(Argument("must_use"), rule)
    return list(names).index(name)


def _operations(rules: FormRules) -> frozenset[str] | None:
    """Operations that are allowed; None for all."""
    if not rules.forbid_operators and not rules.only_operators:
        return None
    only, forbidden = (
        frozenset[str]().union(*(_operation(given, argument) for given in names))
        for argument, names in (
            ("only_operators", rules.only_operators),
            ("forbid_operators", rules.forbid_operators),
        )
    )
    return (only or OPERATIONS) - forbidden


def _operation(name: str, argument: str) -> frozenset[str]:
    if name not in SHOWN:
        rule = f": {name!r} is none of {' '.join(SHOWN)}{nearest(name, SHOWN)}"
        raise EvolveError(Argument(argument), rule)
    return SHOWN[name]
