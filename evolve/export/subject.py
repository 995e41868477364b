"""A run's champion, or its best law of a size, to all that an exported file may say of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from evolve.evaluation.record import Entry
from evolve.law.calls import read_fit_call
from evolve.law.candidate import Candidate
from evolve.law.graph import Node, const, feat
from evolve.law.naming import constant_words, identifiers
from evolve.law.printer import print_block
from evolve.runs.formulas import formula_of
from evolve.runs.results import ResultRow
from evolve.tasks.task import Task
from evolve.typing import Array


@dataclass(frozen=True, slots=True)
class Subject:
    """A law with its constants, ready to be written down.

    Attributes:
        run: Name of the run.
        task: Its task.
        row: The law's row of the run's table.
        entry: The entry it comes from.
        candidate: Law and recipe.
        constants: `(t, p)` constants of each group.
    """

    run: str
    task: Task
    row: ResultRow
    entry: Entry
    candidate: Candidate
    constants: dict[str, Array]

    @property
    def labels(self) -> dict[str, str]:
        """Label of each group in SLDBench, or the group's name where labels repeat."""
        return labels_of(self.task, self.constants)

    @property
    def words(self) -> list[str]:
        """The features' names as Python identifiers."""
        return identifiers(self.task.feature_names)

    @property
    def formula(self) -> str:
        """The law in one line, of the law itself and not of a text that was stored beside it."""
        return formula_of(self.task, self.candidate)

    def prior(self) -> tuple[Array, Array] | None:
        """Centres and precisions `(t, p)` of the prior that the program states, if any."""
        call = read_fit_call(self.row.text)
        if call is None or call.prior is None:
            return None
        mean, weight = (np.atleast_2d(np.asarray(v, dtype=float)) for v in call.prior)
        return mean, weight

    def function_text(self) -> str:
        """Text of `scaling_law_func`, as in the run's own program."""
        block = print_block(
            self.candidate.law,
            self.candidate.recipe,
            self.task.feature_names,
            self.task.target_names,
            units=[f.unit for f in self.task.spec.features],
        )
        return block.split("\n\n\ndef fit_scaling_law", maxsplit=1)[0]

    def names_seen_by(
        self, target: int, words: Sequence[str], taken: Sequence[str] = ()
    ) -> dict[Node, str]:
        """Name of each feature leaf as a target's law sees it, and of each constant.

        Args:
            target: Number of the target.
            words: The features' names.
            taken: Words that no constant may be called.
        """
        n = len(words)
        turn = target if self.candidate.law.own_feature_first else 0
        names = {feat(k): words[(turn + k) % n] for k in range(n)}
        return names | {const(k): word for k, word in enumerate(self.letters([*words, *taken]))}

    def letters(self, words: Sequence[str]) -> list[str]:
        """The constants' names as Python identifiers, beside words that are taken."""
        return constant_words(self.candidate.law, words)

    def title(self) -> str:
        """One line that says what law this is; to be escaped for where it stands."""
        if self.row.number is None:
            return f"The law {self.row.name}, fitted to the rows of run {self.run}."
        return f"A law of {self.task.name}, entry {self.row.number} of run {self.run}."


def labels_of(task: Task, constants: dict[str, Array]) -> dict[str, str]:
    """Label of each group in SLDBench, or the group's name where labels repeat."""
    pairs = dict(zip(task.group_names, task.sldbench_labels, strict=True))
    labels = {name: pairs[name] for name in constants}
    return labels if len(set(labels.values())) == len(labels) else {n: n for n in labels}


def literal_table(constants: dict[str, Array], labels: dict[str, str]) -> str:
    """Text of a dictionary of constants that reads back as the same numbers."""
    lines = ["{"]
    for name, table in constants.items():
        rows = [[float(value) for value in row] for row in table]
        if len(rows) == 1:
            lines.append(f"    {labels[name]!r}: {rows!r},")
            continue
        lines += [f"    {labels[name]!r}: [", *(f"        {row!r}," for row in rows), "    ],"]
    return "\n".join([*lines, "}"])
