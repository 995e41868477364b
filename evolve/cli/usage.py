"""What is wrong with a command line, in the words of this package: option, rule, value."""

from __future__ import annotations

import re
import shlex
from typing import Any

from evolve.errors import nearest

_RULES = {  # what pydantic calls a broken rule, and the rule as it is told
    "int_parsing": "must be a whole number in digits",
    "int_from_float": "must be a whole number in digits",
    "greater_than_equal": "must be {ge} or more",
    "less_than_equal": "must be {le} or less",
    "float_parsing": "must be a number",
}


def usage(error: Any, commands: dict[str, Any]) -> str:
    """The message of a usage error with the nearest valid name.

    Args:
        error: What click raised.
        commands: Verbs by name, where the error does not know them.
    """
    message = str(error.format_message())
    context = getattr(error, "ctx", None)
    option = getattr(error, "option_name", None)
    if message.startswith("No such option") and option and context is not None:
        valid = [name for p in context.command.params for name in p.opts if name.startswith("--")]
        return f"no option {option!r}{nearest(option, valid)}; see: {_help(context)}"
    if message.startswith("No such command"):
        name = message.split("'")[1]
        if name.lower().endswith((".csv", ".parquet")):
            made = f"python -m evolve new-task {shlex.quote(name)} --target COLUMN"
            return f"no verb {name!r}; to make a task of a table: {made}"
        verbs = commands if context is None else context.command.commands
        return f"no verb {name!r}{nearest(name, verbs)}; see: {_help(context)}"
    said = _of_value(error) or message.rstrip(" .")
    return f"{said}; see: {_help(context)}"


def _of_value(error: Any) -> str:
    """Option, rule and value, where a value breaks a rule; else nothing."""
    param = getattr(error, "param", None)
    if param is None or type(error).__name__ != "BadParameter":
        return ""
    name = next((o for o in param.opts if o.startswith("--")), param.metavar or param.name)
    complaints = getattr(error.__cause__, "errors", None)
    if complaints is None:
        said = _of_click(str(error.message).rstrip(" ."), getattr(param, "type", None))
        return f"{name}: {said}"
    first = complaints()[0]
    if rule := _RULES.get(first["type"]):
        return f"{name}: {rule.format(**first.get('ctx', {}))}, it is {first['input']!r}"
    rule = str(error.message).removeprefix("Value error, ").rstrip(" .")
    return f"{name}: {_with_nearest(rule)}"


def _of_click(message: str, kind: Any) -> str:
    """Rule and value of a complaint of click's, which earlier releases of typer ask for numbers.

    Args:
        message: What click says, the value first.
        kind: The parameter's type, with the ends of a range.
    """
    value, _, rule = message.partition(" is not ")
    value = value.strip("'")
    if rule.startswith("a valid int"):
        return f"{_RULES['int_parsing']}, it is {value!r}"
    if rule.startswith("a valid float"):
        return f"{_RULES['float_parsing']}, it is {value!r}"
    if rule.startswith("in the range"):
        least = getattr(kind, "min", None)
        below = least is not None and float(value) < least
        ends = {"ge": least, "le": getattr(kind, "max", None)}
        said = _RULES["greater_than_equal" if below else "less_than_equal"].format(**ends)
        return f"{said}, it is {value!r}"
    return _with_nearest(message)


def _with_nearest(rule: str) -> str:
    """A rule that names a value and then the valid ones, with the nearest of these."""
    value, *choices = re.findall(r"'([^']*)'", rule) or [""]
    return f"{rule}{nearest(value, choices)}"


def _help(context: Any) -> str:
    """The command that tells how a verb is called."""
    path = str(context.command_path).removeprefix("evolve").strip() if context is not None else ""
    return " ".join(("python -m evolve", *path.split(), "--help"))
