"""Laws by their names, on any table: those of the literature and the generic forms.

The package's seed files say what a law of the literature is, for the columns of one table each. On
another table the columns of the same roles take their places.
"""

from __future__ import annotations

import math
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path

import numpy as np

from evolve.errors import Argument, EvolveError, MissingColumnError, ProgramError, nearest
from evolve.evaluation.evaluator import Evaluator
from evolve.evaluation.problem import EvaluationProblem
from evolve.evaluation.record import NOT_OF_A_RUN, Entry, Origin
from evolve.fitting.shares import in_amounts
from evolve.law.candidate import Candidate
from evolve.law.canonical import key, simplify
from evolve.law.equivalence import numbering
from evolve.law.faults import quoted
from evolve.law.formula import formula_words
from evolve.law.graph import Law, Node, call, feat, num, renumber, replace_leaves
from evolve.law.naming import identifiers, words_seen
from evolve.law.program import read_program, title_of
from evolve.law.recipe import Recipe
from evolve.law.unpacked import unpacked_names
from evolve.search.form_names import parts_around_places, with_words
from evolve.search.operators import SearchSpace
from evolve.search.problem import plain_space_of, program_text
from evolve.search.proposers.grammar import allowed_recipe
from evolve.search.proposers.initial import generic_laws
from evolve.search.proposers.literature import named_forms
from evolve.search.published import columns_for, plain, published, traced
from evolve.search.scale_of_fit import on_the_scale_of_noise
from evolve.search.stated import stated_law
from evolve.tasks.draft.expressions import in_quotes
from evolve.tasks.folds import require_rows
from evolve.tasks.name_units import units_in_names
from evolve.tasks.spec import TaskSpec
from evolve.tasks.task import Task

RECIPE = Recipe("log", "huber", 0.05)  # of a generic form, which states none
STATED = replace(RECIPE, n_starts=32)  # of a formula, in the spelling of its author
CALLED = {"chinchilla": "hoffmann_2022"}  # laws by what else they are called
_ANY = dict.fromkeys(range(99), "COLUMN")  # for any feature in the names of forms


@dataclass(frozen=True)
class NamedLaw:
    """A law that can be asked for by its name.

    Attributes:
        name: As it is asked for.
        title: What it is, in a line.
        candidate: Law and recipe, over the features of the task.
        origin: ``literature``, ``initial`` for a generic form, or ``user`` for a formula.
    """

    name: str
    title: str
    candidate: Candidate
    origin: Origin


def named_law(task: Task, name: str) -> NamedLaw:
    """The law of a name, over the features of a task.

    Args:
        task: Gives the features, with their roles.
        name: A seed file's name, a generic form's, the beginning of a seed file's, or a formula.

    Raises:
        EvolveError: There is no such law, the task lacks a column of a role that it needs, or a
            formula is broken.
    """
    wanted, why_not, titles = plain(name), "", []
    wanted = CALLED.get(wanted, wanted)
    for path, spec in published(task):
        titles.append(path.stem)
        if path.stem != wanted and not path.stem.startswith(f"{wanted}_"):
            continue
        columns, missing = columns_for(task, path, spec)
        if columns is not None:
            return _from_seed(task, path, spec, columns)
        why_not = why_not or missing
    if why_not:
        raise MissingColumnError(Argument("law"), f": {name!r} needs {why_not}")
    space = plain_space_of(task)
    forms = _forms(space, task)
    for text, root in forms.items():
        if wanted in (plain(text), plain(_of_only(text, task))):
            candidate = Candidate(Law(*renumber(root), space.own_feature_first), RECIPE)
            return NamedLaw(text, text, _allowed(candidate, space), "initial")
    if (stated := stated_law(task, name, [*titles, *forms, *CALLED])) is not None:
        candidate = _allowed(Candidate(stated[0], STATED), space)
        return NamedLaw(name.strip(), stated[1], candidate, "user")
    sizes = replace(space, logarithmic=(True,) * len(space.logarithmic))
    if wanted in map(plain, _forms(sizes, task)):
        others = ", ".join(f.name for f in task.spec.features if not f.logarithmic)
        rule = f": {name!r} needs features that act through their logarithm, not so: "
        raise EvolveError(Argument("law"), rule, others)
    if len(space.units) == 1 and _is_of_several(space, wanted):
        (close,) = get_close_matches(wanted, forms, n=1, cutoff=0.0)
        rule = f": {name!r} needs two features or more, there is {task.feature_names[0]} alone; "
        raise MissingColumnError(Argument("law"), rule, f"the nearest that fits is {close!r}")
    names = list(dict.fromkeys([*titles, *forms]))
    told = dict.fromkeys([*titles, *(with_words(text, _ANY) for text in _unnamed_forms(space))])
    words = ", ".join(repr(text) if " " in text else text for text in told)
    rule = f": no law {name!r}{nearest(name, [*names, *CALLED])}; there are {words}"
    raise EvolveError(Argument("law"), rule)


