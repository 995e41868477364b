"""A formula as it is typed for a law: what it is equal to, and columns between backticks."""

from __future__ import annotations

import re
from collections.abc import Sequence

from evolve.errors import Argument, EvolveError, nearest
from evolve.law.faults import because, unquoted
from evolve.law.formula import MOST_CHARACTERS, formula_words, parse_formula

_EQUAL_TO = re.compile(r"\s*(?:`([^`]+)`|([^\W\d]\w*))\s*=(?!=)\s*")
_TICKS = re.compile(r"`([^`]*)`")
_SIGN = re.compile(r"[-+*/^·×÷(\N{MINUS SIGN}]")
_CALL = re.compile(r"([^\W\d]\w*)\s*\(")
_NAME = re.compile(r"(?<![\w.])[^\W\d]\w*")
# What constants of scaling laws are called; a column of such a name may have been forgotten.
_OF_CONSTANTS = {*"EABabck", "alpha", "beta", "gamma", "delta", "kappa"}


def has_operators(text: str) -> bool:
    """Whether a text has a sign that stands in formulas, and in few names."""
    return _SIGN.search(text) is not None


def in_words(text: str, names: Sequence[str]) -> str:
    """A formula in which names between backticks are the words that formulas have for them."""
    words = dict(zip(names, formula_words(names), strict=True))
    return _TICKS.sub(lambda match: words.get(match[1].strip(), match[0]), text)


def without_target(text: str) -> tuple[str, str]:
    """What a formula is equal to, empty where it does not say so, and the rest."""
    match = _EQUAL_TO.match(text)
    return ((match[1] or match[2]).strip(), text[match.end() :]) if match else ("", text)


def require_formula(text: str, names: Sequence[str], targets: Sequence[str] = ()) -> None:
    """Require that a text is a formula, which may begin with what it is equal to.

    Args:
        text: The text, after `in_words`.
        names: Those that stand between backticks.
        targets: What it may be equal to.

    Raises:
        EvolveError: It is none; the message says where it breaks.
    """
    formula = without_target(text)[1]
    if len(formula) > MOST_CHARACTERS:
        rule = f": must have at most {MOST_CHARACTERS} characters, it has {len(formula)}"
        raise EvolveError(Argument("law"), rule)
    if unknown := _TICKS.search(formula):
        rule = f": there is no feature {unknown[1]!r}{nearest(unknown[1], names)}"
        raise EvolveError(Argument("law"), rule)
    if parse_formula(formula) is None:
        broken = unquoted(text, (*targets, *names))
        broken = broken or because(" " * (len(text) - len(formula)) + formula)
        raise EvolveError(Argument("law"), f": must be a formula, it is {text!r}{broken}")


def columns_in(text: str, columns: Sequence[str]) -> tuple[str, ...]:
    """The columns that a formula names; none of a text that is no formula, such as a law's name.

    Args:
        text: The formula.
        columns: Names of columns, of which those that are no plain words stand in backticks.
    """
    named = set(_names_in(text, columns))
    return tuple(c for c, w in zip(columns, formula_words(columns), strict=True) if w in named)


def called_as_constants(
    text: str, features: Sequence[str], others: Sequence[str] = ()
) -> list[str]:
    """What to say of names in a formula or template that may be columns as well as constants.

    Args:
        text: The formula or template.
        features: Columns that it may name; those that are called as constants are told.
        others: Columns that are no features, so that their names are constants.
    """
    named = set(_NAME.findall(without_target(in_words(text, features))[1]))
    return [
        *(
            f"{name} in {text!r} is the column {name}; a constant needs another name"
            for name in features
            if name in _OF_CONSTANTS & named
        ),
        *(
            f"{name} in {text!r} is a constant, as the column {name} is no feature"
            for name in others
            if name in named
        ),
    ]


def constants_in(text: str, columns: Sequence[str]) -> tuple[str, ...]:
    """The names in a formula that are no columns and no functions; arguments as `columns_in`."""
    columns_and_functions = {*formula_words(columns), *_CALL.findall(text)}
    return tuple(n for n in _names_in(text, columns) if n not in columns_and_functions)


def _names_in(text: str, columns: Sequence[str]) -> tuple[str, ...]:
    """Every name in a formula once, without its target; none of a text that is no formula."""
    formula = without_target(in_words(text, columns))[1]
    if not has_operators(text) or parse_formula(formula) is None:
        return ()
    return tuple(dict.fromkeys(_NAME.findall(formula)))
