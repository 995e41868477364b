"""Build the search problem: search space, literature laws, initial population and folds."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from typing import Any

from evolve import __version__
from evolve.evaluation.problem import EvaluationProblem
from evolve.evaluation.record import SEEDS, Entry
from evolve.law.candidate import Candidate, candidate_from_data
from evolve.law.naming import words_seen
from evolve.law.printer import print_program
from evolve.law.stated import called_as_constants
from evolve.scoring.fold import Fold
from evolve.scoring.objective import POOLED_GROUPS, scoring_version
from evolve.search.archive import Elite
from evolve.search.form_names import with_words
from evolve.search.islands import Layout, Route, along_ring
from evolve.search.operators import SearchSpace
from evolve.search.proposers.grammar import free_part
from evolve.search.proposers.initial import generic_laws, starting_proposals
from evolve.search.proposers.llm.calls import Connect
from evolve.search.proposers.llm.exchange import Book, MemoryBook
from evolve.search.proposers.llm.settings import NO_MODELS, ModelConfig
from evolve.search.proposers.protocol import BATCH, Proposal, Proposer
from evolve.search.proposers.registry import DEFAULT, LLM, make_proposer
from evolve.search.proposers.seeds import (
    GivenSeed,
    Seed,
    left_out,
    read_seeds,
    seed_proposals,
)
from evolve.search.rules import NO_RULES, FormRules, ruled_space
from evolve.search.view import inward
from evolve.tasks.folds import require_rows
from evolve.tasks.task import Task
from evolve.typing import Array


@dataclass(frozen=True)
class SearchProblem:
    """What a task and a seed fix before the first evaluation.

    Attributes:
        task: The task.
        space: What it allows.
        seeds: Its literature laws.
        starts: The first candidates, literature first.
        folds: What candidates are judged on.
        proposers: Names of what makes further candidates.
        seed: Seed of the run.
        n_seeds: Independent searches that share its evaluations.
        n_islands: Islands of each.
        models: Language models among them.
        connect: Makes what asks a model, in place of the client of endpoints.
        route: Which island the best of each go on to after an epoch.
    """

    task: Task
    space: SearchSpace
    seeds: tuple[Seed, ...]
    starts: tuple[Proposal, ...]
    folds: tuple[Fold, ...]
    proposers: tuple[str, ...] = DEFAULT
    seed: int = 0
    n_seeds: int = 1
    n_islands: int = 1
    models: ModelConfig = NO_MODELS
    connect: Connect | None = None
    route: Route = along_ring

    @property
    def versions(self) -> dict[str, Any]:
        """Versions of whatever decides the scores."""
        keys = "".join(p.key for p in self.starts)
        return {
            "evolve": __version__,
            "scoring": scoring_version(),
            "starts": hashlib.sha256(keys.encode()).hexdigest()[:16],
        }

    @property
    def layout(self) -> Layout:
        """Which sub-search every entry belongs to."""
        is_late = LLM not in self.proposers  # a model is asked with all that is known
        return Layout(len(self.starts), self.n_seeds, self.n_islands, is_late, self.route)

    @property
    def evaluation(self) -> EvaluationProblem:
        """What an evaluator is made of."""
        return EvaluationProblem(self.task, self.folds)

    def text_of(self, proposal: Proposal) -> str:
        """Program text of a proposal."""
        if proposal.program is not None:
            return proposal.program.text
        maker = proposal.operator
        if proposal.origin == "initial":
            names = words_seen(self.task.feature_names, own_first=self.space.own_feature_first)
            free = None if self.space.template is None else self.space.template.features
            columns = free or self.space.columns or range(len(names))
            maker = with_words(maker, {i: names[j] for i, j in enumerate(columns)})
        return program_text(self.task, proposal.genome, maker)

    def proposer(self) -> Proposer:
        """What makes further candidates, where no language model does.

        Raises:
            EvolveError: There is no proposer of a name, or a model is among them.
        """
        return make_proposer(self.proposers, self.space)

    @contextmanager
    def proposing(
        self, book: Book | None = None, *, ask: bool = True, seconds: float | None = None
    ) -> Iterator[tuple[Proposer, ...]]:
        """What makes further candidates, one for each sub-search.

        With models there is one search, and their requests end with the context.

        Args:
            book: Where exchanges with models are kept; by default in memory.
            ask: Whether models may be asked; else the book alone is read.
            seconds: Time of the search from now on; no reply is waited for beyond it.

        Raises:
            EvolveError: There is no proposer of a name, or a model cannot be reached from here.
        """
        if LLM not in self.proposers:
            yield tuple(self.proposer() for _ in range(self.layout.n_parts))
            return
        from evolve.search.proposers.llm.start import correspond  # for those who ask models alone

        models = correspond(
            self.task,
            self.space,
            self.models,
            self.seed,
            book or MemoryBook(),
            ask=ask,
            connect=self.connect,
            seconds=seconds,
        )
        with closing(models):
            yield (make_proposer(self.proposers, self.space, models),)


def program_text(
    task: Task, candidate: Candidate, operator: str, priors: Array | None = None
) -> str:
    """Program text of a candidate.

    Args:
        task: Gives names, units and axes.
        candidate: Law and recipe.
        operator: What made it.
        priors: `(t, 2, p)` centres and precisions learnt across groups, for the text to state.
    """
    return print_program(
        candidate.law,
        candidate.recipe,
        task.feature_names,
        task.target_names,
        doc=f"A law of {task.name}, made by {operator}.",
        units=[f.unit for f in task.spec.features],
        axes=task.axes,
        prior=None if priors is None else (priors[:, 0], priors[:, 1]),
        frames=[(frame.origin, frame.unit) for frame in task.frame.targets],
    )


def make_search_problem(
    task: Task,
    seed: int,
    proposers: Sequence[str] = DEFAULT,
    *,
    rules: FormRules = NO_RULES,
    given: Sequence[GivenSeed] = (),
    models: ModelConfig = NO_MODELS,
    n_seeds: int = 1,
    n_islands: int = 1,
) -> SearchProblem:
    """The space, literature and first candidates of a task.

    Args:
        task: The task.
        seed: Seed of the run.
        proposers: Names of what makes further candidates.
        rules: What the user asks of every law.
        given: The user's own programs for this run.
        models: Language models among the proposers.
        n_seeds: Independent searches.
        n_islands: Islands of each.

    Raises:
        TaskError: The rows are too few, or allow no folds.
        EvolveError: A rule cannot be kept.
    """
    require_rows(task)
    space = plain_space_of(task) if rules.template else space_of(task)
    space = ruled_space(space, rules, task.feature_names)
    seeds = read_seeds(task, space, given)
    proposals = {p.key: p for p in seed_proposals(seeds, space)}
    parts = {
        p.operator: free_part(inward(p.candidate, space), space)
        for p in proposals.values()
        if p.candidate
    }
    laws = {name: part.law.root for name, part in parts.items() if part is not None}
    laws |= generic_laws(space.inner)
    for proposal in starting_proposals(space, laws, BATCH, seed):
        proposals.setdefault(proposal.key, proposal)
    folds = task.folds
    starts = tuple(proposals.values())
    names = tuple(proposers)
    return SearchProblem(
        task, space, tuple(seeds), starts, folds, names, seed, n_seeds, n_islands, models
    )


def remarks(problem: SearchProblem, rules: FormRules) -> list[str]:
    """What a user should know of the programs and the template given, before the search."""
    columns = called_as_constants(rules.template, problem.task.feature_names)
    return [*columns, *left_out(problem.seeds, problem.starts)]


def space_of(task: Task) -> SearchSpace:
    """What a task allows candidates to be, its features in the places that its frame gives."""
    frame = task.frame
    features = [task.spec.features[j] for j in frame.columns]
    place = {j: k for k, j in enumerate(frame.columns)}
    is_gap = frame.ceiling is not None
    one_signed = bool((task.train.Y > 0).all() or (task.train.Y < 0).all())
    return SearchSpace(
        units=(1.0,) * len(features),
        logarithmic=tuple(f.logarithmic for f in features),
        max_constants=task.max_constants,
        own_feature_first=task.spec.own,
        positive=is_gap or (frame.natural_zero and one_signed),
        pooled=task.n_groups >= POOLED_GROUPS,
        axes=tuple(sorted(place[j] for j in task.axes)),
        columns=frame.columns,
        scales=tuple(frame.scales[j] for j in frame.columns),
        mirrored=frame.mirrored,
        ceiling=frame.ceiling,
        share_of=frame.whole,
        natural_zero=frame.natural_zero or is_gap,
        either_way=frame.rises or not (frame.natural_zero or is_gap),
        part_of=tuple((place[part], place[whole]) for part, whole in frame.parts),
    )


def plain_space_of(task: Task) -> SearchSpace:
    """The same, in the order and the units that the task declares, as a template is written."""
    features = task.spec.features
    return replace(
        space_of(task),
        units=tuple(f.unit for f in features),
        logarithmic=tuple(f.logarithmic for f in features),
        positive=bool((task.train.Y > 0).all()),
        axes=task.axes,
        columns=(),
        scales=(),
        mirrored=False,
        ceiling=None,
        share_of=task.frame.whole if (task.bounds[:, 0] == 0.0).all() else None,
        natural_zero=True,
        either_way=task.frame.rises or not task.frame.natural_zero,
        part_of=task.frame.parts,
    )


def literature(problem: SearchProblem, entries: Sequence[Entry]) -> list[Entry]:
    """The entries of the task's seeds under their own recipes, by name."""
    seeds = [entry for entry in entries[: len(problem.starts)] if entry.origin in SEEDS]
    return sorted(seeds, key=lambda entry: entry.operator)


def elites_of(entries: Sequence[Entry]) -> list[Elite]:
    """Elites of the entries that have a score and a law."""
    return [
        Elite(entry, candidate_from_data(entry.law, entry.recipe), entry.evaluation.score)
        for entry in entries
        if entry.law is not None
        and entry.recipe is not None
        and entry.evaluation.score is not None
    ]
