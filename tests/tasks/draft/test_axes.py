"""The axes that are guessed where none are named."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from own_tables import table_of

from evolve.tasks.draft.draft import propose
from evolve.tasks.draft.roles import Wishes


def axes_of(columns: dict[str, Sequence[float]]) -> list[str]:
    rows = [
        ",".join(f"{cell:g}" for cell in row) + f",{30 + (k * 7) % 40}"
        for k, row in enumerate(zip(*columns.values(), strict=True))
    ]
    text = "\n".join([",".join([*columns, "y"]), *rows]) + "\n"
    return propose(table_of(text), "x", Wishes(("y",))).spec.folds.axes


@pytest.mark.parametrize("low", [-8.0, 0.0, 1990.0])
@pytest.mark.parametrize("name", ["year", "Temp (C)"])
def test_the_one_feature_of_a_table_is_its_axis_on_a_linear_scale_too(
    name: str, low: float
) -> None:
    assert axes_of({name: [low + k for k in range(15)]}) == [name]


def test_a_setting_beside_a_feature_of_linear_scale_is_no_axis() -> None:
    speeds, temperatures = [3 + k / 8 for k in range(24)], [k * 5 % 24 - 6.0 for k in range(24)]
    assert axes_of({"wind speed": speeds, "temperature": temperatures}) == ["wind speed"]


def test_of_two_features_of_linear_scale_none_is_guessed_to_be_larger() -> None:
    first, second = [20 + k * 7 % 24 for k in range(24)], [k * 5 % 24 - 6.0 for k in range(24)]
    assert axes_of({"height": first, "angle": second}) == []


def test_what_may_be_a_share_is_no_axis() -> None:
    assert axes_of({"web": [k / 20 for k in range(15)]}) == []
    assert axes_of({"angle": [k % 4 for k in range(16)]}) == []  # of too few levels


def test_what_is_counted_from_0_is_the_axis_beside_settings_that_span_more() -> None:
    cycles, temperatures = (
        [50 * (k % 8) for k in range(32)],
        [15 * 1.4 ** (k // 8) for k in range(32)],
    )
    assert axes_of({"temperature": temperatures, "cycles": cycles}) == ["cycles"]
    # What has a log scale and is no setting, such as a size, comes before it.
    sizes = [1e7 * 3.0 ** (k // 8) for k in range(32)]
    assert axes_of({"params": sizes, "cycles": cycles}) == ["params"]
    # Nor is it one where it does not count.
    angles = [cycle + 0.5 * (cycle > 0) for cycle in cycles]
    assert axes_of({"temperature": temperatures, "angle": angles}) == ["temperature"]
