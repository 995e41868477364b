"""Constants of which rows say nothing are told as open."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from evolve.cli.constants import print_constants, print_constants_by_fit
from evolve.cli.ending import print_constants_alone
from evolve.runs.intervals import ConstantRow
from evolve.runs.results import ResultRow


def constant(name: str, error: float, group: str = "all") -> ConstantRow:
    return ConstantRow(group, 0, name, 1.5, error, 1.5 - 2 * error, 1.5 + 2 * error)


def test_a_constant_without_an_end_to_its_interval_is_open(
    capfd: pytest.CaptureFixture[str],
) -> None:
    print_constants([constant("c0", 0.25), constant("c1", math.inf)], ["loss"], 0.9)
    out = capfd.readouterr().out
    assert "1 to 2" in out
    assert "open" in out
    assert "inf" not in out
    print_constants_by_fit([constant("c0", 0.25), constant("c1", math.inf)], ["loss"], 0.9)
    out = capfd.readouterr().out
    assert "1.5 +- 0.5" in out
    assert "1.5 open" in out


def test_constants_of_several_targets_stand_beside_their_names(
    capfd: pytest.CaptureFixture[str],
) -> None:
    row = ResultRow("champion", "", 0, 2, 0.0, 1.0, 1.0, "", {"web": [[1.0, 2.0], [3.0, 4.0]]}, "")
    print_constants_alone(row, ["code loss", "prose loss"])
    lines = [line.split("  ")[0] for line in capfd.readouterr().out.splitlines()]
    assert lines[3:] == ["web [code loss]", "web [prose loss]", ""]
    assert row.fits(["code loss", "prose loss"])[1] == ("web [prose loss]", [3.0, 4.0])
    assert [where for where, _ in replace(row, constants={"web": [[1.0]]}).fits(["loss"])] == [
        "web"
    ]


def test_constants_of_several_groups_name_the_target_only_where_there_are_several(
    capfd: pytest.CaptureFixture[str],
) -> None:
    rows = [constant("c0", 0.25, group) for group in ("web", "code")]
    print_constants(rows, ["loss"], 0.9)
    out = capfd.readouterr().out
    assert out.split()[:3] == ["group", "constant", "value"]
    assert "loss" not in out
    print_constants([*rows, *(row._replace(target=1) for row in rows)], ["loss", "cost"], 0.9)
    assert capfd.readouterr().out.split()[:3] == ["group", "target", "constant"]


def test_constants_that_all_groups_have_in_common_are_named(
    capfd: pytest.CaptureFixture[str],
) -> None:
    own = [constant("c0", 0.25, "web")._replace(value=1.4), constant("c0", 0.25, "code")]
    one = [constant("c1", 0.25, group) for group in ("web", "code")]
    print_constants_by_fit([*own, *one], ["loss"], 0.9)
    assert "all groups have c1 in common" in " ".join(capfd.readouterr().out.split())
    print_constants_by_fit(own, ["loss"], 0.9)
    assert "in common" not in capfd.readouterr().out


def test_a_value_has_the_digits_that_its_interval_tells(
    capfd: pytest.CaptureFixture[str],
) -> None:
    offset = ConstantRow("all", 0, "E0", -2047.318264, 5e-7, -2047.318265, -2047.318263)
    print_constants([offset], ["energy"], 0.9)
    assert "-2047.318264 " in capfd.readouterr().out
    print_constants_by_fit([offset, offset._replace(group="b", error=math.inf)], ["energy"], 0.9)
    assert "-2047.318264 +- 1.0e-06" in capfd.readouterr().out
