"""Rows of runs that a column of states says have not finished: their results are partial."""

from __future__ import annotations

from collections import Counter

from evolve.errors import Remark
from evolve.law.faults import quoted
from evolve.tasks.draft.leave_out import leave_out
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


def unfinished(rows: RawTable, where: str | None = None) -> list[Remark]:
    """What to say of rows whose run has crashed, failed or not ended, by a column of states.

    Such a row may hold a result: of the step at which its run broke off. Nothing is said where no
    row is of a run that has finished, so that no row would be left.

    Args:
        rows: The training rows.
        where: The condition that they meet, if any.
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
        kinds = Counter[str]()
        for text, n in wrong.items():
            kinds[text.strip().lower()] += n
        told_of = ", ".join(f"{kind} {n}" for kind, n in kinds.items())
        conditions = [f'{quoted(name)} != "{text}"' for text in wrong]
        are = "1 row is of a run" if total == 1 else f"{total} rows are of runs"
        verb, them = ("is", "it") if total == 1 else ("are", "them")
        told.append(
            Remark(
                f"{are} that {verb} not finished, by column {name} ({told_of}), with what was "
                f"measured until then: leave {them} out by ",
                *leave_out(conditions, where),
            )
        )
    return told
