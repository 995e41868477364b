"""Texts of any origin to texts that move no cursor, change no colour and turn no line round."""

from __future__ import annotations

import re
from typing import Any, TextIO

# Control characters but tab and newline, marks that reverse or break lines, halves of pairs.
_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)


def printable(text: str) -> str:
    r"""The text with each unsafe character written out, such as ``\x1b`` for an escape."""
    return _UNSAFE.sub(lambda match: ascii(match[0])[1:-1], text)


def find_unsafe(text: str) -> str:
    """The first character of a name that no line may hold, tab and newline among them, or none."""
    match = _UNSAFE.search(text)
    return match[0] if match else next((sign for sign in text if sign in "\t\n"), "")


class PrintableStream:
    """A text stream through which only printable text goes.

    Attributes:
        unfiltered: The stream itself, for what draws with escape sequences of its own.
    """

    def __init__(self, stream: TextIO) -> None:
        """Keep the stream that is written to."""
        self.unfiltered = stream

    def write(self, text: str) -> int:
        """Write a text; what the stream's encoding lacks is written out, too."""
        encoding = getattr(self.unfiltered, "encoding", None) or "utf-8"
        safe = printable(text).encode(encoding, "backslashreplace").decode(encoding)
        self.unfiltered.write(safe)
        return len(text)

    def writelines(self, lines: Any) -> None:
        """Write several texts."""
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        """All else is the stream's."""
        return getattr(self.unfiltered, name)


def unfiltered(stream: Any) -> Any:
    """The stream below a `PrintableStream`, or the stream itself."""
    return getattr(stream, "unfiltered", stream)
