"""Laws of percentages are fitted as laws of the shares."""

from __future__ import annotations

import numpy as np
import pytest

from evolve.fitting.fit import fit_many
from evolve.fitting.frames import AskedFrames
from evolve.fitting.hierarchical import fit_pooled
from evolve.fitting.result import Problem
from evolve.fitting.shares import in_amounts, in_shares, is_of_shares, usable_shares
from evolve.law.graph import Law, Node, call, const, feat, num
from evolve.law.recipe import Recipe
from evolve.law.share import WHOLE, scaled
from evolve.scoring.frame import TargetFrame

GROWN = call("exp", call("add", const(0), call("mul", const(1), call("log", feat(0)))))
MISSED = call("exp", call("neg", GROWN))
LOGISTIC = call("div", WHOLE, call("add", WHOLE, GROWN))
OF_SHARES = {
    "share": MISSED,
    "rest": call("sub", WHOLE, MISSED),
    "to a ceiling and a share": call("add", call("mul", const(2), MISSED), LOGISTIC),
    "from a floor": call("sub", WHOLE, call("mul", const(2), LOGISTIC)),
}
every_law = pytest.mark.parametrize("root", OF_SHARES.values(), ids=OF_SHARES)


@every_law
def test_laws_of_shares_become_laws_of_percentages_and_back(root: Node) -> None:
    assert is_of_shares(root)
    amounts = in_amounts(root, 100.0)
    assert amounts != root
    assert in_shares(amounts, 100.0) == root
    assert in_amounts(root, 1.0) == root


def test_a_law_that_has_an_amplitude_in_every_term_stays_as_it_is() -> None:
    root = call("add", const(2), call("mul", const(3), MISSED))
    assert not is_of_shares(root)
    assert in_amounts(root, 100.0) == root
    assert in_shares(root, 100.0) == root


def test_a_law_without_a_share_is_none_of_shares() -> None:
    root = call("sub", num(2.0), call("mul", const(0), call("log", feat(0))))
    assert in_shares(root, 2.0) == root
    assert not is_of_shares(call("sub", WHOLE, root.args[1]))


def test_a_share_beside_a_term_of_no_unit_is_no_law_of_shares() -> None:
    assert not is_of_shares(call("add", MISSED, call("log", feat(0))))


@pytest.mark.parametrize("recipe", [Recipe("linear"), Recipe("log", "huber", 0.05)])
@pytest.mark.parametrize("name", ["share", "rest", "from a floor"])
def test_a_percentage_has_the_fit_of_its_share(name: str, recipe: Recipe) -> None:
    x = np.geomspace(1.0, 300.0, 24)[:, None]
    noise = np.exp(0.01 * np.random.default_rng(0).normal(size=24))
    y = np.exp(-1.5 * x[:, 0] ** -0.4) * noise
    root, p = OF_SHARES[name], 3 if name == "from a floor" else 2
    share, percent = (
        fit_many(
            Law(in_amounts(root, whole), p),
            [Problem(x, whole * y, frame=TargetFrame(0.0, whole * 0.4))],
            recipe,
        )[0]
        for whole in (1.0, 100.0)
    )
    scales = np.array([1.0, 1.0, 100.0])[:p]
    np.testing.assert_allclose(percent.constants, share.constants * scales, rtol=1e-12)
    unit = 1.0 if recipe.on_logs else 1e4
    assert percent.cost == pytest.approx(share.cost * unit, rel=1e-12)


def test_pools_of_percentages_have_the_fits_of_their_shares() -> None:
    recipe = Recipe("log", "huber", 0.05, shrinkage=0.3)
    x, rng = np.geomspace(1.0, 300.0, 9)[:, None], np.random.default_rng(1)
    ys = [np.exp(-a * x[:, 0] ** -0.4 + 0.02 * rng.normal(size=9)) for a in (1.0, 1.5, 2.2)]
    found = []
    for whole in (1.0, 100.0):
        frame = TargetFrame(0.0, whole * 0.4)
        problems = [Problem(x, whole * y, frame=frame, pool=1) for y in ys]
        found.append(fit_pooled(Law(in_amounts(MISSED, whole), 2), problems, recipe))
    for share, percent in zip(*found, strict=True):
        np.testing.assert_allclose(percent.constants, share.constants, rtol=1e-9)


def test_no_prior_carries_over_where_a_constant_changes_by_another() -> None:
    shifted = call("exp", call("mul", const(2), call("add", const(3), feat(0))))
    root = call("add", scaled(LOGISTIC, 100.0), shifted)
    asked = AskedFrames([TargetFrame(0.0, 40.0)])
    assert usable_shares(root, asked, by_priors=False) is not None
    assert usable_shares(root, asked, by_priors=True) is None
