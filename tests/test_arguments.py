"""Every public argument of another type is refused in one line that names it, before all else."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import evolve
from evolve.api.answers import RunAnswers
from evolve.api.champion import RunLaw
from evolve.api.named import NamedFit
from evolve.api.plots import Plots
from evolve.arguments import checked, rule_of
from evolve.errors import EvolveError

FUNCTIONS = [
    value
    for value in (getattr(evolve, name) for name in evolve.__all__)
    if inspect.isfunction(value)
]
CLASSES = (evolve.Run, RunAnswers, evolve.Champion, RunLaw, NamedFit, Plots)
# Tables, and axes to draw in, which are looked at where they are used.
LEFT_ALONE = {"self", "df", "rows", "ax", *("data_points", "loss_values", "recipe")}
LEFT_ALONE |= {"prior_mean", "prior_weight", "target_origin", "target_unit"}
WRONG = object()


def public_calls() -> Iterator[tuple[str, Callable[..., Any]]]:
    """Public functions, and the public methods that take arguments, by name."""
    yield from ((function.__name__, function) for function in FUNCTIONS)
    for cls in CLASSES:
        for name, method in vars(cls).items():
            if inspect.isfunction(method) and not name.startswith("_"):
                yield f"{cls.__name__}.{name}", method


CASES = [
    pytest.param(function, name, id=f"{called}-{name}")
    for called, function in public_calls()
    for name in inspect.signature(function).parameters
    if name not in LEFT_ALONE
]


def test_every_public_call_is_looked_at() -> None:
    assert {function.__name__ for function in FUNCTIONS} >= {"discover", "load", "parse_program"}
    assert len(CASES) > 100


@pytest.mark.parametrize(("function", "name"), CASES)
def test_an_argument_of_another_type_is_named(function: Callable[..., Any], name: str) -> None:
    needed = {
        parameter.name: _of(parameter)
        for parameter in inspect.signature(function).parameters.values()
        if parameter.default is inspect.Parameter.empty
    }
    with pytest.raises(EvolveError, match=rf"^{name}: must be .*, it is <object object at"):
        function(**needed | {name: WRONG})


class _Run:
    folder = task = None


def _of(parameter: inspect.Parameter) -> Any:
    """A value of the type that a required argument has."""
    if parameter.name in ("self", "other"):
        return _Run()
    by_type = {"int": 1, "FunctionType": _of, "Mapping[str, float]": {}}
    by_type["Sequence[RunAnswers]"] = []
    return by_type.get(str(parameter.annotation), "x")


@pytest.mark.parametrize(
    ("annotation", "good", "bad"),
    [
        ("str | None", ["a", None], [1, ["a"]]),
        ("int", [3, 3.0, np.int64(3)], ["3", 3.5, True, np.nan, None]),
        ("float | None", [3, 2.5, np.float32(1), "7B", None], [[1], {}]),
        ("bool", [True, False, np.bool_(True), 1], ["yes", 2, None]),
        ("Mapping[str, float] | None", [{}, pd.Series({"a": 1.0}), None], [3, ["a"], "a=1"]),
        ("Sequence[str]", [["a"], ("a",), pd.Index(["a"]), [3]], ["a", 3, [None], {"a": 1}]),
        ("str | Sequence[str]", ["a", ["a"]], [3, [2.5]]),
        ("Sequence[float]", [[1, 2.5], np.array([1.0])], [1.0, [{}]]),
        ("Sequence[str | Path]", [["a", Path("a")]], ["a", [2.5]]),
        ("str | Sequence[str | Mapping[str, Any]]", ["a", ["a", {}]], [3]),
        ("str | Path | None", ["a", Path("a"), None], [3]),
    ],
)
def test_what_is_as_good_as_the_type_passes(
    annotation: str, good: list[Any], bad: list[Any]
) -> None:
    rule = rule_of(annotation)
    assert rule is not None
    assert [value for value in good if not rule[1](value)] == []
    assert [value for value in bad if rule[1](value)] == []


def test_what_is_not_known_is_left_alone() -> None:
    assert rule_of("pd.DataFrame") is None
    assert rule_of("str | npt.ArrayLike") is None


def test_a_call_that_pythons_own_rules_refuse_is_refused_by_them() -> None:
    @checked
    def add(one: int, two: int = 2) -> int:
        return one + two

    assert add(1) == 3
    with pytest.raises(TypeError, match=r"^add\(\): missing a required argument: 'one'$"):
        add()  # type: ignore[call-arg]
    with pytest.raises(EvolveError, match="two: must be a whole number, it is 'b'"):
        add(1, two="b")  # type: ignore[arg-type]


def test_a_mistyped_name_of_an_argument_is_named_rather_than_what_it_stands_for() -> None:
    @checked
    def draw(feature: str, ax: object = None) -> str:
        return feature

    said = r"^draw\(\): no argument 'featur' \(did you mean 'feature'\?\); there are feature, ax$"
    with pytest.raises(TypeError, match=said):
        draw(featur="tokens")  # type: ignore[call-arg]
    with pytest.raises(TypeError, match=r"^draw\(\): no argument 'z'; there are feature, ax$"):
        draw("tokens", z=None)  # type: ignore[call-arg]


def test_an_object_is_no_argument_that_is_offered() -> None:
    with pytest.raises(TypeError, match=r"^predict\(\): no argument 'row' .*; there are rows, "):
        evolve.Champion.predict(object(), row={})  # type: ignore[arg-type, call-arg]
