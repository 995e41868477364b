"""A share is known by its form, with a scale or without."""

from __future__ import annotations

import pytest

from evolve.law.canonical import complexity, form
from evolve.law.graph import Node, call, const, feat, num
from evolve.law.share import WHOLE, is_share, less_scale, scale_of, scaled, without_scale

GROWN = call("exp", call("add", const(0), call("mul", const(1), call("log", feat(0)))))
LOGISTIC = call("div", WHOLE, call("add", WHOLE, GROWN))
MISSED = call("exp", call("neg", GROWN))
every_share = pytest.mark.parametrize("share", [LOGISTIC, MISSED, call("mul", LOGISTIC, MISSED)])


@every_share
def test_forms_between_0_and_1_are_shares(share: Node) -> None:
    assert is_share(share)
    assert scale_of(share) == 1.0
    assert without_scale(share) == share


@pytest.mark.parametrize(
    "node",
    [
        GROWN,  # above 1 where the size is large
        feat(0),
        WHOLE,
        call("div", WHOLE, call("add", WHOLE, const(0))),  # of no feature
        call("exp", call("neg", call("sub", GROWN, const(2)))),  # above 1 where it is negative
        call("div", num(2.0), call("add", WHOLE, GROWN)),
    ],
)
def test_others_are_none(node: Node) -> None:
    assert not is_share(node)


@every_share
def test_a_scale_is_put_on_and_taken_off(share: Node) -> None:
    of_percents = scaled(share, 100.0)
    assert not is_share(of_percents)
    assert scale_of(of_percents) == 100.0
    assert less_scale(of_percents, 100.0) == share
    assert less_scale(of_percents, 10.0) is None


def test_all_of_a_whole_is_the_whole() -> None:
    assert scaled(WHOLE, 100.0) == num(100.0)
    assert less_scale(num(100.0), 100.0) == WHOLE


@pytest.mark.parametrize("share", [LOGISTIC, MISSED])
def test_a_percentage_is_as_complex_as_its_share_and_of_the_same_kind(share: Node) -> None:
    assert complexity(scaled(share, 100.0)) == complexity(share)
    assert form(scaled(share, 100.0)) == form(share)
