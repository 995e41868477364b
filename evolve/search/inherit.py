"""A new run's first candidates with the elites of an earlier run among them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from evolve.errors import ProgramError
from evolve.evaluation.record import SEEDS
from evolve.law.candidate import Candidate, candidate_from_data
from evolve.law.canonical import key
from evolve.law.graph import features_of
from evolve.law.naming import words_seen
from evolve.law.printer import formula
from evolve.law.program import parse_program, title_of
from evolve.search.archive import Elite
from evolve.search.operators import SearchSpace
from evolve.search.problem import SearchProblem
from evolve.search.proposers.grammar import finish
from evolve.search.proposers.protocol import Proposal
from evolve.search.view import inward, outward


def elites_to_inherit(run_name: str, elites: Sequence[Elite]) -> dict[str, Any]:
    """Name and elites of a run as JSON values, for `warm_start_from`; best score first.

    Laws are kept as graphs with their recipes, programs with a fit of their own as texts.
    """
    laws = [e.candidate.to_data() for e in elites if e.candidate is not None]
    inherited: dict[str, Any] = {"run": run_name, "elites": laws}
    if programs := [e.entry.text for e in elites if e.candidate is None]:
        inherited["programs"] = programs
    return inherited


def warm_start_from(problem: SearchProblem, inherited: dict[str, Any]) -> SearchProblem:
    """The problem with the elites of an earlier run among its first candidates, after the seeds.

    Args:
        problem: Of the new run.
        inherited: From `elites_to_inherit`.
    """
    proposals = {p.key: p for p in problem.starts if p.origin in SEEDS}
    for proposal, _ in _judged(problem, inherited):
        if proposal is not None:
            proposals.setdefault(proposal.key, proposal)
    for proposal in problem.starts:
        proposals.setdefault(proposal.key, proposal)
    return replace(problem, starts=tuple(proposals.values()))


def not_inherited(problem: SearchProblem, inherited: dict[str, Any]) -> list[str]:
    """Name the elites of an earlier run that cannot be evaluated, a line each, with the reason."""
    return [
        f"an elite of {inherited['run']} is not taken over: {why}"
        for proposal, why in _judged(problem, inherited)
        if proposal is None
    ]


def _judged(
    problem: SearchProblem, inherited: dict[str, Any]
) -> Iterator[tuple[Proposal | None, str]]:
    """A proposal of every elite, or why there is none."""
    name, space = f"elite of {inherited['run']}", problem.space
    for law, recipe in inherited["elites"]:
        yield _of_law(candidate_from_data(law, recipe), problem, name)
    for text in inherited.get("programs", ()):
        yield _of_program(text, space, name)


def _of_law(elite: Candidate, problem: SearchProblem, name: str) -> tuple[Proposal | None, str]:
    space, names = problem.space, problem.task.feature_names
    used = max(features_of(elite.law.root), default=-1) + 1
    if used > len(names):
        listed = ", ".join(names)
        return None, f"it uses {used} features, the task has {len(names)}: {listed}"
    candidate = finish(inward(elite, space), space)
    if candidate is None:
        words = words_seen(names, own_first=elite.law.own_feature_first)
        return None, f"the task allows no {formula(elite.law, words)}"
    form_key = key(candidate.law, candidate.recipe)
    return Proposal(outward(candidate, space), form_key, name, (), "inherited"), ""


def _of_program(text: str, space: SearchSpace, name: str) -> tuple[Proposal | None, str]:
    try:
        program = parse_program(text, name)
    except ProgramError as error:
        return None, str(error)
    if space.ruled:
        return None, f"nothing says whether {title_of(program)!r} has the form asked for"
    return Proposal(None, f"program {program.id}", name, (), "inherited", program), ""
