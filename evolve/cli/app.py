"""Run a command line: default verb, errors in one line with the options' names, exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from typing import Any, NoReturn, TypeVar

import typer

from evolve import __version__
from evolve.cli.options import Verb
from evolve.cli.output import print_note
from evolve.cli.terminal import guarded_output
from evolve.cli.usage import usage
from evolve.errors import EvolveError
from evolve.threads import prefer_one_thread

# typer brings its own copy of click or uses the real one, depending on its version.
_CLICK_ERROR: Any = typer.BadParameter.__mro__[2]
DEFAULT_VERB = "run"
# Seconds after which a thread that computes lets another: one that has a worker's answer waited
# 5 ms, the interpreter's own, while laws were proposed, and its worker with it.
TURN_S = 1e-4
# Options of other names than their arguments, which are the arguments with dashes.
OPTIONS = {
    "allow_weak": "--allow-weak-sandbox",
    "budget": "--budget-flops",
    "seconds": "--time",
    "forbid_operators": "--forbid-operator",
    "least": "--min",
    "most": "--max",
    "n_seeds": "--seeds",
    "n_islands": "--islands",
}
TOP_LEVEL = ("--help", "--version", "-h")

F = TypeVar("F", bound=Callable[..., Any])


class Verbs(typer.Typer):
    """Verbs, each a `Verb` unless it says otherwise."""

    def command(self, name: str | None = None, **options: Any) -> Callable[[F], F]:
        """Register a function as a verb."""
        return super().command(name, **{"cls": Verb, **options})


app = Verbs(
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["--help", "-h"]},
    help="Find scaling laws that extrapolate, in a table of training runs.",
    epilog="'run' is the default verb. Example: python -m evolve --task data_constrained",
)


@app.callback(invoke_without_command=True)
def top(
    ctx: typer.Context,
    version: bool = typer.Option(False, "--version", help="Print the version and exit."),
) -> None:
    """Find scaling laws that extrapolate, in a table of training runs."""
    if version:
        print(f"evolve {__version__}")
        raise typer.Exit
    if ctx.invoked_subcommand is None:
        print(ctx.get_help())
        raise typer.Exit


def main(words: Sequence[str] | None = None) -> NoReturn:
    """Run a command line and exit."""
    prefer_one_thread(os.environ)
    sys.setswitchinterval(TURN_S)
    sys.exit(call(sys.argv[1:] if words is None else words))


def call(words: Sequence[str]) -> int:
    """Run a command line and return its exit code; 2 for a wrong call."""
    with guarded_output():
        return _call(list(words))


def _call(words: list[str]) -> int:
    if words and words[0].startswith("-") and words[0] not in TOP_LEVEL:
        words.insert(0, DEFAULT_VERB)
    command = typer.main.get_command(app)
    _list_in_whole_sentences(command)
    try:
        code = command.main(words, prog_name="evolve", standalone_mode=False)
    except EvolveError as error:
        return wrong(error.spelled(option_of))
    except _CLICK_ERROR as error:
        if type(error).__name__ == "NoArgsIsHelpError":  # of a verb that has verbs of its own
            print(error.ctx.get_help())
            return 2
        return wrong(usage(error, getattr(command, "commands", {})))
    except (typer.Abort, KeyboardInterrupt):
        print_note("evolve: interrupted")
        return 130
    except BrokenPipeError:  # the reader of a pipe, such as head, has left
        sys.stderr.close()
        return 0
    except OSError as error:  # a path that the system refuses, such as a name that is too long
        if error.filename is None:
            raise
        return wrong(f"{os.fsdecode(error.filename)}: {error.strerror}")
    return code if isinstance(code, int) else 0


def _list_in_whole_sentences(group: Any) -> None:
    """Give every verb its whole first sentence for the list of verbs, which would be cut off."""
    for command in getattr(group, "commands", {}).values():
        command.short_help = " ".join((command.help or "").partition("\n\n")[0].split())
        _list_in_whole_sentences(command)


def option_of(argument: str) -> str:
    """The option by which the command line takes an argument of the library."""
    return OPTIONS.get(argument, f"--{argument.replace('_', '-')}")


def wrong(message: str) -> int:
    """Say in one line what is wrong with a call."""
    print_note(f"evolve: {' '.join(message.split())}")
    return 2
