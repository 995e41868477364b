"""How the budget is shared: by what each side has gained on the front for what it has cost.

The gain of an entry is how far it lowered the best score of its size or smaller. A cost of 1 is an
evaluation; tokens, or money where a budget of it is given, count beside.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from evolve.scoring.objective import OPERATOR_FLOOR, OPERATOR_TRIALS, OPERATOR_WINS
from evolve.search.archive import Archive, Tally
from evolve.search.operators import OPERATORS
from evolve.search.proposers.llm.exchange import MODES, OK, Exchange
from evolve.search.proposers.llm.settings import PROGRAM, Model

TOKENS_AN_EVALUATION = 10_000  # tokens that count as much as an evaluation; judgement
BUDGET_EVALUATIONS = 1000.0  # evaluations that all of a budget of money counts as; judgement
PRIOR_GAIN, PRIOR_COST = 0.2, 20.0  # what each side is taken to have gained before; judgement
LEAST_SHARE, MOST_SHARE = 0.03, 0.5  # of a batch that models fill; judgement
PATIENCE = 3  # failed requests in a row after which a model rests; judgement
LONGEST_REST = 64  # batches; judgement


@dataclass(slots=True)
class Spent:
    """What a model has been asked so far.

    Attributes:
        calls: Requests.
        answered: Requests with a reply.
        tokens_in: Tokens of prompts.
        tokens_out: Tokens of replies.
        failed_in_a_row: Failed requests since the last reply.
        last_batch: Batch before which the last request was made.
    """

    calls: int = 0
    answered: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    failed_in_a_row: int = 0
    last_batch: int = 0

    def rests(self, batch: int, size: int) -> bool:
        """Whether a model that failed several times is left alone, longer each time."""
        beyond = self.failed_in_a_row - PATIENCE
        if beyond < 0:
            return False
        return batch - self.last_batch < size * min(1 << min(beyond, 10), LONGEST_REST)


def spent_by(exchanges: Iterable[Exchange]) -> dict[str, Spent]:
    """What each model has been asked, by name; of exchanges in order."""
    spent: dict[str, Spent] = {}
    for exchange in exchanges:
        one = spent.setdefault(exchange.model, Spent())
        one.calls += 1
        one.last_batch = max(one.last_batch, exchange.batch)
        reply = exchange.reply
        if reply is not None:
            one.answered += reply.status == OK
            one.failed_in_a_row = 0 if reply.status == OK else one.failed_in_a_row + 1
            one.tokens_in += reply.tokens_in
            one.tokens_out += reply.tokens_out
    return spent


def money(spent: Mapping[str, Spent], models: Mapping[str, Model]) -> float:
    """What all requests have cost."""
    return sum(models[m].cost(s.tokens_in, s.tokens_out) for m, s in spent.items() if m in models)


def rate(tally: Tally, cost: float) -> float:
    """Gain of the front per unit of cost, smoothed."""
    return (tally.gained + PRIOR_GAIN) / (tally.tried + cost + PRIOR_COST)


def share_of_models(
    archive: Archive, spent: Mapping[str, Spent], models: Mapping[str, Model], budget: float | None
) -> float:
    """Share of a batch that models fill."""
    theirs = _sum(archive, [n for n in archive.tallies if _model_of(n, models)])
    own = _sum(archive, [n for n in archive.tallies if n in OPERATORS])
    extra = sum(_extra(spent[name], models[name], budget) for name in spent if name in models)
    gains = rate(theirs, extra), rate(own, 0.0)
    return float(np.clip(gains[0] / sum(gains), LEAST_SHARE, MOST_SHARE))


def model_weights(
    archive: Archive,
    names: Sequence[str],
    spent: Mapping[str, Spent],
    models: Mapping[str, Model],
    budget: float | None,
) -> np.ndarray:
    """Probabilities of models: their weights times what they have gained for their cost."""
    values = []
    for name in names:
        tally = _sum(archive, [n for n in archive.tallies if _model_of(n, (name,))])
        extra = _extra(spent.get(name, Spent()), models[name], budget)
        values.append(models[name].weight * rate(tally, extra))
    weights = np.array(values) / sum(values)
    return np.asarray((1.0 - OPERATOR_FLOOR) * weights + OPERATOR_FLOOR / len(names))


def modes_of(model: Model) -> tuple[str, ...]:
    """Modes of requests to a model: a formula is too short to be changed by search/replace."""
    return tuple(m for m in MODES if model.replies == PROGRAM or m != "diff")


def mode_weights(archive: Archive, model: str, modes: Sequence[str]) -> np.ndarray:
    """Probabilities of modes: smoothed share of replies that joined the front."""
    tallies = [archive.tallies.get(f"{model} {mode}", Tally()) for mode in modes]
    rates = np.array([(t.won + OPERATOR_WINS) / (t.tried + OPERATOR_TRIALS) for t in tallies])
    weights = rates / rates.sum()
    return np.asarray((1.0 - OPERATOR_FLOOR) * weights + OPERATOR_FLOOR / len(modes))


def _model_of(operator: str, models: Iterable[str]) -> bool:
    name, _, mode = operator.rpartition(" ")
    return mode in (*MODES, "repair") and name in models


def _sum(archive: Archive, operators: Iterable[str]) -> Tally:
    tallies = [archive.tallies[name] for name in operators]
    tried, won = sum(t.tried for t in tallies), sum(t.won for t in tallies)
    return Tally(tried, won, sum(t.gained for t in tallies))


def _extra(spent: Spent, model: Model, budget: float | None) -> float:
    """Cost of a model's tokens, in evaluations."""
    if budget:
        return BUDGET_EVALUATIONS * model.cost(spent.tokens_in, spent.tokens_out) / budget
    return (spent.tokens_in + spent.tokens_out) / TOKENS_AN_EVALUATION
