"""Language models as a proposer: replies that are there become candidates, others are asked ahead.

Which replies a batch takes up is written into the book before the batch is evaluated. Whoever
replays the run, or goes on with it after a kill, reads that and proposes the same, whatever the
clock and the network do. Requests are written before they are sent, so one without a reply at a
kill is sent again as it was, and one with a reply never.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

import numpy as np

from evolve.evaluation.record import Entry
from evolve.scoring.objective import GREED
from evolve.search.archive import Archive, Elite
from evolve.search.proposers.llm.calls import Caller
from evolve.search.proposers.llm.exchange import OK, REPAIR, Book, Exchange, Messages, Reply
from evolve.search.proposers.llm.prompt import N_ELITES, N_FAILURES, Failure, Prompts, failure_of
from evolve.search.proposers.llm.settings import COMPLETION, FORMULA, PROGRAM, ModelConfig
from evolve.search.proposers.llm.shares import (
    Spent,
    mode_weights,
    model_weights,
    modes_of,
    money,
    share_of_models,
    spent_by,
)
from evolve.search.proposers.llm.translate import Translator
from evolve.search.proposers.protocol import BATCH, Proposal
from evolve.search.proposers.stock import pick

SALT = 2**32 - 17
MOST_REPAIRS = 0.5  # share of the requests; judgement
MOST_ROUNDS = 8  # of asking and waiting for one batch, where there is no other proposer
SCORED = frozenset({"ok", "screened"})


class LanguageModels:
    """The models of a run.

    Args:
        config: Models and limits.
        prompts: What they are told.
        translator: Makes candidates of replies.
        book: Where exchanges are kept.
        caller: Sends requests; without one nothing is asked, and the book alone is read.
        seed: Seed of the run.
    """

    def __init__(
        self,
        config: ModelConfig,
        prompts: Prompts,
        translator: Translator,
        book: Book,
        caller: Caller | None,
        seed: int,
    ) -> None:
        """Read the book."""
        self._config, self._prompts, self._translator = config, prompts, translator
        self._book, self._caller, self._seed = book, caller, seed
        self._models = {model.name: model for model in config.models}
        self._ledger = {exchange.number: exchange for exchange in book.all()}
        self._texts: dict[int, str] = {}
        self._parents = {parent for e in self._ledger.values() for parent in e.parents}
        self._failures: list[Failure] = []
        self._to_repair: list[tuple[str, Failure]] = []
        if caller is not None:
            caller.listen(self._look_ahead)

    def propose(
        self, archive: Archive, n_free: int, taken: Collection[str], *, alone: bool = False
    ) -> list[Proposal]:
        """Candidates from the replies that a batch takes up; then ask for those of the next.

        Args:
            archive: Elites to work from, and keys to avoid.
            n_free: Places in the batch.
            taken: Further keys to avoid.
            alone: Whether nobody else fills what is left, so that the batch has to wait.
        """
        batch, keys = archive.size, archive.seen | set(taken)
        proposals: list[Proposal] = []
        self._send_open()  # what an earlier session has left
        if self._planned(batch):
            for exchange in self._book.used_in(batch):
                if exchange.key:
                    _, proposal = self._take_up(exchange, archive, keys, batch)
                    proposals += [] if proposal is None else [proposal]
        elif self._caller is not None:
            n_most = n_free if alone else self._share(archive, n_free)
            self._turn(archive, batch, n_most, keys, proposals, alone=False)
        for _ in range(MOST_ROUNDS if alone and self._caller is not None else 0):
            if len(proposals) >= n_free or not self._open():
                break
            self._turn(archive, batch, n_free, keys, proposals, alone=True)
        return proposals

    def tell(self, entries: Sequence[Entry]) -> None:
        """Remember what failed, and the programs that requests speak of."""
        for entry in entries:
            if entry.index in self._parents:
                self._texts[entry.index] = self._prompts.text_of(entry)
            if entry.origin != "model" or entry.evaluation.status in SCORED:
                continue
            failure = failure_of(entry)
            self._failures = [*self._failures, failure][-N_FAILURES:]
            model, _, mode = entry.operator.rpartition(" ")
            asked = self._models.get(model) if mode != REPAIR else None
            if asked is not None and asked.replies == PROGRAM:  # a new formula is as cheap
                self._to_repair = [*self._to_repair, (model, failure)][-N_FAILURES:]

    def close(self) -> None:
        """Leave what is under way; it is asked again when the run goes on."""
        if self._caller is not None:
            self._caller.close()

    def _planned(self, batch: int) -> bool:
        """Whether the book says what this batch takes up."""
        if self._caller is None or self._book.begun(batch):
            return True
        return any(batch in (e.used, e.batch) for e in self._ledger.values())

    def _turn(
        self,
        archive: Archive,
        batch: int,
        n_most: int,
        keys: set[str],
        proposals: list[Proposal],
        *,
        alone: bool,
    ) -> None:
        """Take up what is there, write that and the next requests into the book, send these."""
        changed = self._arrivals(batch, wait=n_most > 0, alone=alone)
        for exchange in self._ready():
            if len(proposals) >= n_most:
                break
            taken_up, proposal = self._take_up(exchange, archive, keys, batch)
            changed[taken_up.number] = taken_up
            proposals += [] if proposal is None else [proposal]
        n_ahead = n_most if alone else self._share(archive, BATCH)
        for exchange in self._next_requests(archive, batch, n_ahead - self._n_pending(changed)):
            changed[exchange.number] = exchange
        if changed:
            self._book.write([changed[number] for number in sorted(changed)])
            for number, exchange in changed.items():
                done = exchange.used is not None
                self._ledger[number] = exchange.light() if done else exchange
        self._send_open()

    def _arrivals(self, batch: int, *, wait: bool, alone: bool) -> dict[int, Exchange]:
        """Exchanges whose replies have come; those due are waited for, as long as is allowed."""
        assert self._caller is not None
        due = [e.number for e in self._open() if alone or e.batch < batch]
        patience = self._config.wait
        if alone:
            patience = max(model.timeout for model in self._config.models) + 2.0
        replies = self._caller.wait(due, patience if wait else 0.0)
        for number, reply in replies.items():
            self._ledger[number] = replace(self._ledger[number], reply=reply)
        return {number: self._ledger[number] for number in replies}

    def _take_up(
        self, exchange: Exchange, archive: Archive, keys: set[str], batch: int
    ) -> tuple[Exchange, Proposal | None]:
        """The exchange as used in a batch, and the candidate in its reply if that is a new one."""
        proposal = None
        if exchange.reply is not None and exchange.reply.status == OK:
            proposal = self._translator.proposal_of(exchange, self._parent_of(exchange), archive)
            if proposal.key in keys:
                proposal = None
        key = "" if proposal is None else proposal.key
        keys.add(key)
        return replace(exchange, used=batch, key=key), proposal

    def _look_ahead(self, exchange: Exchange, reply: Reply) -> None:
        """Trace the program in a reply, in the thread that has it, while the search goes on."""
        if reply.status == OK:
            self._translator.look_ahead(exchange, reply.text, self._parent_of(exchange))

    def _parent_of(self, exchange: Exchange) -> str:
        """Text of the program that a request shows first, as it shows it."""
        return self._texts.get(exchange.parents[0], "") if exchange.parents else ""

    def _ready(self) -> list[Exchange]:
        """Exchanges with a reply that no batch has taken up, in the order of asking."""
        exchanges = [e for e in self._ledger.values() if e.reply is not None and e.used is None]
        return sorted(exchanges, key=lambda exchange: exchange.number)

    def _open(self) -> list[Exchange]:
        """Exchanges without a reply, in the order of asking."""
        exchanges = [e for e in self._ledger.values() if e.reply is None]
        return sorted(exchanges, key=lambda exchange: exchange.number)

    def _n_pending(self, changed: dict[int, Exchange]) -> int:
        """Exchanges that a later batch will take up."""
        return sum(changed.get(n, e).used is None for n, e in self._ledger.items())

    def _send_open(self) -> None:
        """Send what has no reply and is not under way."""
        if self._caller is not None:
            under_way = self._caller.under_way
            askable = [e for e in self._open() if e.model in self._models]
            self._caller.send(e for e in askable if e.number not in under_way)

    def _share(self, archive: Archive, n: int) -> int:
        spent = spent_by(self._ledger.values())
        share = share_of_models(archive, spent, self._models, self._config.budget)
        return max(round(n * share), min(n, 1))

    def _next_requests(self, archive: Archive, batch: int, n: int) -> list[Exchange]:
        """So many requests, fewer where the limits do not allow them."""
        elites = [e for e in archive.elites() if e.entry.text]
        requests: list[Exchange] = []
        spent = spent_by(self._ledger.values())
        if not elites:
            return []
        for _ in range(n):
            names = [m for m in self._models if not spent.get(m, Spent()).rests(batch, BATCH)]
            number = len(self._ledger) + len(requests)
            if not names or not self._affordable(spent, number, requests):
                break
            rng = np.random.default_rng([self._seed, number, SALT])
            requests.append(self._request(archive, elites, names, spent, batch, number, rng))
        return requests

    def _affordable(
        self, spent: dict[str, Spent], n_calls: int, requests: Sequence[Exchange]
    ) -> bool:
        """Whether the limits allow one more request, those under way counted at the mean price."""
        if self._config.calls is not None and n_calls >= self._config.calls:
            return False
        if self._config.budget is None:
            return True
        answered = sum(one.answered for one in spent.values())
        n_open = len(self._open()) + len(requests) + 1
        gone = money(spent, self._models)
        each = gone / answered if answered else self._config.dearest
        return gone + n_open * each <= self._config.budget

    def _request(
        self,
        archive: Archive,
        elites: Sequence[Elite],
        names: Sequence[str],
        spent: dict[str, Spent],
        batch: int,
        number: int,
        rng: np.random.Generator,
    ) -> Exchange:
        repairs = {e.parents for e in self._ledger.values() if e.mode == REPAIR}
        for model, failure in self._to_repair:
            if (failure.index,) not in repairs and model in names and rng.random() < MOST_REPAIRS:
                self._to_repair.remove((model, failure))
                prompt = self._prompt(model, REPAIR, [], [], failure)
                return Exchange(number, batch, model, REPAIR, (failure.index,), prompt)
        weights = model_weights(archive, names, spent, self._models, self._config.budget)
        model = names[int(rng.choice(len(names), p=weights))]
        modes = modes_of(self._models[model])
        mode = modes[int(rng.choice(len(modes), p=mode_weights(archive, model, modes)))]
        parents = [pick(elites, rng, GREED)]
        others = [elite for elite in elites if elite is not parents[0]]
        if mode == "cross" and others:
            parents.append(others[int(rng.integers(len(others)))])
            others = [elite for elite in others if elite is not parents[1]]
        order = rng.permutation(len(others)).tolist()
        if self._models[model].replies != COMPLETION:  # which lists those with short formulas
            order = sorted(order[:N_ELITES])
        shown = [others[k] for k in order]
        for elite in parents:
            self._texts[elite.entry.index] = self._prompts.text_of(elite.entry)
        indices = tuple(elite.entry.index for elite in parents)
        prompt = self._prompt(model, mode, parents, shown)
        return Exchange(number, batch, model, mode, indices, prompt)

    def _prompt(
        self,
        model: str,
        mode: str,
        parents: Sequence[Elite],
        shown: Sequence[Elite],
        failed: Failure | None = None,
    ) -> Messages:
        """What a model is sent, in the style that it is asked in."""
        if self._models[model].replies == COMPLETION:
            return self._prompts.listing([*parents, *shown])
        if self._models[model].replies == FORMULA:
            return self._prompts.turns([*shown, *parents])
        if failed is not None:
            return self._prompts.messages(mode, [], [], [], failed)
        return self._prompts.messages(mode, parents, shown, self._failures)