def _is_of_several(space: SearchSpace, wanted: str) -> bool:
    """Whether only tables of several features, whatever their names, have a form of this name."""
    one, two = (
        {
            ".+".join(re.escape(plain(part)) for part in parts_around_places(text))
            for text in generic_laws(wide) | named_forms(wide)
        }
        for wide in (
            replace(space, units=(1.0,) * n, logarithmic=(True,) * n, columns=(), scales=())
            for n in (1, 2)
        )
    )
    return any(re.fullmatch(pattern, wanted) for pattern in two - one)


def named_entry(task: Task, name: str) -> Entry:
    """The law of a name as an entry that no run holds, judged on the task's folds here.

    Raises:
        EvolveError: As `named_law`; or the rows are too few for the law, or it cannot be fitted.
    """
    named = named_law(task, name)
    require_rows(task)
    _require_rows_of_groups(task, named)
    is_stated = named.origin == "literature"  # with a recipe of its own
    candidate = named.candidate if is_stated else on_the_scale_of_noise(task, named.candidate)
    with Evaluator(EvaluationProblem(task, task.folds), 0) as evaluator:
        (evaluation,) = evaluator.evaluate([candidate], math.inf)
    text, form_key = (
        program_text(task, candidate, named.name),
        key(candidate.law, candidate.recipe),
    )
    entry = (NOT_OF_A_RUN, text, *candidate.to_data(), form_key, ())
    return Entry(*entry, named.name, evaluation, named.origin)


def _require_rows_of_groups(task: Task, named: NamedLaw) -> None:
    """Require that every group has more rows than a law has constants."""
    n_constants = named.candidate.law.n_constants
    counts = np.bincount(task.train.group, minlength=task.n_groups)
    small = np.flatnonzero(counts <= n_constants)
    if not len(small):
        return
    least = min(small, key=lambda g: counts[g])
    what = f": {named.name} has {n_constants} constants, group {task.group_names[least]} has "
    what += f"{counts[least]} rows"
    if len(small) == task.n_groups or len(task.spec.groups) != 1:
        raise EvolveError(Argument("law"), what)
    column = quoted(task.spec.groups[0])
    condition = " and ".join(f"{column} != {in_quotes(task.group_names[g])}" for g in small)
    way = f" {shlex.quote(condition)} leaves out, of a table's file, what has too few"
    raise EvolveError(Argument("law"), f"{what}; ", Argument("where"), way)


def _from_seed(task: Task, path: Path, spec: TaskSpec, columns: dict[int, int]) -> NamedLaw:
    try:
        found = traced(path, spec)
    except ProgramError as error:  # a program that only its own table's verbs can run
        raise EvolveError(Argument("law"), f": {path.stem}: {error}") from None
    root = replace_leaves(found.law.root, {feat(j): feat(k) for j, k in columns.items()})
    units = units_in_names(task.feature_names, task.train.X)
    root = _in_ones(root, {feat(j): unit for j, unit in units.items()})
    law = _with_names(task, Law(root, found.law.n_constants, task.spec.own), path)
    candidate = _allowed(Candidate(law, found.recipe), plain_space_of(task))
    return NamedLaw(path.stem, title_of(read_program(path)), candidate, "literature")


def _with_names(task: Task, law: Law, path: Path) -> Law:
    """A law of the literature in its simplest form, its constants called as in its file.

    That is so where they are the same ones: other forms have constants that the file has not.
    """
    simple, names = simplify(law), unpacked_names(read_program(path).text, law.n_constants)
    numbers = numbering(simple.root, law.root, task.train.X)
    if not names or not numbers:
        return simple
    taken = (*formula_words(task.feature_names), *formula_words(task.target_names))
    words = identifiers(names, taken)
    return replace(simple, names=tuple(words[k] for k in numbers))


def _in_ones(node: Node, counted_in: Mapping[Node, float]) -> Node:
    """A tree with features counted in ones, as those of seed files are.

    What a feature is divided by is divided by its unit, so that `N/1e9` of millions is `N/1e3`.
    """
    if (unit := counted_in.get(node)) is not None:
        return call("mul", num(unit), node)
    if node.op == "div" and node.args[0] in counted_in and node.args[1].op == "num":
        return call("div", node.args[0], num(node.args[1].value / counted_in[node.args[0]]))
    return Node(node.op, tuple(_in_ones(arg, counted_in) for arg in node.args), node.value)


def _allowed(candidate: Candidate, space: SearchSpace) -> Candidate:
    return Candidate(candidate.law, allowed_recipe(candidate.recipe, space))


def _forms(space: SearchSpace, task: Task) -> dict[str, Node]:
    """Trees of the generic forms by their names."""
    words = dict(enumerate(words_seen(task.feature_names, own_first=task.spec.own)))
    return {with_words(text, words): root for text, root in _unnamed_forms(space).items()}


def _unnamed_forms(space: SearchSpace) -> dict[str, Node]:
    """Trees of the generic forms by their names, in which features stand by numbers."""
    laws = generic_laws(space) | named_forms(space)
    return {name: in_amounts(root, space.share_of or 1.0) for name, root in laws.items()}


def _of_only(name: str, task: Task) -> str:
    """The name of a generic form without the feature, where there is no other."""
    first, *others = task.feature_names
    return name if others else name.removesuffix(f" of {first}")
