"""Where and why a text is no formula: the place of what breaks it, and the rule.

Python's own messages change with its version and speak of statements. A formula is operands with
operators between them, some in brackets, so that the first word out of turn is found by turns.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from keyword import iskeyword

_WORDS = re.compile(
    r"\s+"
    r"|(?P<number>(?:\d+(?:_\d+)*\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?:(?:[kKmMbBtT]|%)(?!\w))?)"
    r"|(?P<text>\"[^\"]*\"|'[^']*')"
    r"|(?P<operator>\*\*|==|!=|<=|>=|[-+*/^<>·×÷\N{MINUS SIGN}]|(?:and|or|not\s+in|not|in)\b)"
    r"|(?P<name>`[^`]*`|[^\W\d]\w*(?:\.[^\W\d]\w*)*)"
    r"|(?P<bracket>[()\[\],])"
    r"|(?P<other>.)",
    re.DOTALL,
)
_SIGNS = ("+", "-", "\N{MINUS SIGN}")  # that may stand before an operand
_CLOSING = {")": "(", "]": "["}


@dataclass(frozen=True, slots=True)
class _Word:
    """A word of a formula: its kind, its text and the number of its first character, from 1."""

    kind: str
    text: str
    at: int

    @property
    def told(self) -> str:
        """The word and its place."""
        return f"{self.text!r} at character {self.at}"


def fault_in(text: str) -> str:
    """Say what is wrong with a text that is no formula, and where; empty where nothing is seen.

    Args:
        text: Numbers, names, operators, brackets and calls; comparisons and quotes, too.
    """
    before: _Word | None = None
    opened: list[_Word] = []
    for word in _words(text):
        if wrong := _out_of_turn(before, word, opened):
            return wrong
        if word.text in ("(", "["):
            opened.append(word)
        elif word.text in _CLOSING:
            opened.pop()
        before = word
    if before is None:
        return "it is empty"
    if _wants_operand(before) and before.text not in ("(", "["):
        return f"a number or a name is missing behind {before.told}"
    return f"{opened[-1].told} is never closed" if opened else ""


def because(text: str) -> str:
    """What `fault_in` says, to follow a rule and the text that breaks it; or nothing."""
    fault = fault_in(text)
    return f": {fault}" if fault else ""


def unquoted(text: str, names: Iterable[str]) -> str:
    """What to write for names that are no plain words and stand without backticks; or nothing."""
    bare = [n for n in names if not n.isidentifier() and n in text and f"`{n}`" not in text]
    hint = "; in a shell the whole stands in single quotes" if bare else ""
    return "".join(f"; write `{name}`, as it is no plain word" for name in bare) + hint


def quoted(name: str) -> str:
    """A column's name as an expression holds it: between backticks if it is no plain word."""
    return name if name.isidentifier() and not iskeyword(name) else f"`{name}`"


def in_backticks(names: Iterable[str]) -> str:
    """How names stand in an expression, where one of them is no plain word; else nothing.

    A shell takes what is between backticks for a command, in double quotes too, and then hands on
    an expression without it, so that this is told wherever one cannot be read.
    """
    if all(name.isidentifier() for name in names):
        return ""
    return (
        "; a name that is no plain word stands in backticks, and in a shell the whole in single "
        "quotes"
    )


def _words(text: str) -> Iterator[_Word]:
    for match in _WORDS.finditer(text):
        if match.lastgroup is not None:
            yield _Word(match.lastgroup, match[0], match.start() + 1)


def _out_of_turn(before: _Word | None, word: _Word, opened: list[_Word]) -> str:
    """Why a word cannot follow the one before it; empty where it can."""
    if word.kind == "other":
        return f"{word.told} has no meaning there"
    if iskeyword(word.text) and word.kind == "name":
        return f"{word.told} is a word of Python; a column of that name stands in backticks"
    wants_operand = before is None or _wants_operand(before)
    if word.text in _CLOSING:
        return _wrongly_closed(before, word, opened)
    if wants_operand:
        wrong = word.kind == "operator" and word.text not in (*_SIGNS, "not")
        wrong = wrong or word.text == ","
        return f"a number or a name is missing before {word.told}" if wrong else ""
    is_call = before is not None and before.kind == "name" and word.text == "("
    starts = word.kind in ("number", "text", "name") or word.text in ("(", "[")
    return f"an operator is missing before {word.told}" if starts and not is_call else ""


def _wrongly_closed(before: _Word | None, word: _Word, opened: list[_Word]) -> str:
    if not opened or opened[-1].text != _CLOSING[word.text]:
        return f"{word.told} closes nothing"
    if before is not None and before.kind == "operator":
        return f"a number or a name is missing between {before.told} and {word.told}"
    return ""


def _wants_operand(word: _Word) -> bool:
    """Whether a number, a name or a bracket must follow a word."""
    return word.kind == "operator" or word.text in ("(", "[", ",")
