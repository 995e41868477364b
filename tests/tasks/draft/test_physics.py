"""What is certain of a target is what the user says, or what names and rows both suggest."""

from __future__ import annotations

import math

import numpy as np
import pytest
from own_tables import table_of

from evolve.errors import EvolveError
from evolve.tasks.draft import Wishes, propose
from evolve.tasks.spec import PhysicsSpec, TaskSpec, parse_spec
from evolve.tasks.toml import format_spec

X = np.geomspace(1e6, 1e9, 12)


def drafted(target: str, y: np.ndarray, feature: str = "params", **wishes: object) -> TaskSpec:
    rows = [f"{a:g},{b:.6f}" for a, b in zip(X, y, strict=True)]
    text = "\n".join([f"{feature},{target}", *rows]) + "\n"
    return propose(table_of(text), "x", Wishes((target,), **wishes)).spec  # type: ignore[arg-type]


def test_a_loss_falls_with_size_and_stays_above_0() -> None:
    physics = drafted("loss", 1.0 + 50.0 * X**-0.3).physics
    assert physics.decreasing_in == ["params"]
    assert physics.floor == 0.0


@pytest.mark.parametrize("digits", [3, 4, 6])
def test_a_loss_falls_with_all_sizes_that_move_together(digits: int) -> None:
    rows = [f"{n:.{digits}g},{20 * n:.{digits}g},{1 + 50 * n**-0.3:.5f}" for n in X]
    table = table_of("\n".join(["params,tokens,loss", *rows]) + "\n")
    spec = propose(table, "x", Wishes(("loss",))).spec
    assert spec.physics.decreasing_in == ["params", "tokens"]


def test_rows_that_rise_are_not_said_to_fall() -> None:
    assert drafted("loss", 1.0 + X / 1e9).physics.decreasing_in == []


def test_a_feature_that_is_no_size_is_not_said_to_matter() -> None:
    assert drafted("loss", 1.0 + 50.0 * X**-0.3, "width_of_door").physics.decreasing_in == []


@pytest.mark.parametrize(
    ("target", "scale", "bounds"),
    [
        ("accuracy", 1.0, [0.0, 1.0]),
        ("accuracy", 100.0, [0.0, 100.0]),
        ("accuracy", 300.0, []),
        ("error_rate", 1.0, [0.0, 1.0]),
        ("brier", 1.0, [0.0, 1.0]),
        ("failure_rate", 1.0, [0.0, 1.0]),
        ("error_percent", 100.0, [0.0, 100.0]),
        ("1-acc", 1.0, [0.0, 1.0]),
        ("answer_error", 1.0, []),
        ("height", 1.0, []),
        ("optimal_lr", 1.0, [0.0, math.inf]),
        ("critical_batch", 1e4, [0.0, math.inf]),
    ],
)
def test_bounds_are_those_that_a_target_of_such_a_name_has(
    target: str, scale: float, bounds: list[float]
) -> None:
    spec = drafted(target, scale * (0.9 - 10.0 * X**-0.2))
    assert spec.targets[0].bounds == bounds


@pytest.mark.parametrize("target", ["error", "val_err", "nrmse", "regret"])
def test_an_error_stays_above_0_and_falls_with_size_as_a_loss_does(target: str) -> None:
    physics = drafted(target, 0.1 + 50.0 * X**-0.3).physics
    assert (physics.floor, physics.decreasing_in) == (0.0, ["params"])
    assert drafted(target, 0.1 - 50.0 * X**-0.3).physics.floor is None


def test_what_is_above_0_and_falls_stays_above_0_whatever_it_is_called() -> None:
    falling = 0.1 + 50.0 * X**-0.3
    physics = drafted("y", falling, "x").physics
    assert (physics.floor, physics.decreasing_in) == (0.0, [])
    for y in (-falling, 9.0 - falling, falling - 0.2):
        assert drafted("y", y, "x").physics.floor is None
    assert drafted("y", falling, "x", floor=-1.0).physics.floor == -1.0


@pytest.mark.parametrize(
    "target",
    ["log_mse", "log10_error", "ln_val_loss", "log_y", "val_loss_log10", "mse (log)", "y_ln"],
)
def test_a_logarithm_may_fall_below_0_though_no_row_does(target: str) -> None:
    y = 0.1 + 50.0 * X**-0.3
    spec = drafted(target, y)
    assert (spec.physics.floor, spec.targets[0].bounds) == (None, [])
    assert drafted("log_loss", y).physics.floor == 0.0  # what cross entropy is called, too


