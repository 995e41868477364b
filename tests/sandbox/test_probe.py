"""What a machine lacks is said, with what is open then, and adds up to a level."""

from __future__ import annotations

import json
import sys

import pytest

from evolve.errors import SandboxError
from evolve.sandbox import probe
from evolve.sandbox.probe import SandboxReport, read_report

ALL = dict.fromkeys(
    [
        "one thread",
        "limits",
        "seccomp",
        "landlock",
        "namespaces",
        "identity",
        "no new privileges",
        "not dumpable",
        "parent-death signal",
    ],
    "yes",
)


def without(*names: str) -> SandboxReport:
    return read_report(ALL | {name: f"no: no {name} here" for name in names})


@pytest.mark.parametrize(
    ("missing", "level"),
    [
        ((), "strong"),
        (("landlock", "namespaces", "identity"), "strong"),
        (("seccomp",), "partial"),
        (("seccomp", "namespaces"), "partial"),
        (("seccomp", "landlock"), "weak"),
        (("limits",), "weak"),
    ],
)
def test_the_level_follows_from_what_works(missing: tuple[str, ...], level: str) -> None:
    assert without(*missing).level == level


@pytest.mark.parametrize("name", ALL)
def test_each_missing_mechanism_is_named_with_what_is_open_then(name: str) -> None:
    report = without(name)
    assert len(report.gaps) == 1
    assert report.gaps[0].startswith(f"{name}: ")
    (mechanism,) = [m for m in report.mechanisms if not m.works]
    assert mechanism.detail == f"no {name} here"
    assert mechanism.protects


def test_nothing_reported_is_weak() -> None:
    assert read_report({}).level == "weak"


def test_a_required_level_is_enforced() -> None:
    without().require("strong")
    without("seccomp").require("partial")
    with pytest.raises(SandboxError, match="level partial here, strong required .*UDP"):
        without("seccomp").require("strong")
    with pytest.raises(ValueError, match="did you mean 'strong'"):
        without().require("stron")


def test_a_report_can_be_stored() -> None:
    stored = json.loads(json.dumps(without("landlock").as_dict()))
    assert stored["level"] == "strong"
    assert stored["mechanisms"]["landlock"] == "no landlock here"
    assert stored["mechanisms"]["seccomp"] == "yes"


def test_this_machine_can_be_probed() -> None:
    report = probe()
    names = [mechanism.name for mechanism in report.mechanisms]
    assert names[0] == "separate process"
    assert set(ALL) <= set(names)
    if sys.platform.startswith("linux"):
        assert report.level in ("strong", "partial", "weak")
