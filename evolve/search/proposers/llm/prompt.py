"""What a model is told: the task in words, the contract, a few elites, what failed, and an idea.

No row of any table, and nothing that a program printed or wrote into an error, goes into a prompt:
programs see training rows, so their own words might carry them.
"""

from __future__ import annotations

import builtins
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from importlib import resources
from typing import Any

from jinja2 import StrictUndefined, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from evolve.errors import EvolveError
from evolve.evaluation.record import Entry
from evolve.law.algebra import is_unit_scaled
from evolve.law.candidate import candidate_from_data
from evolve.law.formula import formula_words, label_of, lettered
from evolve.law.graph import Node, call, num
from evolve.law.printer import print_program
from evolve.search.archive import Elite
from evolve.search.operators import SearchSpace
from evolve.search.proposers.llm.exchange import TEXT, Messages
from evolve.tasks.task import Task

TEMPLATES = (
    *("system.j2", "rewrite.j2", "diff.j2", "cross.j2", "repair.j2"),
    *("formula_system.j2", "formula.j2", "completion.j2"),
)
N_ELITES = 3  # beside those to be changed
N_FAILURES = 4
PROGRAM_CHARS = 6000  # of any program that is shown
MOST_TEXTS = 500  # programs that are kept printed
FORMULA_CHARS = 200  # of any formula that is shown
LISTED = 6  # formulas in a list: a small model goes on with what is plain
LISTED_CHARS = 64  # of each of them
# What a template of the user may end in.
_FAULTS = (
    *(TemplateError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError),
    *(RecursionError, MemoryError),
)
_EXCEPTION = re.compile(r"([A-Za-z]\w*(?:Error|Exception|Warning|Iteration|Exit))\b")
_LINE = re.compile(r"\bline (\d+)\b")
_BUILTIN_ERRORS = frozenset(
    name
    for name, value in vars(builtins).items()
    if isinstance(value, type) and issubclass(value, BaseException)
)


@dataclass(frozen=True, slots=True)
class Failure:
    """A program that gave no score.

    Attributes:
        index: Its entry.
        operator: What made it.
        text: The program.
        reason: Why, without a word of the program's own.
    """

    index: int
    operator: str
    text: str
    reason: str


