"""Arguments of a public call to what they are annotated as; one of another type is named.

Only types are looked at here. What a value may be is said where it is used.
"""

from __future__ import annotations

import functools
import inspect
import os
import re
from collections.abc import Callable, Mapping, Sized
from decimal import Decimal
from numbers import Integral, Real
from typing import Any, ParamSpec, TypeVar

from evolve.errors import Argument, EvolveError, nearest

P = ParamSpec("P")
R = TypeVar("R")

_SEVERAL = re.compile(r"Sequence\[(.+)\]")
_BY_NAME = re.compile(r"(?:Mapping|dict)\[.+\]")
_PARTS = re.compile(r"(?:[^|\[\]]|\[[^\]]*(?:\[[^\]]*\][^\]]*)*\])+")
MOST_SHOWN = 60  # characters of a value


def _is_number(value: object) -> bool:
    """Whether a value is a number, or a text that may be a size in words."""
    return isinstance(value, Real | Decimal | str)


def _is_whole(value: Any) -> bool:
    """Whether a value is a whole number of any type, such as 3, 3.0 or numpy's."""
    is_number = isinstance(value, Real) and not isinstance(value, bool)
    return is_number and (isinstance(value, Integral) or float(value).is_integer())


def _is_truth(value: object) -> bool:
    """Whether a value is true or false, numpy's and 0 and 1 among them."""
    return type(value).__name__ in ("bool", "bool_") or (
        isinstance(value, Integral) and value in (0, 1)
    )


def _is_by_name(value: object) -> bool:
    """Whether a value is by name: a mapping, or a row of a data frame."""
    return hasattr(value, "keys") and hasattr(value, "__getitem__")


def _is_run(value: object) -> bool:
    return hasattr(value, "folder") and hasattr(value, "task")


KINDS: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "str": ("a text", lambda value: isinstance(value, str)),
    "Path": ("a path", lambda value: isinstance(value, str | os.PathLike)),
    "bool": ("True or False", _is_truth),
    "int": ("a whole number", _is_whole),
    "float": ("a number", _is_number),
    "None": ("None", lambda value: value is None),
    "RunAnswers": ("a run, as evolve.load gives it", _is_run),
    "FunctionType": ("a function", inspect.isfunction),
}
PLURALS = {
    **{"str": "texts", "Path": "paths", "int": "whole numbers", "float": "numbers"},
    "RunAnswers": "runs, as evolve.load gives them",
}


def checked(function: Callable[P, R]) -> Callable[P, R]:
    """Have a public function refuse an argument whose type is none of those it is annotated as.

    Annotations that say more than this module knows, such as those of tables, are left alone.
    A call that does not fit the function is a `TypeError`, as of any function.
    """
    signature, require = inspect.signature(function), require_types(function)

    @functools.wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        _require_known(function.__name__, signature, kwargs)
        try:
            bound = signature.bind(*args, **kwargs)
        except TypeError as error:
            raise TypeError(f"{function.__name__}(): {error}") from None
        require(bound.arguments)
        return function(*args, **kwargs)

    return call


def _require_known(called: str, signature: inspect.Signature, kwargs: Mapping[str, Any]) -> None:
    """Refuse a name that is no argument's, before any that is missing: it may be that one's."""
    if any(p.kind is inspect.Parameter.VAR_KEYWORD for p in signature.parameters.values()):
        return
    names = [name for name in signature.parameters if name != "self"]
    if unknown := next((name for name in kwargs if name not in signature.parameters), None):
        raise TypeError(
            f"{called}(): no argument {unknown!r}{nearest(unknown, names)}; "
            f"there are {', '.join(names)}"
        )


def require_types(function: Callable[..., Any]) -> Callable[[Mapping[str, Any]], None]:
    """What requires of arguments of a function, by name, that they are as it annotates them."""
    rules = {
        name: rule
        for name, parameter in inspect.signature(function).parameters.items()
        if (rule := rule_of(parameter.annotation)) is not None
    }

    def require(arguments: Mapping[str, Any]) -> None:
        for name, value in arguments.items():
            if name in rules and not rules[name][1](value):
                shown = repr(value)
                shown = shown if len(shown) <= MOST_SHOWN else f"{shown[:MOST_SHOWN]}…"
                raise EvolveError(Argument(name), f": must be {rules[name][0]}, it is {shown}")

    return require


def rule_of(annotation: object) -> tuple[str, Callable[[Any], bool]] | None:
    """What a value of an annotation must be, in words and as a test; None for any other."""
    parts = [part.strip() for part in _PARTS.findall(str(annotation))]
    rules = [_rule_of_part(part) for part in parts]
    known = [rule for rule in rules if rule is not None]
    if not known or len(known) < len(rules):
        return None
    said = [words for words, _ in known if words != "None"]
    return " or ".join(said), lambda value: any(fits(value) for _, fits in known)


def _rule_of_part(part: str) -> tuple[str, Callable[[Any], bool]] | None:
    if part in KINDS:
        return KINDS[part]
    if _BY_NAME.fullmatch(part):
        return "values by name, such as a dictionary", _is_by_name
    if not (several := _SEVERAL.fullmatch(part)):
        return None
    kinds = [kind.strip() for kind in several[1].split("|")]
    if not all(kind in PLURALS for kind in kinds):
        return "several values, such as a list", _are_several
    words = " or ".join(dict.fromkeys(PLURALS[kind] for kind in kinds))
    # Columns of a data frame may be called by numbers.
    tests = [KINDS[kind][1] for kind in (*kinds, *(["int"] if "str" in kinds else []))]

    def are_such(value: Any) -> bool:
        return _are_several(value) and all(any(fits(each) for fits in tests) for each in value)

    return f"a list of {words}", are_such


def _are_several(value: Any) -> bool:
    """Whether a value is a list, a tuple, an array or the like, and no text or mapping."""
    is_one = isinstance(value, str | bytes) or _is_by_name(value) and not hasattr(value, "iloc")
    return not is_one and isinstance(value, Sized) and hasattr(value, "__iter__")
