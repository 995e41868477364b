"""Models and grammar share batches by what each has gained on the front for its cost."""

from __future__ import annotations

import pytest

from evolve.search.archive import Archive, Tally
from evolve.search.proposers.llm.exchange import Exchange, Reply
from evolve.search.proposers.llm.settings import Model
from evolve.search.proposers.llm.shares import (
    LEAST_SHARE,
    MOST_SHARE,
    Spent,
    mode_weights,
    model_weights,
    modes_of,
    money,
    share_of_models,
    spent_by,
)

BIG = Model("big", "big", price_in=2.0, price_out=10.0)
SMALL = Model("small", "small", replies="formula")
MODELS = {"big": BIG, "small": SMALL}


def archive(**gained: float) -> Archive:
    """An archive in which operators, 50 entries each, have gained so much."""
    names = {"big": "big rewrite", "small": "small cross", "grammar": "add_term"}
    return Archive(tallies={names[who]: Tally(50, 5, gain) for who, gain in gained.items()})


def asked(model: str, *statuses: str) -> list[Exchange]:
    replies = [Reply(status, "x", 1000, 100) for status in statuses]
    return [
        Exchange(n, 32 * n, model, "rewrite", (), (), reply) for n, reply in enumerate(replies)
    ]


def test_who_gains_more_for_its_cost_gets_more_of_the_batch() -> None:
    share = [
        share_of_models(archive(big=gain, grammar=1.0), {}, MODELS, None) for gain in (0.1, 1, 4)
    ]
    assert share == sorted(share)
    assert share[0] < share[1]
    spent = {"big": Spent(tokens_in=10**7)}
    assert share_of_models(archive(big=1.0, grammar=1.0), spent, MODELS, None) < share[1]


def test_a_share_is_never_nothing_and_never_all() -> None:
    assert share_of_models(archive(big=0.0, grammar=50.0), {}, MODELS, None) == LEAST_SHARE
    assert share_of_models(archive(big=50.0, grammar=0.0), {}, MODELS, None) == MOST_SHARE


def test_money_counts_in_place_of_tokens_where_a_budget_is_given() -> None:
    spent = {"big": Spent(tokens_in=10**6)}
    of_little, of_much = (
        share_of_models(archive(big=1.0, grammar=1.0), spent, MODELS, budget)
        for budget in (2.0, 2000.0)
    )
    assert of_little < of_much
    assert money(spent, MODELS) == 2.0


def test_models_are_drawn_by_their_weights_times_their_gain() -> None:
    weights = model_weights(archive(big=1.0, small=0.0), ["big", "small"], {}, MODELS, None)
    assert weights.sum() == pytest.approx(1.0)
    assert weights[0] > weights[1] > 0.0


def test_a_model_of_formulas_is_never_asked_for_a_diff() -> None:
    assert modes_of(BIG) == ("rewrite", "diff", "cross")
    assert modes_of(SMALL) == ("rewrite", "cross")
    assert len(mode_weights(Archive(), "small", modes_of(SMALL))) == 2


def test_a_model_that_fails_in_a_row_rests_longer_each_time() -> None:
    spent = [spent_by(asked("big", *["timeout"] * n))["big"] for n in (2, 3, 5)]
    assert [one.failed_in_a_row for one in spent] == [2, 3, 5]
    rests = [
        next(k for k in range(999) if not one.rests(one.last_batch + 32 * k, 32)) for one in spent
    ]
    assert rests == [0, 1, 4]
    assert spent_by(asked("big", "timeout", "timeout", "ok"))["big"].failed_in_a_row == 0