@pytest.mark.parametrize(("target", "feature"), [("y", "x"), ("loss", "params")])
def test_a_guessed_floor_is_taken_back_by_minus_infinity(target: str, feature: str) -> None:
    y = 0.1 + 50.0 * X**-0.3
    spec = drafted(target, y, feature, floor=-math.inf)
    assert (spec.physics.floor, spec.targets[0].bounds) == (None, [])


def test_what_is_guessed_beside_what_the_user_says_is_told_as_a_guess() -> None:
    def why(target: str, y: np.ndarray, **wishes: object) -> str:
        rows = [f"{n:g},{value:.5f}" for n, value in zip(X, y, strict=True)]
        table = table_of("\n".join([f"params,{target}", *rows]) + "\n")
        decisions = propose(table, "x", Wishes((target,), **wishes)).decisions
        return next(d.why for d in decisions[::-1] if d.what == "physics")

    y = 0.1 + 50.0 * X**-0.3
    in_part = "in part as the user says, in part a guess"
    assert why("loss", y, decreasing=("none",)).startswith(in_part)
    assert why("y", y, decreasing=("none",)).startswith(
        f"{in_part}: it is above 0 in every row, and a line through the rows falls"
    )
    assert why("loss", y, decreasing=("params",), floor=0.5).startswith("as the user says")
    assert why("loss", y, decreasing=("none",), floor=-math.inf).startswith("as the user says")


def test_a_loss_beside_an_accuracy_stays_above_0_and_each_has_its_own_bounds() -> None:
    rows = [f"{n:g},{0.1 + 50 * n**-0.3:.5f},{0.9 - 10 * n**-0.2:.5f}" for n in X]
    table = table_of("\n".join(["params,loss,accuracy", *rows]) + "\n")
    spec = propose(table, "x", Wishes(("loss", "accuracy"))).spec
    assert [target.bounds for target in spec.targets] == [[0.0, math.inf], [0.0, 1.0]]
    assert parse_spec(format_spec(spec), "x") == spec
    physics = next(
        d
        for d in propose(table, "x", Wishes(("loss", "accuracy"))).decisions[::-1]
        if d.what == "physics"
    )
    assert physics.chosen == "loss above 0; accuracy between 0 and 1"
    asked = propose(table, "x", Wishes(("loss", "accuracy"), floor=-1.0)).spec
    assert asked.targets[0].bounds == []


def test_what_the_user_says_goes_before_a_guess() -> None:
    y = 1.0 + 50.0 * X**-0.3
    spec = drafted("loss", y, increasing=("params",), floor=0.5, ceiling=9.0, bounds=(0.1, 8.0))
    assert spec.physics.decreasing_in == []
    assert spec.physics.increasing_in == ["params"]
    assert (spec.physics.floor, spec.physics.ceiling) == (0.5, 9.0)
    assert spec.targets[0].bounds == [0.1, 8.0]
    assert drafted("loss", y, decreasing=("none",)).physics.decreasing_in == []


@pytest.mark.parametrize(
    ("wishes", "rule"),
    [
        ({"decreasing": ("parms",)}, "did you mean 'params'"),
        ({"floor": 2.0, "ceiling": 1.0}, "must be below physics.ceiling"),
        ({"bounds": (1.0, 0.0)}, "the lower first"),
        ({"bounds": (1.0,)}, "two values"),
        ({"floor": float("inf")}, "physics: 'floor' should be a finite number, holds inf"),
    ],
)
def test_what_cannot_be_is_refused(wishes: dict[str, object], rule: str) -> None:
    with pytest.raises(EvolveError, match=rule):
        drafted("loss", 1.0 + 50.0 * X**-0.3, **wishes)


@pytest.mark.parametrize("target", ["hours", "latency_ms", "cost", "mem_gb", "seconds"])
def test_intervals_of_costs_end_at_0_and_nothing_else_is_declared(target: str) -> None:
    y = 5.0 + X / 1e9
    rows = [f"{n:g},{value:.5f}" for n, value in zip(X, y, strict=True)]
    draft = propose(
        table_of("\n".join([f"params,{target}", *rows]) + "\n"), "x", Wishes((target,))
    )
    assert (draft.spec.physics, draft.spec.targets[0].bounds) == (PhysicsSpec(), [])
    told = next(d for d in draft.decisions[::-1] if d.what == "physics")
    assert told.chosen == f"intervals of {target} end at 0"
    assert told.why.startswith("a guess from names: what such a target can be")
    back = drafted(target, y, floor=-math.inf)
    assert back.targets[0].bounds == [-math.inf, math.inf]
    assert parse_spec(format_spec(back), "x") == back
