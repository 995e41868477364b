"""A reply to a proposal: traced in the sandbox where it can be, a program of its own elsewhere.

What is no program, or may not be one here, is a proposal that has failed already: it becomes an
entry with a status and the reason, and is not evaluated.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

from evolve.errors import EvolveError, ProgramError
from evolve.evaluation.failed import ProgramFailedError
from evolve.evaluation.problem import failed
from evolve.evaluation.programs import ProgramRunner
from evolve.law.calls import read_fit_call
from evolve.law.candidate import Candidate
from evolve.law.canonical import key
from evolve.law.formula import formula_words
from evolve.law.graph import call, feat, num, size
from evolve.law.program import MAX_BYTES, Program, RowNames
from evolve.law.recipe import Recipe
from evolve.scoring.objective import LARGEST_LAW, LARGEST_PER_CONSTANT
from evolve.search.archive import Archive
from evolve.search.operators import SearchSpace
from evolve.search.proposers.grammar import breaks_rules, finish, free_part
from evolve.search.proposers.llm.exchange import IN_PLACE, Exchange
from evolve.search.proposers.llm.reply import (
    NO_FIT,
    NoProgramError,
    formula_of,
    program_of,
    same_text,
)
from evolve.search.proposers.protocol import Proposal
from evolve.search.view import inward, outward

SPARE = 3  # how many times as large as allowed a law may be before it is simplified
Traced = tuple[Program, Candidate | ProgramFailedError]
UNTRACEABLE = "bad-answer"  # status of a program whose law cannot be traced


class Translator:
    """Makes proposals of replies.

    Args:
        space: What laws may be.
        runner: Traces programs, in the sandbox.
        names: Of the task's features, targets and groups.
        units: Declared unit of each feature, over which formulas are.
    """

    def __init__(
        self, space: SearchSpace, runner: ProgramRunner, names: RowNames, units: Sequence[float]
    ) -> None:
        """Keep what to translate for."""
        self._space, self._runner, self._names = space, runner, names
        self._ahead: dict[int, Traced] = {}  # by number of the request
        words = formula_words(names.features, own_first=space.own_feature_first)
        self._variables = {
            word: feat(j) if unit == 1.0 else call("div", feat(j), num(unit))
            for j, (word, unit) in enumerate(zip(words, units, strict=True))
        }

    def proposal_of(self, exchange: Exchange, parent: str, archive: Archive) -> Proposal:
        """The proposal in a reply.

        Args:
            exchange: With its reply.
            parent: Text of the program whose block a rewrite or a diff changes.
            archive: Gives the recipe of a law that comes with a fit of its own.
        """
        assert exchange.reply is not None
        text = exchange.answer
        try:
            if exchange.number not in self._ahead:
                self._ahead[exchange.number] = self._trace(exchange, text, parent)
            program, traced = self._ahead.pop(exchange.number)
        except NoProgramError as error:
            law = formula_of(text, self._variables)
            if law is None:
                return _failed(exchange, text, "rejected", f"{error} and no formula")
            law = replace(law, own_feature_first=self._space.own_feature_first)
            return self._traced(exchange, text, Candidate(law, _recipe(archive)))
        except ProgramError as error:
            return _failed(exchange, text, "rejected", str(error))
        if isinstance(traced, ProgramFailedError):
            return self._untraced(exchange, program, traced)
        if read_fit_call(program.text) is None:
            traced = replace(traced, recipe=_recipe(archive))
        return self._traced(exchange, program.text, traced)

    def _traced(self, exchange: Exchange, text: str, traced: Candidate) -> Proposal:
        """A law that is known as such, if it may be proposed."""
        candidate, why = self._allowed(traced)
        if candidate is None:
            return _failed(exchange, text, "rejected", f"the law {why}")
        form_key = key(candidate.law, candidate.recipe)
        law_of_task = outward(candidate, self._space)
        return Proposal(law_of_task, form_key, exchange.operator, exchange.parents, "model")

    def look_ahead(self, exchange: Exchange, text: str, parent: str) -> None:
        """Trace the program in a reply before it is asked for; from any thread.

        Args:
            exchange: What it is a reply to.
            text: The reply.
            parent: Text of the program whose block a rewrite or a diff changes.
        """
        with suppress(EvolveError):
            self._ahead[exchange.number] = self._trace(exchange, text, parent)

    def _trace(self, exchange: Exchange, text: str, parent: str) -> Traced:
        """The program in a reply, by the mode of its request, and what tracing it gave.

        Raises:
            ProgramError: The reply holds no program, or one that may not run.
        """
        program = program_of(text, parent if exchange.mode in IN_PLACE else "")
        try:
            return program, self._runner.trace(program, self._names)
        except ProgramFailedError as error:
            return program, error

    def _untraced(
        self, exchange: Exchange, program: Program, error: ProgramFailedError
    ) -> Proposal:
        """A program that is run as it is, if it may be."""
        if error.status != UNTRACEABLE:
            return _failed(exchange, program.text, error.status, error.message)
        why = ""
        if program.dialect == "law":
            why = f"its constants cannot be fitted, for it holds them, and {error.message}"
        elif NO_FIT.strip() in program.text:
            why = f"it has no fit_scaling_law, and {error.message}"
        elif self._space.ruled:
            why = f"nothing says whether it has the form asked for: {error.message}"
        if why:
            return _failed(exchange, program.text, "rejected", why)
        program_key = f"program {same_text(program)}"
        return Proposal(None, program_key, exchange.operator, exchange.parents, "model", program)

    def _allowed(self, traced: Candidate) -> tuple[Candidate | None, str]:
        """The law as the task allows it, or why it does not."""
        most = self._space.max_constants
        if traced.law.n_constants > most:
            return None, f"has {traced.law.n_constants} constants, the task allows {most}"
        if size(traced.law.root) > SPARE * (LARGEST_LAW + LARGEST_PER_CONSTANT * most):
            return None, "is too large"
        seen = inward(traced, self._space)
        part = free_part(seen, self._space)
        if part is None:
            return None, "does not have the form of the template"
        candidate = finish(part, self._space)
        if candidate is not None:
            return candidate, ""
        if breaks_rules(seen.law, self._space):
            return None, "lacks a feature that it must use, or has a forbidden operation"
        return None, "is too large, or a number in it is infinite or should be in params"


def _recipe(archive: Archive) -> Recipe:
    """The recipe of the best law: how the engine fits a law that comes without a recipe."""
    for elite in archive.elites():
        if elite.candidate is not None:
            return elite.candidate.recipe
    return Recipe()


def _failed(exchange: Exchange, text: str, status: str, message: str) -> Proposal:
    """A proposal that is not evaluated."""
    raw = text.encode("utf-8", "replace")[:MAX_BYTES].decode("utf-8", "ignore")
    program = Program(raw, "", raw, "", "fit")
    reply_key = f"reply {hashlib.sha256(raw.encode()).hexdigest()[:16]}"
    verdict = failed(status, " ".join(message.split())[:1000])
    return Proposal(
        None, reply_key, exchange.operator, exchange.parents, "model", program, verdict
    )
