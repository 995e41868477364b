"""How large a stranger's table, log or export may be, so that no file fills the memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Final, TypeVar

from evolve.errors import TaskError
from evolve.files import read_regular

TABLE_BYTES: Final = 2 * 2**30  # of a file that is read row by row
TEXT_BYTES: Final = 2**27  # of a file that is read whole, as JSON is
LINE_CHARS: Final = 2**24
CELLS: Final = 60_000_000  # of a table: some 5 GiB, a million rows of sixty columns
FILES: Final = 100_000  # of a folder
LESS: Final = "take the rows and columns that matter into a file of their own"

Row = TypeVar("Row")


def require_table_bytes(path: Path) -> None:
    """Require a file of a size that is read.

    Raises:
        TaskError: It is larger.
    """
    size = path.stat().st_size
    if size > TABLE_BYTES:
        gib = 2**30
        raise TaskError(
            f"{path}: must have at most {TABLE_BYTES / gib:g} GiB, it has {size / gib:.1f}; {LESS}"
        )


def require_cells(path: Path, n_cells: int) -> None:
    """Require a table of a size that is held in memory.

    Raises:
        TaskError: It has more cells.
    """
    if n_cells > CELLS:
        raise TaskError(f"{path}: must have at most {CELLS:,} cells, it has more; {LESS}")


def counted(path: Path, rows: Iterable[Row], width: Callable[[Row], int]) -> Iterator[Row]:
    """Yield rows as long as their cells are as many as a table may have.

    Raises:
        TaskError: There are more.
    """
    n_cells = 0
    for row in rows:
        n_cells += width(row)
        require_cells(path, n_cells)
        yield row


def lines_of(path: Path) -> Iterator[str]:
    """Yield the lines of a text, each with its end.

    Raises:
        TaskError: The file or a line is too large.
        OSError: The file cannot be read.
        UnicodeDecodeError: It is no UTF-8.
    """
    require_table_bytes(path)
    with path.open(encoding="utf-8-sig", newline="") as file:
        for n, line in enumerate(iter(lambda: file.readline(LINE_CHARS + 1), ""), 1):
            if len(line) > LINE_CHARS:
                raise TaskError(
                    f"{path}: lines must have at most {LINE_CHARS:,} characters, line {n} has more"
                )
            yield line


def text_of(path: Path) -> str:
    """A text that is read whole.

    Raises:
        TaskError: It cannot be read, or is too large.
        UnicodeDecodeError: It is no UTF-8.
    """
    try:
        return read_regular(path, TEXT_BYTES).decode("utf-8-sig")
    except OSError as error:
        raise TaskError(f"{path}: must be a readable file, {error.strerror}") from None


def files_below(path: Path, pattern: str) -> list[Path]:
    """The files of a folder, at any depth, whose names match a pattern.

    Raises:
        TaskError: There are too many.
    """
    files = list(islice((file for file in path.rglob(pattern) if file.is_file()), FILES + 1))
    if len(files) > FILES:
        raise TaskError(f"{path}: must hold at most {FILES:,} files called {pattern}, it has more")
    return sorted(files)
