"""Rows of runs that a column of states says have not finished: their results are partial."""

from __future__ import annotations

import shlex
from collections import Counter

from evolve.errors import Argument, Remark
from evolve.law.faults import quoted
from evolve.tasks.raw import RawTable
from evolve.tasks.roles import guess_role

# As trackers and schedulers write them; `terminated` is left out, which some write of runs that
# came to their end, and so is `stopped`, as of a run that was stopped where it was meant to be.
UNFINISHED = frozenset(
    (
        *("crashed", "crash", "failed", "fail", "failure", "error", "errored", "killed", "oom"),
        *("aborted", "cancelled", "canceled", "interrupted", "preempted", "timeout", "diverged"),
        *("running", "pending", "queued", "scheduled", "waiting", "paused", "pruned"),
    )
)


def unfinished(rows: RawTable) -> list[Remark]:
    """What to say of rows whose run has crashed, failed or not ended, by a column of states.

    Such a row may hold a result: of the step at which its run broke off. Nothing is said where no
    row is of a run that has finished, so that no row would be left.

    Args:
        rows: The training rows.
    """
    told = []
    for name in rows.columns:
        if guess_role(name) != "state":
            continue
        states = Counter(str(cell) for cell in rows.column(name))
        wrong = {text: n for text, n in states.items() if text.strip().lower() in UNFINISHED}
        total = sum(wrong.values())
        if not wrong or total == rows.n_rows:
            continue
        kinds = ", ".join(f"{text.strip().lower()} {n}" for text, n in wrong.items())
        condition = " and ".join(f'{quoted(name)} != "{text}"' for text in wrong)
        are = "1 row is of a run" if total == 1 else f"{total} rows are of runs"
        verb, them = ("is", "it") if total == 1 else ("are", "them")
        told.append(
            Remark(
                f"{are} that {verb} not finished, by column {name} ({kinds}), with what was "
                f"measured until then: leave {them} out by ",
                *(Argument("where"), f" {shlex.quote(condition)}"),
            )
        )
    return told
