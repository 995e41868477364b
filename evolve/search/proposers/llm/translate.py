"""A reply to a proposal: traced in the sandbox where it can be, a program of its own elsewhere.

What is no program, or may not be one here, is a proposal that has failed already: it becomes an
entry with a status and the reason, and is not evaluated.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace

from evolve.errors import ProgramError
from evolve.evaluation.problem import failed
from evolve.evaluation.programs import ProgramFailedError, ProgramRunner
from evolve.law.calls import read_fit_call
from evolve.law.candidate import Candidate
from evolve.law.canonical import key
from evolve.law.graph import size
from evolve.law.program import MAX_BYTES, Program, RowNames
from evolve.law.recipe import Recipe
from evolve.scoring.objective import LARGEST_LAW, LARGEST_PER_CONSTANT
from evolve.search.archive import Archive
from evolve.search.operators import SearchSpace
from evolve.search.proposers.grammar import breaks_rules, finish, free_part
from evolve.search.proposers.llm.exchange import Exchange
from evolve.search.proposers.llm.reply import NO_FIT, program_of, same_text
from evolve.search.proposers.protocol import Proposal
from evolve.search.view import inward, outward

SPARE = 3  # how many times as large as allowed a law may be before it is simplified
UNTRACEABLE = "bad-answer"  # status of a program whose law cannot be traced


class Translator:
    """Makes proposals of replies.

    Args:
        space: What laws may be.
        runner: Traces programs, in the sandbox.
        names: Of the task's features, targets and groups.
    """

    def __init__(self, space: SearchSpace, runner: ProgramRunner, names: RowNames) -> None:
        """Keep what to translate for."""
        self._space, self._runner, self._names = space, runner, names

    def proposal_of(self, exchange: Exchange, parent: str, archive: Archive) -> Proposal:
        """The proposal in a reply.

        Args:
            exchange: With its reply.
            parent: Text of the program that a diff changes.
            archive: Gives the recipe of a law that comes with a fit of its own.
        """
        assert exchange.reply is not None
        text = exchange.reply.text
        try:
            program = program_of(text, parent if exchange.mode == "diff" else "")
        except ProgramError as error:
            return _failed(exchange, text, "rejected", str(error))
        try:
            traced = self._runner.trace(program, self._names)
        except ProgramFailedError as error:
            return self._untraced(exchange, program, error)
        if read_fit_call(program.text) is None:
            traced = replace(traced, recipe=_recipe(archive))
        candidate, why = self._allowed(traced)
        if candidate is None:
            return _failed(exchange, program.text, "rejected", f"the law {why}")
        form_key = key(candidate.law, candidate.recipe)
        law_of_task = outward(candidate, self._space)
        return Proposal(law_of_task, form_key, exchange.operator, exchange.parents, "model")

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
        return None, "is too large, or a number in it should be a constant in params"


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