class Prompts:
    """Templates and the task that they speak of.

    Args:
        task: The task.
        space: What laws may be.
        idea: Words of the user.
        own: Templates of the user by file name.
    """

    def __init__(
        self, task: Task, space: SearchSpace, idea: str = "", own: Mapping[str, str] | None = None
    ) -> None:
        """Read the templates.

        Raises:
            EvolveError: A template cannot be read.
        """
        self._task, self._space, self._idea = task, space, idea
        self._texts: dict[str, str] = {}
        texts = {**packaged(), **(own or {})}
        environment = ImmutableSandboxedEnvironment(  # templates may be a stranger's
            autoescape=False,  # the reader is a model, not a browser
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        try:
            self._templates = {name: environment.from_string(t) for name, t in texts.items()}
        except _FAULTS as error:
            raise EvolveError(f"prompts: {error}") from None

    def messages(
        self,
        mode: str,
        parents: Sequence[Elite],
        others: Sequence[Elite],
        failures: Sequence[Failure],
        failed: Failure | None = None,
    ) -> Messages:
        """The prompt of a request.

        Args:
            mode: One of `MODES`, or `REPAIR`.
            parents: Elites that are to be changed.
            others: Elites shown beside them.
            failures: What has failed lately.
            failed: What is to be repaired.

        Raises:
            EvolveError: A template of the user asks for what there is not.
        """
        content = {
            "task": self.task,
            "idea": self._idea,
            "parents": [self._shown(elite) for elite in parents],
            "others": [self._shown(elite) for elite in others],
            "failures": failures,
            "failed": failed,
        }
        return (
            ("system", self._rendered("system.j2", content)),
            ("user", self._rendered(f"{mode}.j2", content)),
        )

    def turns(self, elites: Sequence[Elite]) -> Messages:
        """The prompt of a request for a formula: those of some elites as the model's own turns.

        A small model that cannot follow a description goes on with a row of examples, and any
        further sentence in the last turn leads it away from them.

        Args:
            elites: Elites to be shown, the last ones to be changed.

        Raises:
            EvolveError: A template of the user asks for what there is not.
        """
        content = {"task": self.task, "idea": self._idea}
        formulas = list(dict.fromkeys(filter(None, map(self._formula_of, elites))))
        messages = [("system", self._rendered("formula_system.j2", content))]
        for number, text in enumerate(formulas, 1):
            ask = self._rendered("formula.j2", {**content, "number": number})
            messages += [("user", ask), ("assistant", text)]
        last = self._rendered("formula.j2", {**content, "number": len(formulas) + 1})
        return (*messages, ("user", last))

    def listing(self, elites: Sequence[Elite]) -> Messages:
        """The prompt of a request for the next line of a list: short formulas of some elites.

        Args:
            elites: Elites in order of preference; the list ends with the first one.

        Raises:
            EvolveError: A template of the user asks for what there is not.
        """
        formulas = dict.fromkeys(filter(None, map(self._formula_of, elites)))
        short = [text for text in formulas if len(text) <= LISTED_CHARS][:LISTED]
        content = {"task": self.task, "idea": self._idea, "formulas": short[::-1]}
        return ((TEXT, self._rendered("completion.j2", content).rstrip()),)

    def _rendered(self, name: str, content: Mapping[str, Any]) -> str:
        try:
            return self._templates[name].render(content).strip() + "\n"
        except _FAULTS as error:
            raise EvolveError(f"prompts: {name}: {error}") from None

    def _formula_of(self, elite: Elite) -> str:
        """A law's formula over units, its constants as letters; empty for a long one, or none."""
        if elite.candidate is None:
            return ""
        law = elite.candidate.law
        over = replace(law, root=_over(law.root, [1.0] * len(self.task["features"])))
        text = f"{self.task['label']} = {lettered(over, self.task['words'])}"
        return text if len(text) <= FORMULA_CHARS else ""

    def text_of(self, entry: Entry) -> str:
        """The program of an entry as a prompt shows it, features over their declared units.

        A law of the search is over scales that are values of the table, and may hold origins of
        its targets; neither is sent. A program that no law was traced from is shown as it is.
        """
        if entry.law is None or entry.recipe is None:
            return entry.text
        if entry.key not in self._texts:  # elites are shown again and again
            self._texts = dict(list(self._texts.items())[-MOST_TEXTS:])
            self._texts[entry.key] = self._printed(entry.law, entry.recipe)
        return self._texts[entry.key]

    def _printed(self, law: Any, recipe: Any) -> str:
        """The program of a law and a recipe as they are stored, over declared units."""
        spec, candidate = self._task.spec, candidate_from_data(law, recipe)
        units = [feature.unit for feature in spec.features]
        return print_program(
            replace(candidate.law, root=_over(candidate.law.root, units)),
            candidate.recipe,
            self._task.feature_names,
            self._task.target_names,
            units=units,
            axes=self._task.axes,
        )

    def _shown(self, elite: Elite) -> dict[str, Any]:
        """What a prompt shows of an elite."""
        return {
            "index": elite.entry.index,
            "text": self.text_of(elite.entry)[:PROGRAM_CHARS],
            "score": round(elite.score, 3),
            "n_constants": elite.n_constants,
            "r2": [round(f.r2, 4) for f in elite.entry.evaluation.folds],  # names may hold values
        }

    @cached_property
    def task(self) -> dict[str, Any]:
        """What is said of the task: names, units, roles and physics; no row, no note."""
        spec, space = self._task.spec, self._space
        axes = set(self._task.axes)
        features = [
            {
                "name": feature.name,
                "column": j,
                "unit": feature.unit,
                "logarithmic": feature.logarithmic,
                "description": feature.description,
                "extrapolated": j in axes,
                "required": space.place_of(j) in space.must_use,
            }
            for j, feature in enumerate(spec.features)
        ]
        words = formula_words(self._task.feature_names, own_first=space.own_feature_first)
        return {
            "title": spec.title,
            "words": list(words),
            "label": label_of(self._task.target_names),
            "features": features,
            "targets": [{"name": t.name, "description": t.description} for t in spec.targets],
            "own_feature_first": space.own_feature_first,
            "groups": self._task.n_groups > 1,
            "max_constants": space.max_constants,
            "falling": list(spec.physics.decreasing_in),
            "rising": list(spec.physics.increasing_in),
            "floor": self._task.constraints.floor,
            "ceiling": self._task.constraints.ceiling,
            "operations": sorted(space.operations) if space.operations is not None else None,
        }


def _over(node: Node, units: Sequence[float]) -> Node:
    """The tree with every feature that stands over a number over its declared unit instead."""
    if is_unit_scaled(node):
        unit, feature = units[node.args[0].index], node.args[0]
        return feature if unit == 1.0 else call("div", feature, num(unit))
    return Node(node.op, tuple(_over(arg, units) for arg in node.args), node.value)


def packaged() -> dict[str, str]:
    """The package's templates by file name."""
    folder = resources.files(__package__) / "templates"
    return {name: (folder / name).read_text("utf-8") for name in TEMPLATES}


def failure_of(entry: Entry) -> Failure:
    """What a prompt says of an entry without a score.

    A verdict on the text alone, by the gate or the tracer, is given as it is. A program that ran
    has seen rows: of what it raised only the kind and the line are given, and of what else went
    wrong the words without their figures.
    """
    status, message = entry.evaluation.status, entry.evaluation.message
    text = entry.text[:PROGRAM_CHARS]
    if status == "rejected":
        return Failure(entry.index, entry.operator, text, message[:500])
    if status != "exception":
        words = re.sub(r"\d", "#", message)[:200] if status in ENGINE_WORDS else ""
        return Failure(entry.index, entry.operator, text, f"{status} {words}".strip())
    kinds = [k for k in _EXCEPTION.findall(message[:200])[:1] if k in _BUILTIN_ERRORS]
    reason = kinds[0] if kinds else "an exception"
    lines = _LINE.findall(message)
    source = entry.text.splitlines()
    if lines and 0 < int(lines[-1][:6]) <= len(source):
        reason += f" at line {int(lines[-1])}: {source[int(lines[-1]) - 1].strip()[:200]}"
    return Failure(entry.index, entry.operator, text, reason)


# Statuses whose message is the engine's own.
ENGINE_WORDS = frozenset({"not-finite", "bad-answer", "answer-too-large", "timeout", "cpu"})
