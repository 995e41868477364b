"""Options that several verbs share, and how their values are read."""

from __future__ import annotations

import re
import shlex
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from evolve.errors import EvolveError
from evolve.runs.usual import RUNS as RUNS

TasksDirs = Annotated[
    list[Path] | None,
    typer.Option("--tasks-dir", help="Folder of tasks to look in first (may be repeated)."),
]
RunsDir = Annotated[
    Path, typer.Option("--runs-dir", envvar="EVOLVE_RUNS_DIR", help="Folder of the runs.")
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document, nothing else.")]
Quiet = Annotated[bool, typer.Option("--quiet", help="Print the end of the run alone.")]
Workers = Annotated[
    int | None, typer.Option("--workers", min=1, help="Worker processes [default: one a core].")
]
AllowWeak = Annotated[
    bool,
    typer.Option(
        "--allow-weak-sandbox",
        envvar="EVOLVE_ALLOW_WEAK_SANDBOX",
        help="Run a program of others even where little contains it (see: evolve doctor).",
    ),
]
Size = Annotated[
    int | None, typer.Option("--size", min=0, help="The best law with SIZE constants.")
]
EntryNumber = Annotated[
    int | None, typer.Option("--entry", min=0, help="The law of this entry of the run.")
]
LawName = Annotated[
    str | None,
    typer.Option(
        "--law", help="A law by its name, such as 'sum of powers', or a formula of yours."
    ),
]

_NEGATIVE = re.compile(r"-\.?\d|-inf$")  # a number, no option
_TIME = re.compile(r"(?:(\d+(?:\.\d+)?)h)?(?:(\d+(?:\.\d+)?)m)?(?:(\d+(?:\.\d+)?)s?)?")


def parse_time(text: str) -> float:
    """Seconds of ``90``, ``90s``, ``10m`` or ``1h30m``.

    Raises:
        EvolveError: It is none of those, or not positive.
    """
    match = _TIME.fullmatch(text.strip())
    parts = [float(part or 0.0) for part in match.groups()] if match else []
    seconds = sum(part * unit for part, unit in zip(parts, (3600.0, 60.0, 1.0), strict=False))
    if not seconds > 0:
        raise EvolveError(f"--time: must be like 90s, 10m or 1h30m, it is {text!r}")
    return seconds


def parse_number(text: str) -> float:
    """A number, which may be a size or share in words: `1e21`, `7B`, `2^70`, `90%`.

    Raises:
        typer.BadParameter: It is none.
    """
    from evolve.tasks.cells import number
    from evolve.tasks.meant import how_to_write

    value = number(text)
    if value is None:
        how = how_to_write(text)
        rule = f"must be a number, such as 1e21 or 7B, it is {text!r}"
        raise typer.BadParameter(f"{rule}; {how}" if how else rule)
    return value


def parse_number_in_words(text: str) -> str:
    """The text of a number, which is read as its column counts.

    Raises:
        typer.BadParameter: As `parse_number`.
    """
    parse_number(text)
    return text


Interval = Annotated[
    float,
    typer.Option(
        "--interval",
        help="Share of runs that the interval is to hold.",
        parser=parse_number,
        metavar="FLOAT",
    ),
]
TrustRun = Annotated[
    bool,
    typer.Option(
        "--trust-run",
        help="Ask the language models that the run names, with the keys and prompts it names.",
    ),
]


def n_cores() -> int:
    """Cores that this process may use."""
    from joblib import cpu_count

    return int(cpu_count())


class Verb(TyperCommand):
    """A verb that refuses an option of one value given twice, of which one would be lost."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Look at the flags, then parse as usual."""
        words = args[: args.index("--")] if "--" in args else args
        for param in self.params:
            if getattr(param, "is_flag", False) or getattr(param, "multiple", False):
                continue
            flags = [o for o in param.opts if o.startswith("-")]
            n = sum(word == o or word.startswith(f"{o}=") for word in words for o in flags)
            if n > 1:
                raise EvolveError(f"{flags[0]}: is given twice, it takes one value")
        return super().parse_args(ctx, args)


class ManyValued(Verb):
    """A verb whose repeatable options take several values after one flag: ``--features a b``.

    Attributes:
        mark: What a value after the first must hold; another word is no value of the flag.
    """

    mark = ""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Repeat each such flag before each of its values, then parse as usual.

        Raises:
            EvolveError: An argument is missing that such an option may have taken for a value.
        """
        several = {o for p in self.params if getattr(p, "multiple", False) for o in p.opts}
        repeated = repeat_flags(args, several, self.mark)
        taker = next((w for w in args if repeated.count(w) > args.count(w)), None)
        try:
            return super().parse_args(ctx, repeated)
        except typer.BadParameter as error:
            missing: Any = getattr(error, "param", None)
            if taker is None or getattr(missing, "param_type_name", "") != "argument":
                raise
            name = str(missing.metavar or missing.name).upper()
            rule = f"; {taker} takes all words behind it, so {name} stands before it"
            raise EvolveError(f"{name}: is missing{rule}") from None


class ManyAssigned(ManyValued):
    """As `ManyValued` where values are such as ``params=7B``, so that a run may follow them."""

    mark = "="


def typed_options(context: typer.Context, *but: str) -> str:
    """The options of a call as they were typed, each with a space before it.

    Args:
        context: Of the call.
        but: Names of arguments that are left out.
    """
    words: list[str] = []
    for option in context.command.params:
        name, source = str(option.name), context.get_parameter_source(str(option.name))
        if name in but or source is None or source.name != "COMMANDLINE":
            continue
        flag, value = option.opts[0], context.params[name]
        if isinstance(value, bool):
            words.append(flag if value else option.secondary_opts[0])
        else:
            values = value if isinstance(value, list | tuple) else [value]
            words += [part for each in values for part in (flag, str(each))]
    return "".join(f" {shlex.quote(word)}" for word in words)


def repeat_flags(words: Sequence[str], several: Collection[str], mark: str = "") -> list[str]:
    """Turn ``--features a b`` into ``--features a --features b``.

    Args:
        words: A verb's words.
        several: Options that take several values; each takes the words up to the next option.
        mark: What these must hold after the first.
    """
    out: list[str] = []
    flag, n_values = "", 0
    for i, word in enumerate(words):
        if word == "--":
            return [*out, *words[i:]]
        if word.startswith("-") and word != "-" and not _NEGATIVE.match(word):
            flag, n_values = (word if word in several else ""), 0
        elif flag:
            n_values += 1
            flag = flag if n_values == 1 or mark in word else ""
            out += [flag] if n_values > 1 and flag else []
        out.append(word)
    return out
