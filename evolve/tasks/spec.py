"""The text of a `task.toml` to a checked `TaskSpec`."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from evolve.errors import TaskError, nearest
from evolve.files import read_regular, toml_fault
from evolve.printable import printable
from evolve.tasks.axes import factors_of
from evolve.tasks.cells import as_compared
from evolve.tasks.complaints import explain, lower
from evolve.tasks.names import why_no_column, why_no_name
from evolve.tasks.roles import Role

DEFAULT_CONSTANTS = 12
MOST_BYTES = 2**24  # of a task.toml
MOST_CONSTANTS = 1000
MOST_FOLDS = 1000


def _checked(rule: Callable[[str], str]) -> AfterValidator:
    """A validator that raises what a rule says of a text, if anything."""

    def check(text: str) -> str:
        if reason := rule(text):
            raise ValueError(reason)
        return text

    return AfterValidator(check)


def _why_no_text(text: str) -> str:
    safe = printable(text.replace("\r\n", "\n")) == text.replace("\r\n", "\n")
    return "" if safe else f"may not hold control characters, {text[:60]!r} does"


Name = Annotated[str, _checked(why_no_name)]
ColumnName = Annotated[str, Field(min_length=1), _checked(why_no_column)]
Prose = Annotated[str, _checked(_why_no_text)]


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False)


class Feature(_Strict):
    """An input column; values are divided by `unit` before they enter a law."""

    name: ColumnName
    unit: float = Field(default=1.0, gt=0)
    scale: Literal["log", "linear"] = "log"
    role: Role | None = None
    description: Prose = ""

    @property
    def logarithmic(self) -> bool:
        """Whether equal steps are equal ratios, and laws see its logarithm."""
        return self.scale == "log"


class Target(_Strict):
    """A column to predict; no run can lie outside its two `bounds`, of which one may be inf."""

    name: ColumnName
    bounds: list[Annotated[float, Field(allow_inf_nan=True)]] = Field(default=[], max_length=2)
    role: Role | None = None
    description: Prose = ""

    @model_validator(mode="after")
    def _bounds_are_ordered(self) -> Target:
        if self.bounds and not (len(self.bounds) == 2 and self.bounds[0] < self.bounds[1]):
            raise ValueError(
                f"bounds must be two values, the lower first, like [0, 1], holds {self.bounds}"
            )
        return self


class FoldSpec(_Strict):
    """How the test extrapolates, and so how folds peel the training rows.

    `axes` are the features whose largest levels the test holds: rows at the top of any of them
    (`together = "any"`) or of all of them at once (`"all"`). `peel` scales are held out in turn.
    `horizon` is the factor beyond the largest training value that forecasts will be asked for, one
    number for all axes or one for each. Without axes the test does not extrapolate, and `kfold`
    random folds are made; where rows are points of curves, `runs` is the column that names the
    run of each, and these hold out runs.
    """

    axes: list[str] = []
    runs: Name = ""
    together: Literal["any", "all"] = "any"
    peel: int = Field(default=4, ge=1, le=MOST_FOLDS)
    kfold: int = Field(default=5, ge=2, le=MOST_FOLDS)
    horizon: list[Annotated[float, Field(ge=1.0)]] = []

    @model_validator(mode="after")
    def _horizon_is_along_axes(self) -> FoldSpec:
        if self.horizon and (not self.axes or len(self.horizon) not in (1, len(self.axes))):
            raise ValueError(
                f"folds.horizon must hold one number, or one for each of the {len(self.axes)} "
                f"axes, holds {self.horizon}"
            )
        if self.horizon and max(self.horizon) <= 1.0:
            raise ValueError("folds.horizon must be above 1 along an axis")
        return self


class ScheduleSpec(_Strict):
    """Columns of the learning rate and of the steps, of which sums over each run were made."""

    rate: Name = ""
    step: Name = ""


class Filter(_Strict):
    """Rows are kept where `column op value` is true; `reason` says why."""

    column: Name
    op: Literal["<", "<=", ">", ">=", "==", "!="]
    value: Annotated[int | float | str, AfterValidator(as_compared)]
    reason: Prose

    @model_validator(mode="after")
    def _texts_have_no_order(self) -> Filter:
        if isinstance(self.value, str) and self.op not in ("==", "!="):
            raise ValueError(f"op must be == or != for a text, holds {self.op!r}")
        return self


class PhysicsSpec(_Strict):
    """What is certain of the law: features it falls or rises in, and values it stays between."""

    decreasing_in: list[str] = []
    increasing_in: list[str] = []
    floor: float | None = None
    ceiling: float | None = None

    @model_validator(mode="after")
    def _floor_is_below(self) -> PhysicsSpec:
        if self.floor is not None and self.ceiling is not None and self.floor >= self.ceiling:
            raise ValueError(
                f"physics.floor must be below physics.ceiling, {self.floor:g} is not below "
                f"{self.ceiling:g}"
            )
        return self


class SLDBench(_Strict):
    """How SLDBench names this task: its configuration and its labels of groups.

    `label` is a template over the group columns; `values` renames a column's values in it.
    Left empty, the label is the group's own name, and `all_data` where there are no groups.
    """

    config: str = ""
    label: str = ""
    values: dict[str, dict[str, str]] = {}


class TaskSpec(_Strict):
    """Everything a `task.toml` says.

    `weights` is the column of what each training row counts, or `sigma` that of the standard
    deviation of its targets, of whose inverse squares the weights are made.
    """

    title: Name
    source: Prose
    licence: Prose
    note: Prose = ""
    groups: list[Name] = []
    max_constants: int | None = Field(default=None, ge=1, le=MOST_CONSTANTS)
    own: bool = False
    weights: Name = ""
    sigma: Name = ""
    features: list[Feature] = Field(min_length=1)
    targets: list[Target] = Field(min_length=1)
    folds: FoldSpec = FoldSpec()
    schedule: ScheduleSpec = ScheduleSpec()
    filters: list[Filter] = []
    physics: PhysicsSpec = PhysicsSpec()
    sldbench: SLDBench = SLDBench()

    @model_validator(mode="after")
    def _names_are_known(self) -> TaskSpec:
        features = [feature.name for feature in self.features]
        columns = features + [target.name for target in self.targets] + self.groups
        columns += [name for name in (self.weights, self.sigma) if name]
        for name in columns:
            if columns.count(name) > 1:
                raise ValueError(f"a column must have one role, {name!r} has two")
        if self.folds.runs in columns and self.folds.runs not in features + self.groups:
            raise ValueError(f"a column must have one role, {self.folds.runs!r} has two")
        if self.weights and self.sigma:
            raise ValueError(
                "weights and sigma both say what a row counts, there may be one of them"
            )
        _require_axes(self.folds.axes, features)
        _require_known("physics.decreasing_in", self.physics.decreasing_in, features)
        _require_known("physics.increasing_in", self.physics.increasing_in, features)
        for name in self.physics.decreasing_in:
            if name in self.physics.increasing_in:
                raise ValueError(
                    f"physics: a law either falls or rises in a feature, {name!r} is named by "
                    "decreasing_in and by increasing_in"
                )
        if bool(self.schedule.rate) != bool(self.schedule.step and self.folds.runs):
            raise ValueError("schedule needs rate, step, and the column of folds.runs, or none")
        _require_known("sldbench.values", self.sldbench.values, self.groups)
        if self.own and len(self.features) != len(self.targets):
            raise ValueError(
                "own = true pairs features with targets, but there are "
                f"{len(self.features)} features and {len(self.targets)} targets"
            )
        return self


def target_bounds(spec: TaskSpec) -> list[tuple[float, float]]:
    """Values between which each target must lie, infinite where nothing is declared."""
    physics = spec.physics
    floor = -math.inf if physics.floor is None else physics.floor
    ceiling = math.inf if physics.ceiling is None else physics.ceiling
    bounds = [target.bounds or [-math.inf, math.inf] for target in spec.targets]
    return [(max(low, floor), min(high, ceiling)) for low, high in bounds]


_PARTS: dict[str, type[_Strict]] = {
    "features": Feature,
    "targets": Target,
    "folds": FoldSpec,
    "schedule": ScheduleSpec,
    "filters": Filter,
    "physics": PhysicsSpec,
    "sldbench": SLDBench,
}


def parse_spec(text: str, where: str) -> TaskSpec:
    """Check the text of a `task.toml`.

    Raises:
        TaskError: The text is not TOML, or a key is unknown, missing or holds a wrong value.
    """
    try:
        return TaskSpec.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        hint = "; a text stands in straight quotes" if "nvalid value" in str(error) else ""
        raise TaskError(f"{where}: must be TOML, {lower(toml_fault(error))}{hint}") from None
    except ValidationError as error:
        raise TaskError(f"{where}: {explain(error, TaskSpec, _PARTS)}") from None


def read_spec(path: Path) -> TaskSpec:
    """Read and check a `task.toml`.

    Raises:
        TaskError: As `parse_spec`, or the file cannot be read.
    """
    try:
        text = (
            read_regular(path, MOST_BYTES)
            .decode("utf-8")
            .replace("\r\n", "\n")
            .replace("\r", "\n")
        )
    except OSError as error:
        raise TaskError(f"{path}: must be a readable file, {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise TaskError(f"{path}: must be UTF-8 text, byte {error.start} is not") from None
    return parse_spec(text, str(path))


def _require_known(key: str, names: Iterable[str], valid: Sequence[str]) -> None:
    names = list(names)
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"{key} must name each once, names {name!r} twice")
        if name not in valid:
            raise ValueError(
                f"{key} must hold names among {', '.join(valid) or 'none'}, "
                f"holds {name!r}{nearest(name, valid)}"
            )


def _require_axes(axes: Sequence[str], features: Sequence[str]) -> None:
    """Require axes that are features, or products of features, each once."""
    try:
        named = [" * ".join(sorted(factors_of(axis, features))) for axis in axes]
    except ValueError as error:
        raise ValueError(f"folds.axes {error}") from None
    for axis, name in zip(axes, named, strict=True):
        if named.count(name) > 1:
            raise ValueError(f"folds.axes must name each once, names {axis!r} twice")
