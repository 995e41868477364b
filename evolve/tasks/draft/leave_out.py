"""How rows are left out: the condition that a message names, as a shell takes it."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from evolve.errors import Argument


def leave_out(conditions: Sequence[str], where: str | None) -> tuple[str, ...]:
    """What is asked for to keep the rows that meet some conditions, in parts of a message.

    Args:
        conditions: Of the rows to keep.
        where: The condition of the rows that are used already, which is to hold as before.
    """
    asked = [*([] if where is None else [f"({where})"]), *conditions]
    return Argument("where"), f" {shlex.quote(' and '.join(asked))}"
