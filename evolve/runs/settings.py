"""The configuration of a run besides its task, and the callbacks of whoever follows it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from decimal import Decimal
from numbers import Integral
from typing import Any, Protocol

from evolve.errors import Argument, EvolveError
from evolve.evaluation.record import Entry
from evolve.runs import limits
from evolve.runs.store import Store
from evolve.scoring.objective import SEARCH_ROWS
from evolve.search.loop import Budget
from evolve.search.proposers.llm.settings import NO_MODELS, ModelConfig, config_of
from evolve.search.proposers.registry import DEFAULT, LLM, require_proposers
from evolve.search.proposers.seeds import GivenSeed
from evolve.search.rules import NO_RULES, FormRules
from evolve.tasks.cells import LARGEST_EXACT
from evolve.tasks.task import Task

DEFAULT_EVALUATIONS = 3000
LARGEST_SHOWN = 1e300  # of what is too large, as a float
LEAST_SEARCH_ROWS = 100  # fewer say nothing of a table that has more


@dataclass(frozen=True, slots=True)
class RunConfig:
    """What decides a run besides its task.

    Attributes:
        seed: Seed of every random choice.
        evaluations: Evaluations in total; None for no end but the time.
        seconds: Seconds of a session; the entries then depend on the machine's speed.
        proposers: Names of what makes candidates after the first ones, in the order of turns.
        rules: What the user asks of every law.
        seeds: The user's own programs, beside those of the task.
        models: Language models among the proposers; without their keys.
        n_seeds: Independent searches that share the evaluations, and of whose laws together the
            champion is chosen.
        n_islands: Islands of each search, which exchange their best laws after every epoch.
        search_rows: Rows that the search works on; of a larger table, on a sample of them.
    """

    seed: int = 0
    evaluations: int | None = DEFAULT_EVALUATIONS
    seconds: float | None = None
    proposers: tuple[str, ...] = DEFAULT
    rules: FormRules = NO_RULES
    seeds: tuple[GivenSeed, ...] = ()
    models: ModelConfig = NO_MODELS
    n_seeds: int = 1
    n_islands: int = 1
    search_rows: int = SEARCH_ROWS

    def __post_init__(self) -> None:
        """Check what was given.

        Raises:
            EvolveError: Some of it cannot be meant.
        """
        require_number("seed", self.seed, 0, limits.SEED - 1)
        if self.evaluations is not None:
            require_number("evaluations", self.evaluations, 1, limits.EVALUATIONS)
        if self.seconds is not None:
            require_number("seconds", self.seconds, 0, limits.SECONDS)
        require_number("search_rows", self.search_rows, LEAST_SEARCH_ROWS, limits.COUNT)
        require_proposers(self.proposers)
        if (LLM in self.proposers) != bool(self.models.models):
            rule = ": needs llm among the proposers, and llm needs a model; nothing else is sent"
            raise EvolveError(Argument("model"), rule)
        for name, value in (("n_seeds", self.n_seeds), ("n_islands", self.n_islands)):
            require_number(name, value, 1, limits.SEARCHES)
            if value > 1 and LLM in self.proposers:
                rule = f": must be 1 where llm is among the proposers, it is {value}"
                raise EvolveError(Argument(name), rule)

    @property
    def budget(self) -> Budget:
        """When the search ends."""
        return Budget(self.evaluations or 2**62, self.seconds)


def require_number(name: str, value: float, low: int, high: float) -> None:
    """Require that an argument is within a range, both ends in it.

    Raises:
        EvolveError: It is not.
    """
    if value < low:
        raise EvolveError(Argument(name), f": must be {low} or more, it is {value}")
    if value > high:
        given = Decimal(value) if value > LARGEST_SHOWN else value
        raise EvolveError(Argument(name), f": must be {high:.4g} or less, it is {given:.4g}")


def whole(name: str, value: Any) -> int:
    """A whole number of any type, such as 3, 3.0 or numpy's, as an `int`.

    Raises:
        EvolveError: It is none, or a float so large that it stands for several.
    """
    with suppress(TypeError, ValueError, OverflowError):
        if (number := int(value)) == value and not isinstance(value, bool):
            if isinstance(value, Integral) or abs(number) <= LARGEST_EXACT:
                return number
            rule = f": a float such as {value!r} stands for several whole numbers"
            raise EvolveError(Argument(name), rule, "; write it in digits")
    raise EvolveError(Argument(name), f": must be a whole number, it is {value!r}")


def with_budget(before: RunConfig, evaluations: int | None, n_done: int) -> RunConfig:
    """The configuration of a run that goes on, with another number of evaluations if one is given.

    Args:
        before: As it was.
        evaluations: In total.
        n_done: How many the run has made.

    Raises:
        EvolveError: It has made more than it is to make in all.
    """
    if evaluations is None:
        return before
    if evaluations < n_done:
        rule = f": must be at least the {n_done} that the run has made, it is {evaluations}"
        raise EvolveError(Argument("evaluations"), rule)
    return replace(before, evaluations=evaluations)


def config_from_data(data: Mapping[str, Any]) -> RunConfig:
    """The configuration of which a store holds `asdict`; what an early run lacks is a default.

    Raises:
        EvolveError: The values are none of a configuration.
    """
    given = dict(data)
    try:
        if "proposers" in given:
            given["proposers"] = tuple(given["proposers"])
        if "rules" in given:
            given["rules"] = _rules(given["rules"])
        if "seeds" in given:
            given["seeds"] = tuple(GivenSeed(*seed) for seed in given["seeds"])
        if "models" in given:
            given["models"] = config_of(given["models"])
        return RunConfig(**given)
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        raise EvolveError(f"not those of a run ({type(error).__name__})") from None


def _rules(data: Mapping[str, Any]) -> FormRules:
    template, *lists = (data[name] for name in FormRules.__slots__)
    return FormRules(str(template), *(tuple(map(str, names)) for names in lists))


class RunCallback(Protocol):
    """Callbacks of a run, in the order in which they are called."""

    def began(self, store: Store, task: Task, settings: RunConfig) -> None:
        """The run is made or opened, and its search is about to begin."""

    def replayed(self, best: Entry | None, statuses: Mapping[str, int]) -> None:
        """What the store holds already: its best entry, and how many there are of each status."""

    def batch(self, best: Entry | None, entries: Sequence[Entry]) -> bool:
        """A batch is stored, and this is the best entry so far; False ends the search."""

    def choosing(self) -> None:
        """The search is over and the champion is being chosen."""
