"""How a program's run ended that gave no answer, and what it printed until then."""

from __future__ import annotations

from evolve.errors import ProgramError
from evolve.sandbox import Outcome


class ProgramFailedError(ProgramError):
    """A program that ran and gave no answer.

    Attributes:
        step: ``fit``, ``prediction`` or ``trace``.
        status: One of the sandbox's statuses.
        message: What went wrong.
        printed: What it printed until then.
    """

    def __init__(self, step: str, outcome: Outcome, printed: str = "") -> None:
        """Keep how a call ended."""
        super().__init__(f"{step}: {outcome.status}: {outcome.message}")
        self.step, self.status, self.message = step, outcome.status, outcome.message
        self.printed = joined(printed, outcome.stdout)


def joined(*parts: str) -> str:
    """What several processes of a program printed, each from a line of its own."""
    return "\n".join(part for part in parts if part)
