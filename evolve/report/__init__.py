"""A run as one self-contained page: law, accuracy, curves, search, how to repeat it.

gather (store and task to findings) → mathematics, figures, curves, tables → page.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from evolve.errors import Argument, EvolveError
from evolve.files import write_file
from evolve.report.gather import Findings, OpenedTest, gather
from evolve.report.page import render
from evolve.runs.picks import CHAMPION, Pick
from evolve.runs.reveal import reveal_test
from evolve.runs.store import Store
from evolve.tasks.task import Task

__all__ = ["Findings", "OpenedTest", "WrittenReport", "write_report"]


@dataclass(frozen=True)
class WrittenReport:
    """A report on disk and what it says.

    Attributes:
        path: The file.
        findings: What the run has found.
        opened: The test rows, where they were opened.
    """

    path: Path
    findings: Findings
    opened: OpenedTest | None


def write_report(
    store: Store, task: Task, path: Path, opening: str | None = None, pick: Pick = CHAMPION
) -> WrittenReport:
    """Write a run's report.

    Args:
        store: The run.
        task: The task it was made for.
        path: The file to write; one that is there is replaced.
        opening: The command to record an opening of the test rows under; None leaves them shut.
        pick: The law that the page is of.

    Raises:
        EvolveError: No law has a score yet, there is no such law, or the file cannot be written.
    """
    findings = gather(store, task, pick)
    opened = None if opening is None else _open_test(findings, opening)
    text = render(findings, opened)
    write_file(path, text)
    return WrittenReport(path, findings, opened)


def _open_test(findings: Findings, command: str) -> OpenedTest:
    """The test rows, after their opening is recorded."""
    if findings.model is None:
        rule = f": the champion cannot be run here, so it cannot be scored: {findings.unfitted}"
        raise EvolveError(Argument("reveal_test"), rule)
    table = reveal_test(findings.store, findings.task, "report", findings.text, command)
    return OpenedTest(table, findings.model.score(table))
